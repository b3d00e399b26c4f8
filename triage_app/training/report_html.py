"""The evaluation as one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

NOTICE = (
    "Research software. Not CE- or UKCA-marked, not cleared by the FDA. Decision support for "
    "clinicians, not a diagnosis."
)
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;color:#1f2933;max-width:62rem;margin:2rem auto;
padding:0 1rem}
table{border-collapse:collapse;margin:.5rem 0 1.5rem}
td{padding:.2rem .8rem .2rem 0;border-bottom:1px solid #d5dbe1;vertical-align:top}
td.n{font-variant-numeric:tabular-nums}
figure{display:inline-block;margin:0 1rem 1rem 0}figcaption{font-weight:600}
img{max-width:100%}
.notice{border-left:4px solid #b4540a;padding:.3rem 1rem;background:#fdf3ea}
"""


def render(evaluation: Mapping[str, Any], plots: Mapping[str, str]) -> str:
    """HTML of an evaluation as ``evaluate`` makes it; ``plots`` are titles with data addresses."""
    about = evaluation["about"]
    title = f"Evaluation of {about['model']} {about['version']} on {about['split']}"
    pictures = "".join(
        f"<figure><figcaption>{escape(name)}</figcaption>"
        f'<img alt="{escape(name)}" src="{address}"></figure>'
        for name, address in plots.items()
    )
    sections = "".join(
        f"<h2>{escape(words(name))}</h2>{_table(part)}"
        for name, part in evaluation.items()
        if isinstance(part, Mapping)
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style><h1>{escape(title)}</h1>"
        f'<p class="notice">{escape(NOTICE)}</p>'
        "<p>Square brackets hold 95 % intervals: bootstrap samples of whole lesions, for shares "
        "the wider of that and Wilson's interval.</p>"
        f"{pictures}{sections}</html>\n"
    )


def _table(part: Mapping[str, Any], prefix: str = "") -> str:
    rows, nested = [], []
    for key, value in part.items():
        name = words(f"{prefix}{key}")
        if is_figure(value) or not isinstance(value, Mapping | list):
            rows.append(
                f'<tr><td>{escape(name)}</td><td class="n">{escape(shown(value))}</td></tr>'
            )
        elif isinstance(value, Mapping):
            nested.append(f"<h3>{escape(name)}</h3>{_table(value)}")
    table = f"<table>{''.join(rows)}</table>" if rows else ""
    return table + "".join(nested)


def is_figure(value: Any) -> bool:
    """Whether a value is an estimate with an interval."""
    return isinstance(value, Mapping) and {"value", "low", "high"} <= set(value)


def shown(value: Any) -> str:
    """A value for people: "0.912 [0.893 to 0.930], n 1547"."""
    if is_figure(value):
        if value["value"] is None:
            return f"not defined, n {value['n']}"
        bounds = f" [{value['low']:.3f} to {value['high']:.3f}]" if value["low"] is not None else ""
        return f"{value['value']:.3f}{bounds}, n {value['n']}"
    if value is None:
        return "not defined"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def words(key: str) -> str:
    """A key as words."""
    return key.replace("_", " ")
