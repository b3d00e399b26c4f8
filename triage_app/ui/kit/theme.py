"""A calm, light theme from fonts that the machine already has."""

from typing import Any

import gradio as gr
from gradio.themes.utils import colors, sizes

FONT = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "Arial", "sans-serif"]
MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "DejaVu Sans Mono", "monospace"]
INK, QUIET, LINE = "#14212e", "#48576a", "#8693a3"
ACCENT, ACCENT_DARK = "#0b5c7d", "#084761"


def build() -> gr.themes.Base:
    """The theme; contrast of text is at least 4.5 : 1, of outlines of controls 3 : 1."""
    theme = gr.themes.Base(
        primary_hue=colors.cyan,
        neutral_hue=colors.slate,
        text_size=sizes.text_md,
        radius_size=sizes.radius_sm,
        font=FONT,
        font_mono=MONO,
    )
    theme.set(
        body_background_fill="#f4f6f8",
        body_text_color=INK,
        body_text_color_subdued=QUIET,
        background_fill_primary="#ffffff",
        block_background_fill="#ffffff",
        block_border_width="0px",
        block_shadow="none",
        block_label_text_color=INK,
        block_title_text_color=INK,
        block_title_text_weight="600",
        block_info_text_color=QUIET,
        border_color_primary="#d5dce3",
        input_background_fill="#ffffff",
        input_border_width="1px",
        button_border_width="1px",
        checkbox_border_width="1px",
        checkbox_label_border_width="1px",
        input_border_color=LINE,
        input_border_color_focus=ACCENT,
        input_placeholder_color="#5b6878",
        checkbox_border_color=LINE,
        checkbox_background_color_selected=ACCENT,
        checkbox_border_color_selected=ACCENT,
        checkbox_label_background_fill="#ffffff",
        checkbox_label_background_fill_selected="#e2f0f5",
        checkbox_label_border_color="#c3ccd6",
        checkbox_label_border_color_selected=ACCENT,
        checkbox_label_text_color=INK,
        checkbox_label_text_color_selected=INK,
        button_primary_background_fill=ACCENT,
        button_primary_background_fill_hover=ACCENT_DARK,
        button_primary_text_color="#ffffff",
        button_secondary_background_fill="#ffffff",
        button_secondary_background_fill_hover="#eaf1f4",
        button_secondary_border_color=LINE,
        button_secondary_text_color=INK,
        button_cancel_background_fill="#a31621",
        button_cancel_background_fill_hover="#7d1019",
        button_cancel_text_color="#ffffff",
        link_text_color=ACCENT,
        link_text_color_hover=ACCENT_DARK,
        link_text_color_visited=ACCENT,
    )
    return _light_only(theme)


def _light_only(theme: gr.themes.Base) -> gr.themes.Base:
    # A dark reading room would change how colours of a lesion are seen beside the page; and only
    # one set of contrasts has been checked.
    values: dict[str, Any] = vars(theme)
    for name in [n for n in values if n.endswith("_dark")]:
        setattr(theme, name, values.get(name.removesuffix("_dark")))
    return theme
