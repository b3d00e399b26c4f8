"""Calls from events of Gradio into the modules under ``ui/static``.

A module is imported where it is used: the browser loads it once, and an event that comes before
the page has finished loading waits for it instead of failing.
"""

import json
from collections.abc import Sequence

from triage_app.ui.kit.components import address


def call(module: str, function: str, *constants: object) -> str:
    """Script of an event: calls ``function(...constants, ...values of the inputs)``."""
    fixed = "".join(f"{json.dumps(constant)}, " for constant in constants)
    return (
        f'async (...values) => (await import("{address(f"{module}.js")}"))'
        f".{function}({fixed}...values)"
    )


def forward(event: str, module: str = "", function: str = "") -> str:
    """Script of an HTML component: passes the DOM event ``event`` of its content to Gradio.

    With ``function`` it also hands that function of the module a way to raise the event.
    """
    lines = [f'element.addEventListener("{event}", (e) => trigger("submit", e.detail));']
    if function:
        lines.append(
            f'import("{address(f"{module}.js")}").then((m) => '
            f'm.{function}((detail) => trigger("submit", detail)));'
        )
    return "\n".join(lines)


def names(fields: Sequence[str]) -> list[str]:
    """Field names as a constant for ``call``."""
    return list(fields)
