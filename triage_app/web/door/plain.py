"""Pages of plain HTML, without Gradio: for who is not, or not fully, signed in."""

from collections.abc import Mapping

from fastapi.responses import HTMLResponse

from triage_app.ui.kit import components
from triage_app.ui.kit.markup import esc, notice
from triage_app.ui.words import people as words
from triage_app.ui.words import texts

NAME = "Dermoscopy triage"


def document(title: str, body: str, site_name: str = NAME, status: int = 200) -> HTMLResponse:
    """A whole page around ready HTML."""
    icon = components.load()["icon.svg"][0].decode()
    return HTMLResponse(
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{esc(title)} · {esc(site_name)}</title>"
        f'<link rel="stylesheet" href="{components.address("plain.css")}">'
        f'<link rel="icon" href="{components.address("icon.svg")}" type="image/svg+xml">'
        f'<script type="module" src="{components.address("plain.js")}"></script></head><body>'
        f'<header><p class="product">{icon}{esc(site_name)}</p></header>'
        f"<main><h1>{esc(title)}</h1>{body}</main>"
        f'<footer><p class="disclaimer">{texts.DISCLAIMER}</p></footer></body></html>',
        status,
    )


def field(name: str, label: str, hint: str = "", **attributes: str) -> str:
    """A labelled line of a form; ``attributes`` of the input, with _ for - in their names."""
    given = "".join(f' {k.replace("_", "-")}="{esc(v)}"' for k, v in attributes.items())
    described = f' aria-describedby="{name}-hint"' if hint else ""
    said = f'<span class="hint" id="{name}-hint">{esc(hint)}</span>' if hint else ""
    return (
        f'<p class="field"><label for="{name}">{esc(label)}</label>{said}'
        f'<input id="{name}" name="{name}"{described}{given}></p>'
    )


def password_field(name: str, label: str, hint: str = "", kind: str = "current-password") -> str:
    """A line that does not show what is typed; ``kind`` tells password managers which one."""
    return field(name, label, hint, type="password", autocomplete=kind, required="required")


def form(action: str, fields: str, button: str, hidden: Mapping[str, str] | None = None) -> str:
    """A form that is sent to ``action``."""
    kept = "".join(
        f'<input type="hidden" name="{esc(k)}" value="{esc(v)}">' for k, v in (hidden or {}).items()
    )
    return (
        f'<form method="post" action="{esc(action)}">{kept}{fields}'
        f'<p class="steps"><button>{esc(button)}</button></p></form>'
    )


def forbidden(sentence: str) -> HTMLResponse:
    """Instead of a page that somebody may not open."""
    start = f'<p class="steps"><a class="button" href="/">{words.TO_START}</a></p>'
    leave = form("/sign-out", "", words.SIGN_OUT)
    return document(words.FORBIDDEN_TITLE, notice(sentence, "error") + start + leave, status=403)
