"""Putting the pages behind the own routes."""

import os
import tempfile
import warnings

import gradio as gr
from fastapi import FastAPI, Request

from triage_app.services.application import Application
from triage_app.ui import frame, theme
from triage_app.ui.pages import build
from triage_app.web.access import authorise


def mount_pages(web: FastAPI, station: Application) -> None:
    """Mount the pages at the root; routes that ``web`` has already keep precedence."""
    # Nothing of a patient passes through Gradio's files; should something ever land there, nobody
    # else on the machine can read it.
    os.environ["GRADIO_TEMP_DIR"] = tempfile.mkdtemp(prefix="dermoscopy-triage-")
    with warnings.catch_warnings():
        # It warns that several pages exclude server-side rendering, which is switched off anyway.
        warnings.filterwarnings("ignore", message="SSR mode is not supported")
        _mount(web, station)


def _mount(web: FastAPI, station: Application) -> None:
    gr.mount_gradio_app(
        web,
        build(station, lambda connection: authorise(connection).name),
        path="/",
        theme=theme.build(),
        head=frame.HEAD,
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        mcp_server=False,
        pwa=False,
        auth_dependency=_user,
    )


def _user(request: Request) -> str:
    return authorise(request).name
