"""The application as the front ends see it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from triage_app.domain.calendar import UNSET_ZONE, SiteZone
from triage_app.domain.reading import Terms
from triage_app.inference.card import ModelCard
from triage_app.services.accounts.accounts import Accounts
from triage_app.services.accounts.windows import WindowKeys
from triage_app.services.batches.assigning import Assigning
from triage_app.services.batches.intake import Intake
from triage_app.services.cases.cases import Cases
from triage_app.services.cases.copies import Copies
from triage_app.services.documents.letters import Letters
from triage_app.services.documents.reports import Reports
from triage_app.services.exchange.case_export import CaseExport
from triage_app.services.exchange.outcome_import import OutcomeImport
from triage_app.services.ground.queueing import FairQueue
from triage_app.services.images.assessment import Assessor
from triage_app.services.images.storing import now
from triage_app.services.patients.lesions import Lesions
from triage_app.services.patients.privacy import Privacy
from triage_app.services.patients.references import References
from triage_app.services.reading.outcomes import Outcomes
from triage_app.services.reading.reading import Reading
from triage_app.services.reading.worklist import Worklist
from triage_app.services.site.backups import Backups
from triage_app.services.site.safety import Safety
from triage_app.services.site.statistics import Statistics
from triage_app.services.trail.trail import Trail


@dataclass(frozen=True)
class Application:
    """Use cases, and the state of the model.

    ``card`` is None when no model is in service; ``refusal`` is then the sentence that says why,
    and empty otherwise. ``max_upload_bytes`` is the largest file that a site accepts.
    ``single_user``: nobody signs in, everybody who reaches the server is LOCAL_USER, and
    ``accounts`` is None. ``terms`` says how long things may wait. ``impression_first``: findings
    of new cases are withheld until a clinician's impression. ``synthetic``: all data are made up.
    ``queue`` hands out turns at the model. ``time_zone`` is that of the site's days and times,
    and ``clock`` says what time it is.
    """

    site_name: str
    max_upload_bytes: int
    assessor: Assessor
    cases: Cases
    queue: FairQueue
    intake: Intake
    assigning: Assigning
    copies: Copies
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
    reading: Reading
    worklist: Worklist
    lesions: Lesions
    references: References
    outcomes: Outcomes
    outcome_import: OutcomeImport
    exports: CaseExport
    letters: Letters
    terms: Terms
    impression_first: bool
    synthetic: bool
    time_zone: SiteZone = UNSET_ZONE
    clock: Callable[[], datetime] = now
