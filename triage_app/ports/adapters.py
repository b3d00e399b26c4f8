"""What the use cases need from the outside, as protocols; ``bootstrap`` supplies the adapters."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from types import TracebackType
from typing import Protocol, Self

from triage_app.domain.backups import Archive, Contents
from triage_app.domain.batch import BatchCounts, Upload, UploadState
from triage_app.domain.calendar import UTC_ZONE, Zone
from triage_app.domain.case import Case, CaseFilter, Order, Page
from triage_app.domain.files import StoredFile
from triage_app.domain.lesion import Lesion
from triage_app.domain.people import Person, SignIn
from triage_app.domain.reading import StepKind, Terms
from triage_app.domain.references import KnownReference
from triage_app.domain.site import Certificate, PatientRecord, SafetyProblem, SiteCounts
from triage_app.domain.trail import Anchor, Entry, Event, TrailFilter
from triage_app.domain.worklist import DueItem, Whose, WorkCounts, WorkPage
from triage_app.ports.documents import LetterContent, ReportContent
from triage_app.ports.pictures import PictureRepository


class CaseRepository(Protocol):
    """Stored cases."""

    def add(self, case: Case) -> None:
        """Store a new case with its analysis, files and reports."""

    def get(self, case_id: str) -> Case:
        """The case, also from the bin; raises CaseNotFound."""

    def save(self, case: Case) -> Case:
        """Store a changed case and return it with its version raised by one.

        Raises StaleCase when the stored version is not ``case.version``, CaseNotFound when it is
        gone. Files and reports that are new in ``case`` are inserted; none is ever removed.
        """

    def erase(self, case_id: str) -> Sequence[StoredFile]:
        """Delete all rows of the case and return its files, for removal after the commit."""

    def page(self, wanted: CaseFilter, order: Order, cursor: str | None, size: int) -> Page:
        """A page by keyset; an unknown cursor raises InvalidInput("cursor", ...)."""

    def report_owner(self, report_id: str) -> str:
        """Case id of an issued report; raises ReportNotFound."""

    def known_files(self, file_ids: Iterable[str]) -> set[str]:
        """Those of the ids that have a row, as files of a case or of a batch."""

    def every_file(self) -> Iterator[tuple[str, StoredFile]]:
        """Case id and row of every stored file, read in portions."""


class UploadRepository(Protocol):
    """Files that were received in a batch and wait to become cases."""

    def add(self, upload: Upload) -> None:
        """Store a received file, which waits."""

    def get(self, upload_id: str) -> Upload | None:
        """The file with this id, also when it is a case by now."""

    def owner(self, batch_id: str) -> str | None:
        """Who sent the batch; None where nothing of it is known."""

    def counts(self, batch_id: str) -> BatchCounts:
        """How far the batch is."""

    def failed(self, batch_id: str, size: int) -> Sequence[Upload]:
        """Files of the batch that could not be used, in the order received."""

    def waiting(self, batch_id: str, size: int) -> Sequence[Upload]:
        """Files of the batch that wait, in the order received."""

    def next_person(self, after: str) -> str | None:
        """The next person, by id and round again, for whom a file waits."""

    def next_of(self, person: str, without: Collection[str]) -> Upload | None:
        """What waits longest of this person, but for files that are being worked on."""

    def held(self, person: str) -> int:
        """How many files of this person wait or have failed."""

    def close(self, upload_id: str, state: UploadState) -> None:
        """Note that the file is a case now, or was dismissed; its name goes with it."""

    def fail(self, upload_id: str, reason: str) -> None:
        """Note why the file could not be used."""

    def wait(self, upload_id: str) -> None:
        """Let a failed file wait again."""

    def every_held(self) -> Iterator[Upload]:
        """Every file that waits or has failed, read in portions."""

    def failed_before(self, before: datetime, size: int) -> Sequence[Upload]:
        """Files received before a time that could not be used and that nobody dismissed."""

    def forget(self, before: datetime) -> int:
        """Delete what is left of files that were received before a time and are closed."""


class LesionRepository(Protocol):
    """Lesions of patients."""

    def add(self, lesion: Lesion) -> None:
        """Store a new lesion; its patient must have a record."""

    def get(self, lesion_id: str) -> Lesion:
        """The lesion; raises LesionNotFound."""

    def save(self, lesion: Lesion) -> Lesion:
        """Store a changed lesion, with its version raised by one; raises StaleRecord,
        LesionNotFound."""

    def of_patient(self, patient_id: str) -> Sequence[Lesion]:
        """All lesions of a patient, oldest first."""

    def cases_of(self, lesion_id: str) -> Sequence[str]:
        """Ids of the cases filed under a lesion, without the bin, oldest first."""

    def erase_of_patient(self, patient_id: str) -> None:
        """Delete all lesions of a patient; cases that are left point to none."""


class WorkRepository(Protocol):
    """What nobody has read yet, and next steps; the bin is left out."""

    def unread(
        self,
        whose: Whose,
        person: str,
        *,
        now: datetime,
        terms: Terms,
        cursor: str | None,
        size: int,
        urgent_only: bool = False,
    ) -> WorkPage:
        """Cases without a verdict in the order of ``domain.worklist.order_of``.

        ``urgent_only`` leaves out all others, also those whose findings are withheld.

        Raises InvalidInput("cursor", ...) for a cursor that is none of ours.
        """

    def neighbours(
        self, case_id: str, now: datetime, terms: Terms
    ) -> tuple[str | None, str | None]:
        """Ids of the unread cases before and after this one in the whole worklist; for a case
        that has been read meanwhile, those around its place."""

    def counts(self, person: str, *, now: datetime, today: date, terms: Terms) -> WorkCounts:
        """How much waits."""

    def due(
        self, kinds: frozenset[StepKind], owner: str, before: date | None, size: int
    ) -> Sequence[DueItem]:
        """Open next steps by due day; of one owner where ``owner`` is given, due before a day
        where ``before`` is."""

    def urgent_blinded(self, created_before: datetime, size: int) -> Sequence[str]:
        """Ids of unread cases whose findings are withheld and whose level is urgent."""

    def blinded(self, size: int) -> Sequence[str]:
        """Ids of cases whose findings are withheld, the bin included."""

    def document_owner(self, document_id: str) -> str:
        """Case id of a letter, or of an outcome with a document, by the letter's or outcome's id;
        raises DocumentNotFound."""


class PeopleRepository(Protocol):
    """Accounts and sessions."""

    def count(self) -> int:
        """Number of accounts."""

    def add(self, person: Person) -> None:
        """Store a new account; raises InvalidInput("name", ...) when the name is taken."""

    def get(self, person_id: str) -> Person:
        """The account; raises PersonNotFound."""

    def by_name(self, name: str) -> Person | None:
        """The account with this sign-in name, whatever its case."""

    def everyone(self) -> Sequence[Person]:
        """All accounts by name."""

    def save(self, person: Person) -> None:
        """Store a changed account; raises PersonNotFound, InvalidInput for a name that is taken,
        and StalePerson when it was changed by others since it was read in this unit of work."""

    def add_session(self, session: SignIn) -> None:
        """Store a new session."""

    def session(self, token_hash: str) -> SignIn | None:
        """The session of this token, also when it has ended."""

    def sessions_of(self, person_id: str) -> Sequence[SignIn]:
        """Sessions of a person that were not revoked, newest first."""

    def touch(self, session_id: str, at: datetime) -> None:
        """Note when the session was last used."""

    def revoke(self, session_id: str, at: datetime) -> None:
        """End a session; one that has ended stays as it is."""

    def forget_sessions(self, before: datetime) -> int:
        """Delete sessions last used before ``before``; how many."""


class TrailRepository(Protocol):
    """The trail; it can be read and appended to, nothing else."""

    def append(self, entry: Entry, at: datetime) -> Event:
        """Chain an entry to the last event, holding the write lock from here on."""

    def tip(self) -> Anchor:
        """Number and hash of the last event; Anchor(0, START) when there is none."""

    def every(self) -> Iterator[Event]:
        """All events in order, read in portions."""

    def page(self, wanted: TrailFilter, before: int | None, size: int) -> Sequence[Event]:
        """Events newest first, with a number below ``before``."""


class SiteRepository(Protocol):
    """What administrators set, and what belongs to a patient but to no single case."""

    def setting(self, name: str) -> str | None:
        """A stored setting, None when never set."""

    def set(self, name: str, value: str, at: datetime) -> None:
        """Store a setting."""

    def patient(self, reference: str) -> PatientRecord:
        """What is kept on the patient with this reference; an empty record when nothing is."""

    def patient_by_id(self, patient_id: str) -> PatientRecord:
        """The record with this internal id; raises PatientNotFound."""

    def find_patients(self, beginning: str, size: int) -> Sequence[PatientRecord]:
        """Records whose reference begins so, as the search folds it, by reference."""

    def save_patient(self, record: PatientRecord) -> None:
        """Store the record of a patient with its version raised by one; one without id gets one.

        Raises InvalidInput for an empty reference, StaleRecord when ``record.version`` is not the
        stored one (0 for none).
        """

    def erase_patient(self, reference: str) -> None:
        """Delete the record of a patient."""

    def cases_of_patient(self, reference: str) -> Sequence[str]:
        """Ids of all cases filed or drafted under exactly this reference, bin included, oldest
        first; the reference is compared as the search folds it. None for an empty reference."""

    def cases_before(self, before: datetime, limit: int) -> Sequence[str]:
        """Ids of cases created before a time, bin included, oldest first, for retention.

        Cases of patients under a legal hold are left out.
        """

    def uploads_since(self, person_id: str, since: datetime) -> int:
        """Number of cases that a person uploaded since a time."""

    def add_certificate(self, certificate: Certificate) -> None:
        """Keep a certificate of erasure."""

    def certificate(self, certificate_id: str) -> Certificate | None:
        """A kept certificate."""

    def add_problem(self, problem: SafetyProblem) -> None:
        """Keep a report of a safety problem."""

    def problems(self, size: int) -> Sequence[SafetyProblem]:
        """Reported problems, newest first."""

    def problems_of(self, case_ids: Iterable[str]) -> Sequence[SafetyProblem]:
        """Problems that were reported from these cases, oldest first."""

    def clear_problem_texts(self, case_ids: Iterable[str]) -> None:
        """Empty what was typed about problems of these cases; the rest of the reports stays."""

    def counts(self, zone: Zone = UTC_ZONE) -> SiteCounts:
        """Counts without patients: cases by month of ``zone`` and level, and by model version."""

    def miscounted(self) -> Sequence[str]:
        """Names of the kept counts that are not those of the cases; reads every case."""

    def recount(self) -> None:
        """Count every case anew."""


class ReferenceRepository(Protocol):
    """References of patients under which something is stored."""

    def waiting_spelling(self, reference: str) -> str:
        """The stored reference if, spelled exactly so, it waits to be merged; else empty."""

    def spellings(self, reference: str) -> Sequence[KnownReference]:
        """Every way in which the reference of this one patient is spelled."""

    def alike(self, reference: str, but_for_case: str = "") -> Sequence[KnownReference]:
        """References that may be mistaken for this one."""

    def waiting(self) -> Sequence[str]:
        """References that wait to be merged with another that looks the same, or kept apart."""

    def rename(self, patient_id: str, reference: str) -> None:
        """Give the record of a patient another reference; the cases are changed one by one."""

    def absorb(self, patient_id: str, into: str) -> None:
        """Give the lesions of a patient to another one and delete the record."""


class UnitOfWork(Protocol):
    """A transaction that rolls back unless ``commit`` was called."""

    @property
    def cases(self) -> CaseRepository:
        """Stored cases as this transaction sees them."""

    @property
    def uploads(self) -> UploadRepository:
        """Received files of batches."""

    @property
    def pictures(self) -> PictureRepository:
        """Shapes of pictures, and copies."""

    @property
    def lesions(self) -> LesionRepository:
        """Lesions."""

    @property
    def work(self) -> WorkRepository:
        """The worklist."""

    @property
    def people(self) -> PeopleRepository:
        """Accounts and sessions."""

    @property
    def trail(self) -> TrailRepository:
        """The trail."""

    @property
    def references(self) -> ReferenceRepository:
        """References of patients in this transaction."""

    @property
    def site(self) -> SiteRepository:
        """Settings, patients' records, certificates, problems."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def lock(self) -> None:
        """Take the write lock: what is read from here on stays true until ``commit``.

        Before a decision that must not be overtaken, such as counting, or looking for a hold.
        """

    def commit(self) -> None:
        """Make it durable; raises StorageUnavailable on a full disk or a locked database."""


class UnitOfWorkFactory(Protocol):
    """Opens a unit of work."""

    def __call__(self) -> UnitOfWork: ...


class FileStore(Protocol):
    """Files under random ids, written before the row that names them."""

    def put(self, data: bytes) -> str:
        """Write durably under a new random id (32 hex digits) and return it.

        Raises StorageUnavailable when the disk is full or read-only.
        """

    def read(self, file: StoredFile) -> bytes:
        """The bytes; raises FileMissing when absent or when the SHA-256 differs from the row."""

    def remove(self, file_ids: Iterable[str]) -> None:
        """Remove files whose rows are gone; a missing one is no error."""


class CertificateRenderer(Protocol):
    """Draws a certificate of erasure."""

    def __call__(self, certificate: Certificate, site_name: str, /) -> bytes:
        """PDF bytes, the same for the same certificate and site."""


class LetterRenderer(Protocol):
    """Draws a letter to the patient."""

    def __call__(self, content: LetterContent) -> bytes:
        """PDF bytes, the same for the same content."""


class ReportRenderer(Protocol):
    """Draws a report from a stored case."""

    def __call__(self, content: ReportContent) -> bytes:
        """PDF bytes, the same for the same content."""


class BackupStore(Protocol):
    """Numbered backups in a folder."""

    keep: int

    @property
    def place(self) -> str:
        """The folder in words."""

    @property
    def encrypted(self) -> bool:
        """Whether new archives are encrypted."""

    def archives(self) -> Sequence[Archive]:
        """Archives in the folder, the newest first; raises BackupFailed."""

    def make(self, at: datetime, record: Callable[[Archive, Contents], None]) -> Archive:
        """Write an archive, read it back, have it recorded, and only then give it its name.

        Raises BackupFailed, or ConfigurationError for the passphrase; then no archive was added.
        """

    def stop(self) -> None:
        """Make a backup on its way end soon, by BackupFailed."""
