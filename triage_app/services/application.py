"""The application as the front ends see it."""

from dataclasses import dataclass

from triage_app.inference.card import ModelCard
from triage_app.services.assessment import Assessor
from triage_app.services.cases import Cases
from triage_app.services.reports import Reports


@dataclass(frozen=True)
class Application:
    """Use cases, and the state of the model.

    ``card`` is None when no model is in service; ``refusal`` is then the sentence that says why,
    and empty otherwise. ``max_upload_bytes`` is the largest file that a site accepts.
    """

    site_name: str
    max_upload_bytes: int
    assessor: Assessor
    cases: Cases
    reports: Reports
    card: ModelCard | None
    refusal: str
