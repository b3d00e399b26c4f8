"""What every page needs: the use cases, who asks, and one way to bind a handler."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component
from gradio.events import Dependency
from starlette.requests import HTTPConnection

from triage_app.domain.case import Case
from triage_app.domain.errors import CaseNotFound
from triage_app.services.application import Application
from triage_app.services.cases import Cases

Authorise = Callable[[HTTPConnection], str]


@dataclass(frozen=True)
class Desk:
    """Handlers call ``authorise`` first: an event of Gradio can be sent without opening a page."""

    station: Application
    authorise_connection: Authorise

    @property
    def cases(self) -> Cases:
        """Use cases on stored cases."""
        return self.station.cases

    def authorise(self, request: gr.Request) -> str:
        """Name of the person who asks."""
        connection = request.request
        assert connection is not None, "an event always comes with a request"
        return self.authorise_connection(connection)

    def asked_case(self, request: gr.Request) -> Case | None:
        """The case named in the page's address, None without one; raises CaseNotFound."""
        case_id = str(dict(request.query_params).get("id", ""))
        return self.find(case_id) if case_id else None

    def find(self, case_id: str) -> Case:
        """The case; raises CaseNotFound, also for something that is no identifier."""
        if len(case_id) != 32 or not set(case_id) <= set("0123456789abcdef"):
            raise CaseNotFound
        return self.cases.get(case_id)


def bind(
    trigger: Callable[..., Dependency],
    handler: Callable[..., Any],
    inputs: Sequence[Component] = (),
    outputs: Sequence[Component] = (),
    js: str | None = None,
) -> Dependency:
    """Bind a handler to an event, out of the published interface and without a covering spinner."""
    return trigger(
        fn=handler,
        inputs=list(inputs),
        outputs=list(outputs),
        js=js,
        api_visibility="private",
        show_progress="hidden",
    )
