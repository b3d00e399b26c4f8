"""Wiring of the use cases: what ``bootstrap`` opened goes in, the application comes out."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from triage_app.config import Settings
from triage_app.domain.calendar import Zone
from triage_app.inference.card import ModelCard
from triage_app.ports.adapters import BackupStore, FileStore, UnitOfWorkFactory
from triage_app.report import render, render_certificate, render_letter
from triage_app.services.accounts.accounts import Accounts
from triage_app.services.accounts.windows import WindowKeys
from triage_app.services.batches.assigning import Assigning
from triage_app.services.batches.intake import Intake
from triage_app.services.batches.work import BatchWork
from triage_app.services.cases.cases import Cases
from triage_app.services.cases.copies import Copies
from triage_app.services.documents.letters import Letters
from triage_app.services.documents.reports import Reports
from triage_app.services.exchange.case_export import CaseExport
from triage_app.services.exchange.outcome_import import OutcomeImport
from triage_app.services.ground.queueing import FairQueue
from triage_app.services.images.assessment import Assessor
from triage_app.services.patients.lesions import Lesions
from triage_app.services.patients.privacy import Privacy
from triage_app.services.patients.references import References
from triage_app.services.reading.outcomes import Outcomes
from triage_app.services.reading.reading import Reading
from triage_app.services.reading.worklist import Worklist
from triage_app.services.site.application import Application
from triage_app.services.site.backups import Backups
from triage_app.services.site.safety import Safety
from triage_app.services.site.statistics import Statistics
from triage_app.services.trail.trail import Trail
from triage_app.wiring.model import repeatability_of

# One for each processor of the smallest machine that this is made for.
ANALYSES_AT_ONCE = 2


@dataclass(frozen=True)
class Wiring:
    """What all use cases are made from.

    ``impression_first``: findings of new cases are withheld until an impression. ``synthetic``:
    the database holds made-up data, and all that leaves it says so.
    """

    settings: Settings
    units: UnitOfWorkFactory
    files: FileStore
    assessor: Assessor
    card: ModelCard | None
    refusal: str
    accounts: Accounts | None
    backups: BackupStore | None
    impression_first: bool
    synthetic: bool
    clock: Callable[[], datetime]

    def application(self) -> Application:
        """The use cases over these parts."""
        units, files, clock, zone = self.units, self.files, self.clock, self.zone
        reading = Reading(units, clock, self.settings.terms, zone=zone)
        queue = FairQueue(ANALYSES_AT_ONCE)
        return Application(
            site_name=self.settings.site_name,
            max_upload_bytes=self.settings.max_upload_bytes,
            assessor=self.assessor,
            cases=self._cases(),
            queue=queue,
            intake=self._intake(queue),
            assigning=Assigning(units, self.assessor, clock),
            copies=Copies(units, files, clock),
            reports=self._reports(),
            card=self.card,
            refusal=self.refusal,
            single_user=self.settings.single_user,
            accounts=self.accounts,
            trail=Trail(units, files, clock),
            safety=Safety(units, clock),
            statistics=Statistics(units, zone=zone),
            privacy=Privacy(
                units, files, render_certificate, self.settings.site_name, clock, zone=zone
            ),
            backups=self._backups(),
            windows=WindowKeys(units),
            reading=reading,
            worklist=Worklist(units, clock, self.settings.terms, reading.escalate, zone=zone),
            lesions=Lesions(
                units, files, self.assessor, repeatability_of(self.card), clock, zone=zone
            ),
            references=References(units, clock),
            outcomes=Outcomes(units, files, clock, zone=zone),
            outcome_import=OutcomeImport(units, clock, zone=zone),
            exports=CaseExport(units, clock, synthetic=self.synthetic, zone=zone),
            letters=self._letters(),
            terms=self.settings.terms,
            impression_first=self.impression_first,
            synthetic=self.synthetic,
            time_zone=self.settings.time_zone,
            clock=clock,
        )

    @property
    def zone(self) -> Zone:
        """The zone of the site."""
        return self.settings.time_zone.zone

    def _cases(self) -> Cases:
        return Cases(
            self.assessor,
            self.units,
            self.files,
            self.settings.max_upload_bytes,
            uploads_per_day=self.settings.uploads_per_day,
            impression_first=self.impression_first,
            clock=self.clock,
            zone=self.zone,
        )

    def _intake(self, queue: FairQueue) -> Intake:
        work = BatchWork(
            self.units,
            self.files,
            self.assessor,
            queue,
            impression_first=self.impression_first,
            clock=self.clock,
        )
        return Intake(
            self.units,
            self.files,
            work,
            self.settings.max_upload_bytes,
            uploads_per_day=self.settings.uploads_per_day,
            clock=self.clock,
            zone=self.zone,
        )

    def _reports(self) -> Reports:
        return Reports(
            self.units,
            self.files,
            render,
            self.settings.site_name,
            self.clock,
            repeatability=repeatability_of(self.card),
            synthetic=self.synthetic,
            zone=self.zone,
        )

    def _letters(self) -> Letters:
        return Letters(
            self.units,
            self.files,
            render_letter,
            self.settings.site_name,
            self.clock,
            synthetic=self.synthetic,
            zone=self.zone,
        )

    def _backups(self) -> Backups:
        return Backups(self.units, self.backups, timedelta(hours=self.settings.backup_hours))
