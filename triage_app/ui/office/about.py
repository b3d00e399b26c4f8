"""The page that states what the model is, what was measured, and where its use ends."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import gradio as gr

from triage_app import __version__
from triage_app.services.site.application import Application
from triage_app.ui.cases.result import point_notes, rate
from triage_app.ui.kit import frame
from triage_app.ui.kit.desk import Desk
from triage_app.ui.kit.markup import badge, esc, facts, percent, section, table
from triage_app.ui.words import texts


class AboutPage:
    """Draws the page; it holds no patient data and has no events."""

    def __init__(self, desk: Desk) -> None:
        self._station = desk.station

    def build(self, page: gr.Blocks) -> None:  # noqa: ARG002 - one shape for all pages
        frame.header(self._station, "about")
        gr.HTML(whole(self._station), elem_classes="about")


def whole(station: Application) -> str:
    """Everything on the page."""
    card = None if station.card is None else asdict(station.card)
    parts = [
        section(texts.SYSTEM, system(station)),
        section(texts.ABOUT_RULE, rule()),
    ]
    if card is not None:
        parts += [
            section(texts.ABOUT_LIMITS, _bullets(card["limits_of_use"])),
            section(texts.OPERATING, points(card["operating_points"])),
            _measured(card["measured"]),
            section(texts.ABOUT_DATA, data(card["data"])),
            section(texts.ABOUT_COMPETENCE, _competence(card["competence"])),
            section(texts.ABOUT_CONFORMAL, _conformal(card["conformal"])),
            section(texts.ABOUT_LICENCE, _licence(card["licence"])),
        ]
    return f'<div class="result about-parts">{"".join(parts)}</div>'


def system(station: Application) -> str:
    """Versions and the state of the model."""
    names, card = texts.SYSTEM_ROWS, station.card
    model = f"{card.name} {card.version}" if card else ""
    digest = f"<code>{esc(card.weights_sha256)}</code>" if card else ""
    return facts(
        {
            names["state"]: texts.IN_SERVICE
            if card
            else f"{texts.OUT_OF_SERVICE}. {esc(station.refusal)}",
            names["version"]: esc(__version__),
            names["model"]: esc(model),
            texts.MODEL_ROWS["sha256"]: digest,
            names["site"]: esc(station.site_name),
            names["upload"]: f"{station.max_upload_bytes / 1e6:g} MB",
        }
    )


def rule() -> str:
    """The four levels in their order, first match wins."""
    rows = [[badge(level), esc(text)] for level, text in texts.ABOUT_LEVELS.items()]
    return table((texts.LEVEL_HEADING, texts.REASONS), rows, texts.ABOUT_RULE)


def points(operating: Mapping[str, Mapping[str, Any]]) -> str:
    """Both points with their measured figures."""
    rows = [
        [
            f"{texts.POINT_NAMES[name]}<small>{texts.POINT_SCORES[name]}</small>",
            f"{percent(point['value'], 2)}<small>{texts.POINT_EFFECT[name]}</small>",
            rate(point["sensitivity"]),
            rate(point["specificity"]),
        ]
        for name, point in operating.items()
    ]
    columns = [texts.OPERATING_COLUMNS[i] for i in (0, 2, 3, 4)]
    notes = "".join(point_notes(name, point) for name, point in operating.items())
    return table(columns, rows, texts.OPERATING) + notes


def data(used: Mapping[str, Any]) -> str:
    """Sizes of the parts of the data, in images and lesions."""
    rows = [
        [label, f"{used[part]['images']:,}", f"{used[part]['groups']:,}"]
        for part, label in texts.ABOUT_PARTS.items()
    ]
    return (
        table(texts.ABOUT_DATA_COLUMNS, rows, texts.ABOUT_DATA)
        + f"<p>{esc(used['description'])}</p>"
    )


def _measured(figures: Mapping[str, Any]) -> str:
    """All figures, folded: there are hundreds, and the ones that decide stand above."""
    if not figures:
        return ""
    folded = f"<summary>{texts.ABOUT_ALL_FIGURES}</summary>{_nested(figures)}"
    return section(texts.ABOUT_MEASURED, f"<details>{folded}</details>")


def _nested(value: object) -> str:
    # Free-form figures of the card, as nested lists in its own words.
    if isinstance(value, Mapping):
        if {"value", "low", "high"} <= set(value):
            return esc(_figure(value))
        items = "".join(
            f'<li><span class="name">{esc(str(k).replace("_", " "))}</span> {_nested(v)}</li>'
            for k, v in value.items()
        )
        return f'<ul class="figures">{items}</ul>'
    if isinstance(value, list | tuple):
        return esc(", ".join(_plain(v) for v in value))
    return esc(_plain(value))


def _figure(rate_: Mapping[str, Any]) -> str:
    numbers = [_plain(rate_[key]) for key in ("value", "low", "high")]
    count = f", n = {rate_['n']:,}" if "n" in rate_ else ""
    return f"{numbers[0]} (95 % interval {numbers[1]} to {numbers[2]}{count})"


def _plain(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _bullets(sentences: tuple[str, ...]) -> str:
    return f"<ul>{''.join(f'<li>{esc(text)}</li>' for text in sentences)}</ul>"


def _competence(limit: Mapping[str, Any]) -> str:
    text = texts.ABOUT_COMPETENCE_TEXT.format(
        method=limit["method"], share=percent(limit["refused_val"])
    )
    return f"<p>{esc(text)}</p>"


def _conformal(conformal: Mapping[str, Any]) -> str:
    text = texts.ABOUT_CONFORMAL_TEXT.format(alpha=percent(conformal["alpha"], 0))
    return f"<p>{esc(text)}</p>{_nested(conformal['coverage'])}"


def _licence(licence: Mapping[str, str]) -> str:
    return f"<p>{esc(licence['id'])}. {esc(licence['attribution'])}</p>"
