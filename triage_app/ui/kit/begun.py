"""Forms of a reading keep what was begun in them until it is recorded (``static/begun.js``)."""

from collections.abc import Mapping, Sequence

import gradio as gr
from gradio.components import Component

from triage_app.ui.kit.scripts import call

Forms = Mapping[str, Sequence[Component]]
"""Fields of each form by its name."""


def wire(forms: Forms, case_id: Component) -> None:
    """Keep what is typed and chosen, in the window alone: nothing is sent."""
    for name, fields in forms.items():
        gr.on(
            [field.change for field in fields],  # type: ignore[attr-defined]
            fn=None,
            js=call("begun", "changed", name),
            inputs=[case_id, *fields],
            show_progress="hidden",
        )


def restore(
    forms: Forms, handle: Sequence[Component], event: gr.events.Dependency
) -> gr.events.Dependency:
    """After ``event`` drew the page of the case in ``handle``: put back what was begun."""
    counts = [[name, len(fields)] for name, fields in forms.items()]
    every = [field for fields in forms.values() for field in fields]
    restored: gr.events.Dependency = event.then(
        fn=None,
        js=call("begun", "again", counts),
        inputs=[*handle, *every],
        outputs=every,
        show_progress="hidden",
    )
    return restored
