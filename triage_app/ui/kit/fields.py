"""Fields for typed text, whose content the browser keeps nowhere."""

from typing import Any

import gradio as gr


def typed(label: str, *, lines: int = 1, info: str | None = None, **more: Any) -> gr.Textbox:
    """A field of ``lines`` lines for text.

    With completion off a browser neither offers what others typed before nor writes the field's
    content to the disk, which it else does to restore windows after a crash.
    """
    return gr.Textbox(
        label=label,
        info=info or None,
        lines=lines,
        max_lines=max(lines, 8) if lines > 1 else 1,
        html_attributes=gr.InputHTMLAttributes(autocomplete="off", spellcheck=lines > 1),
        **more,
    )
