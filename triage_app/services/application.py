"""The application as the front ends see it."""

from dataclasses import dataclass

from triage_app.inference.card import ModelCard
from triage_app.services.accounts import Accounts
from triage_app.services.assessment import Assessor
from triage_app.services.backups import Backups
from triage_app.services.cases import Cases
from triage_app.services.privacy import Privacy
from triage_app.services.reports import Reports
from triage_app.services.safety import Safety
from triage_app.services.statistics import Statistics
from triage_app.services.trail import Trail
from triage_app.services.windows import WindowKeys


@dataclass(frozen=True)
class Application:
    """Use cases, and the state of the model.

    ``card`` is None when no model is in service; ``refusal`` is then the sentence that says why,
    and empty otherwise. ``max_upload_bytes`` is the largest file that a site accepts.
    ``single_user``: nobody signs in, everybody who reaches the server is LOCAL_USER, and
    ``accounts`` is None.
    """

    site_name: str
    max_upload_bytes: int
    assessor: Assessor
    cases: Cases
    reports: Reports
    card: ModelCard | None
    refusal: str
    single_user: bool
    accounts: Accounts | None
    trail: Trail
    safety: Safety
    statistics: Statistics
    privacy: Privacy
    backups: Backups
    windows: WindowKeys
