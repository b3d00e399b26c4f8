"""Small pieces of HTML. Everything that a person typed passes through ``esc``."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from html import escape

from triage_app.domain.triage import LEVEL_LABELS, Level
from triage_app.ui.kit import local

WITHHELD = "Withheld"
# One shape for each level, the same as in the report, so that it can be told without colour.
_SHAPES = {
    Level.ROUTINE: '<circle cx="12" cy="12" r="9"/><path class="ink" d="M8 12h8"/>',
    Level.REVIEW: '<path d="M12 1.5 22.5 12 12 22.5 1.5 12z"/>'
    '<path class="ink" d="M12 7v6M12 16.4v.4"/>',
    Level.URGENT: '<path d="M12 1.5 23 21.5H1z"/><path class="ink" d="M12 8.5v6M12 17.6v.4"/>',
    Level.CANNOT_ASSESS: '<rect x="3" y="3" width="18" height="18" rx="1"/>'
    '<path class="ink" d="m8 8 8 8M16 8l-8 8"/>',
}


def esc(text: object) -> str:
    """Text for an element or a quoted attribute."""
    return escape(str(text), quote=True)


def shape(level: Level) -> str:
    """The level's shape as inline SVG; the word stands beside it, so it is hidden from readers."""
    return f'<svg class="shape" viewBox="0 0 24 24" aria-hidden="true">{_SHAPES[level]}</svg>'


def shape_at(level: Level, x: float, y: float, size: int = 20) -> str:
    """The level's shape inside a drawing, centred at a place."""
    return (
        f'<svg class="shape level-{level}" x="{x - size / 2:.1f}" y="{y - size / 2:.1f}" '
        f'width="{size}" height="{size}" viewBox="0 0 24 24">{_SHAPES[level]}</svg>'
    )


def badge(level: Level) -> str:
    """Shape and word of a level."""
    return f'<span class="badge level-{level}">{shape(level)}{esc(LEVEL_LABELS[level])}</span>'


def withheld_mark(help_text: str) -> str:
    """Shape and word in place of a level that is withheld; ``help_text`` says why."""
    drawn = '<path d="M2 12s4-6.5 10-6.5S22 12 22 12s-4 6.5-10 6.5S2 12 2 12zM4 21 20 3"/>'
    svg = f'<svg class="shape line-only" viewBox="0 0 24 24" aria-hidden="true">{drawn}</svg>'
    return f'<span class="badge withheld-mark" title="{esc(help_text)}">{svg}{WITHHELD}</span>'


def percent(share: float, digits: int = 1) -> str:
    """A share in [0, 1] as percent; a tiny one is never rounded to nothing, a large one to all."""
    smallest = 10.0**-digits
    if 0 < 100 * share < smallest:
        return f"< {smallest:.{digits}f} %"
    if 100 - smallest < 100 * share < 100:
        return f"> {100 - smallest:.{digits}f} %"
    return f"{100 * share:.{digits}f} %"


def when(moment: datetime) -> str:
    """A time at the site, as an element that a machine can read too."""
    stated = local.zone().written(moment)
    return f'<time datetime="{stated}">{local.zone().said(moment)}</time>'


def table(columns: Iterable[str], rows: Iterable[Iterable[str]], caption: str = "") -> str:
    """A table from ready HTML cells; the first cell of a row heads it, columns are escaped."""
    head = "".join(f'<th scope="col">{esc(column)}</th>' for column in columns)
    body = "".join(f"<tr>{_row(list(cells))}</tr>" for cells in rows)
    title = f"<caption>{esc(caption)}</caption>" if caption else ""
    return (
        f'<div class="table-frame" tabindex="0" role="region" aria-label="{esc(caption)}">'
        f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(cells: list[str]) -> str:
    return f'<th scope="row">{cells[0]}</th>' + "".join(f"<td>{cell}</td>" for cell in cells[1:])


def facts(pairs: Mapping[str, str]) -> str:
    """Names with ready HTML values; an empty value is left out."""
    rows = "".join(f"<div><dt>{esc(n)}</dt><dd>{v}</dd></div>" for n, v in pairs.items() if v)
    return f'<dl class="facts">{rows}</dl>'


def section(title: str, body: str, kind: str = "") -> str:
    """A titled part of a page, from ready HTML."""
    return f'<section class="part {kind}"><h2>{esc(title)}</h2>{body}</section>'


def notice(text: str, kind: str = "info") -> str:
    """A message that is read out when it appears; empty text gives nothing."""
    if not text:
        return ""
    role = "alert" if kind == "error" else "status"
    return f'<p class="notice {kind}" role="{role}">{esc(text)}</p>'
