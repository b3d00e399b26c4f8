"""What every page needs: the use cases, who asks, and one way to bind a handler."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, Protocol

import gradio as gr
from gradio.components import Component
from gradio.events import Dependency
from starlette.requests import HTTPConnection

from triage_app.domain.case import Case
from triage_app.domain.copies import SeenCopy
from triage_app.domain.errors import CaseNotFound, TriageError
from triage_app.domain.people import Actor, Permission
from triage_app.services.cases.cases import Cases
from triage_app.services.site.application import Application
from triage_app.ui.kit import copies, local
from triage_app.ui.words import texts

log = logging.getLogger(__name__)


class Authorise(Protocol):
    """Who is behind a request."""

    def __call__(self, connection: HTTPConnection, *any_of: Permission) -> Actor:
        """Raises NotSignedIn, and NotPermitted for somebody who has none of ``any_of``."""


class MalformedValue(TriageError):
    """A value that no page of ours sends."""

    def __init__(self) -> None:
        super().__init__("The page sent something unexpected. Reload it and try again.")


@dataclass(frozen=True)
class Desk:
    """Handlers call ``authorise`` first: an event of Gradio can be sent without opening a page."""

    station: Application
    authorise_connection: Authorise

    @property
    def cases(self) -> Cases:
        """Use cases on stored cases."""
        return self.station.cases

    def authorise(self, request: gr.Request, *any_of: Permission) -> Actor:
        """The person who asks, who has at least one of ``any_of`` where any is named.

        What the handler draws from here on has the days and times of the site.
        """
        connection = request.request
        assert connection is not None, "an event always comes with a request"
        local.show_in(self.station.time_zone.zone)
        return self.authorise_connection(connection, *any_of)

    def asked_case(self, actor: Actor, request: gr.Request) -> Case | None:
        """The case named in the page's address, which this person now views; None without one.

        Raises CaseNotFound.
        """
        case_id = str(dict(request.query_params).get("id", ""))
        return self.cases.view(actor, known_form(case_id)) if case_id else None

    def copies_of(self, actor: Actor, case: Case) -> str:
        """What is told of other images that are copies of this one, as HTML."""
        return copies.told(case, self.seen_copies(actor, case))

    def seen_copies(self, actor: Actor, case: Case) -> Sequence[SeenCopy]:
        """Other images that are copies of this one, as this person may see them."""
        return self.station.copies.seen(actor, [case.id]).get(case.id, ())

    def find(self, actor: Actor, case_id: str) -> Case:
        """The case, for a step on a page that shows it; raises CaseNotFound."""
        return self.cases.get(actor, known_form(case_id))


def known_form(case_id: str) -> str:
    """The identifier; raises CaseNotFound for something that is none."""
    if len(case_id) != 32 or not set(case_id) <= set("0123456789abcdef"):
        raise CaseNotFound
    return case_id


def case_of(event: gr.EventData) -> str:
    """Identifier of the case that an element of the page names in its event, empty without."""
    named = getattr(event, "case", "")
    return named if isinstance(named, str) else ""


def guarded(handler: Callable[..., Any]) -> Callable[..., Any]:
    """The handler with its faults told in a sentence and logged without what anybody typed.

    Gradio would print the text of any exception, and that may quote a patient.
    """

    @wraps(handler)
    def run(*values: Any, **named: Any) -> Any:
        try:
            return handler(*values, **named)
        except TriageError as error:
            log.info("event refused", extra={"code": type(error).__name__})
            raise gr.Error(str(error), print_exception=False) from None
        except Exception:
            log.exception("event failed")
            raise gr.Error(texts.UNEXPECTED, print_exception=False) from None

    return run


def _fitting(component: Component, value: Any) -> Any:
    """The value as ``component`` gives it to a handler; raises MalformedValue for any other.

    An event can be sent without a page, with any value in any place.
    """
    if isinstance(component, gr.Textbox):
        value = "" if value is None else value
        fits = isinstance(value, str)
    elif isinstance(component, gr.Number | gr.Checkbox):
        fits = isinstance(value, int | float | None)
    elif isinstance(component, gr.CheckboxGroup):
        fits = isinstance(value, list) and all(isinstance(item, str) for item in value)
    elif isinstance(component, gr.Dropdown | gr.Radio):
        fits = isinstance(value, str | None)
    else:
        fits = True
    if not fits:
        raise MalformedValue
    return value


def fitted(handler: Callable[..., Any], inputs: Sequence[Component]) -> Callable[..., Any]:
    """The handler with each value of ``inputs`` checked before it."""

    @wraps(handler)
    def run(*values: Any, **named: Any) -> Any:
        components = iter(inputs)
        given = [
            # Gradio puts the request and the event's data among the values.
            v if isinstance(v, gr.Request | gr.EventData) else _fitting(next(components), v)
            for v in values
        ]
        return handler(*given, **named)

    return run


def bind(
    trigger: Callable[..., Dependency],
    handler: Callable[..., Any],
    inputs: Sequence[Component] = (),
    outputs: Sequence[Component] = (),
    js: str | None = None,
) -> Dependency:
    """Bind a handler to an event, out of the published interface and without a covering spinner."""
    return trigger(
        fn=guarded(fitted(handler, inputs)),
        inputs=list(inputs),
        outputs=list(outputs),
        js=js,
        api_visibility="private",
        show_progress="hidden",
    )
