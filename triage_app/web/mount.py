"""Putting the pages behind the own routes."""

import os
import warnings
from contextlib import nullcontext

import gradio as gr
from fastapi import FastAPI, Request
from gradio import utils

from triage_app.services.site.application import Application
from triage_app.ui.kit import frame, theme
from triage_app.ui.pages import build
from triage_app.web.door.access import authorise
from triage_app.web.temporary import private_folder


def mount_pages(web: FastAPI, station: Application) -> gr.Blocks:
    """Mount the pages at the root; routes that ``web`` has already keep precedence."""
    # Nothing of a patient passes through Gradio's files; should something ever land there, nobody
    # else on the machine can read it.
    private_folder()
    # Gradio's notes on its last events, which nobody can ask for here.
    os.environ["GRADIO_ANALYTICS_MAX_EVENTS"] = "1"
    # Around each event Gradio prepares matplotlib, which is installed for training: 30 MB, and a
    # second that whoever opens the first page would wait. No page here draws with it.
    utils.MatplotlibBackendMananger = nullcontext  # type: ignore[assignment,misc]
    with warnings.catch_warnings():
        # It warns that several pages exclude server-side rendering, which is switched off anyway.
        warnings.filterwarnings("ignore", message="SSR mode is not supported")
        return _mount(web, station)


def _mount(web: FastAPI, station: Application) -> gr.Blocks:
    pages = build(station, authorise)
    gr.mount_gradio_app(
        web,
        pages,
        path="/",
        theme=theme.build(),
        head=frame.head(),
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        mcp_server=False,
        pwa=False,
        auth_dependency=_user,
    )
    return pages


def _user(request: Request) -> str:
    # Gradio puts it into its pages and its own logs, so it is no name.
    return authorise(request).id
