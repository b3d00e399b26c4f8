"""Who uses the workstation, and what each role may do."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from triage_app.domain.errors import InvalidInput, NotPermitted
from triage_app.domain.passwords import is_guessable


class Role(StrEnum):
    """What a person does here; a person may have several roles."""

    ADMINISTRATOR = "administrator"
    CLINICIAN = "clinician"
    PHOTOGRAPHER = "photographer"
    AUDITOR = "auditor"


ROLE_LABELS: dict[Role, str] = {
    Role.ADMINISTRATOR: "Administrator",
    Role.CLINICIAN: "Clinician",
    Role.PHOTOGRAPHER: "Photographer",
    Role.AUDITOR: "Auditor",
}


class Permission(StrEnum):
    """One thing that may be allowed."""

    UPLOAD = "upload"
    SEE_OWN_UPLOADS = "see_own_uploads"
    SEE_FINDINGS = "see_findings"
    CHANGE_CASES = "change_cases"
    ISSUE_REPORTS = "issue_reports"
    REVIEW = "review"
    EXPORT_CASES = "export_cases"
    REPORT_SAFETY = "report_safety"
    ERASE = "erase"
    EXPORT_PATIENT = "export_patient"
    MANAGE_PEOPLE = "manage_people"
    MANAGE_SITE = "manage_site"
    READ_TRAIL = "read_trail"
    READ_STATISTICS = "read_statistics"


# A photographer sees the own uploads without findings. An administrator runs the site and answers
# requests of patients, but reads no case. An auditor reads what happened, by internal ids only.
ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ADMINISTRATOR: frozenset(
        {
            Permission.ERASE,
            Permission.EXPORT_PATIENT,
            Permission.MANAGE_PEOPLE,
            Permission.MANAGE_SITE,
            Permission.READ_STATISTICS,
        }
    ),
    Role.CLINICIAN: frozenset(
        {
            Permission.UPLOAD,
            Permission.SEE_OWN_UPLOADS,
            Permission.SEE_FINDINGS,
            Permission.CHANGE_CASES,
            Permission.ISSUE_REPORTS,
            Permission.REVIEW,
            Permission.EXPORT_CASES,
            Permission.REPORT_SAFETY,
            Permission.READ_STATISTICS,
        }
    ),
    Role.PHOTOGRAPHER: frozenset({Permission.UPLOAD, Permission.SEE_OWN_UPLOADS}),
    Role.AUDITOR: frozenset({Permission.READ_TRAIL, Permission.READ_STATISTICS}),
}
EVERYTHING = frozenset(Permission)


@dataclass(frozen=True)
class Actor:
    """Who asks. ``id`` is the internal id that the trail keeps; ``name`` is shown, never logged."""

    id: str
    name: str
    permissions: frozenset[Permission]
    session: str = ""
    must_change_password: bool = False

    def may(self, permission: Permission) -> bool:
        """Whether this person may do it; nobody may anything before a forced change is made."""
        return permission in self.permissions and not self.must_change_password

    def require(self, permission: Permission) -> None:
        """Raise NotPermitted unless allowed."""
        if not self.may(permission):
            raise NotPermitted


# In single-user mode everyone who reaches the server is this person.
LOCAL_USER = Actor("local", "local user", EVERYTHING)
# Whoever runs a command in the terminal can read the files anyway; the trail names it so.
TERMINAL = Actor("terminal", "terminal", EVERYTHING)
# Steps that the program takes by itself, such as scheduled backups.
SYSTEM = Actor("system", "system", EVERYTHING)


@dataclass(frozen=True)
class Person:
    """An account. ``name`` is the sign-in name, unique whatever its case.

    ``password_hash`` is an Argon2id string, ``totp_secret`` base32 or empty, ``totp_step`` the
    last time step that was used, so that a code works once. ``failures`` counts wrong passwords
    and codes since the last success.
    """

    id: str
    name: str
    roles: frozenset[Role]
    password_hash: str
    created_at: datetime
    password_changed_at: datetime
    active: bool = True
    must_change_password: bool = False
    totp_secret: str = ""
    totp_step: int = 0
    failures: int = 0
    locked_until: datetime | None = None

    @property
    def permissions(self) -> frozenset[Permission]:
        """Everything that any of the roles allows."""
        return frozenset().union(*(ROLE_PERMISSIONS[role] for role in self.roles))


@dataclass(frozen=True)
class SignIn:
    """A session. ``id`` is internal; ``token_hash`` the SHA-256 of the cookie's token, hex."""

    id: str
    token_hash: str
    person_id: str
    created_at: datetime
    last_seen_at: datetime
    address: str
    revoked_at: datetime | None = None


FREE_FAILURES = 5
FIRST_LOCK = timedelta(seconds=30)
LONGEST_LOCK = timedelta(minutes=30)


def locked_until(failures: int, at: datetime) -> datetime | None:
    """Until when an account stays shut after its ``failures``-th failure in a row, or None.

    Doubles with each failure, so that guessing slows to two an hour, and ends by itself, so that
    nobody can be shut out for good by another.
    """
    if failures < FREE_FAILURES:
        return None
    doubled: timedelta = FIRST_LOCK * int(2 ** min(failures - FREE_FAILURES, 16))
    return at + min(doubled, LONGEST_LOCK)


def is_current(session: SignIn, at: datetime, idle: timedelta, longest: timedelta) -> bool:
    """Whether a session still counts: not revoked, used within ``idle``, no older than
    ``longest``. A clock that jumped back ends it."""
    if session.revoked_at is not None or at < session.last_seen_at - timedelta(minutes=5):
        return False
    return at - session.last_seen_at <= idle and at - session.created_at <= longest


MIN_PASSWORD = 12
MAX_PASSWORD = 128


def check_password(password: str, name: str) -> None:
    """Raise InvalidInput for a password that is too short, too long or easily guessed.

    ASVS 5.0, 6.2: length and guessability count, kinds of characters don't.
    """
    if len(password) < MIN_PASSWORD:
        raise InvalidInput("password", f"Use at least {MIN_PASSWORD} characters.")
    if len(password) > MAX_PASSWORD:
        raise InvalidInput("password", f"Use at most {MAX_PASSWORD} characters.")
    if is_guessable(password, name):
        raise InvalidInput("password", "Choose a password that is harder to guess.")
