"""Every error the product raises on purpose, under one root.

The text of each error is a sentence that a clinician can act on; it never holds patient text.
"""


class TriageError(Exception):
    """Root of all expected errors."""


class ImageRejected(TriageError):
    """The bytes cannot be used as an image; ``code`` names the cause for tests and the CLI."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class UploadTooLarge(ImageRejected):
    """More bytes than the site allows for one file."""

    def __init__(self, limit_mb: float) -> None:
        super().__init__(
            "too_large", f"The file is larger than {limit_mb:g} MB. Export a smaller copy."
        )


class DecoderFailed(ImageRejected):
    """The isolated decoder exceeded its time or memory limit, or died."""

    def __init__(self, message: str) -> None:
        super().__init__("decoder_failed", message)


class InvalidInput(TriageError):
    """A typed value cannot be accepted; ``field`` names the form field."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class CaseNotFound(TriageError):
    """No case has this id."""

    def __init__(self) -> None:
        super().__init__("This case does not exist. It may have been erased.")


class ReportNotFound(TriageError):
    """No report has this id."""

    def __init__(self) -> None:
        super().__init__("This report does not exist.")


class LesionNotFound(TriageError):
    """No lesion has this id."""

    def __init__(self) -> None:
        super().__init__("This lesion does not exist. It may have been erased.")


class PatientNotFound(TriageError):
    """No patient has this id or reference."""

    def __init__(self) -> None:
        super().__init__("This patient is not known here. Check how the reference is spelled.")


class DocumentNotFound(TriageError):
    """No letter or pathologist's report has this id."""

    def __init__(self) -> None:
        super().__init__("This document does not exist.")


class StaleRecord(TriageError):
    """Somebody else changed the patient or lesion since it was opened."""

    def __init__(self) -> None:
        super().__init__(
            "This was changed in another window since you opened it. Nothing was saved. "
            "Reload to see the change, then make yours again."
        )


class CertificateNotFound(TriageError):
    """No certificate of erasure has this id."""

    def __init__(self) -> None:
        super().__init__("This certificate does not exist.")


class FileMissing(TriageError):
    """A stored file is absent or its bytes no longer match the hash in its row."""


class StaleCase(TriageError):
    """Somebody else changed the case since it was opened."""

    def __init__(self) -> None:
        super().__init__(
            "This case was changed in another window since you opened it. "
            "Nothing was saved. Reload to see the change, then make yours again."
        )


class NotAllowedInState(TriageError):
    """The case's state does not allow this step."""


class FindingsWithheld(NotAllowedInState):
    """Findings are withheld until a clinician has recorded an impression."""

    def __init__(self) -> None:
        super().__init__("Record your impression first; then the findings are shown.")


class PersonNotFound(TriageError):
    """No account has this id."""

    def __init__(self) -> None:
        super().__init__("This account does not exist.")


class StalePerson(TriageError):
    """Somebody else changed the account between reading and saving it."""

    def __init__(self) -> None:
        super().__init__(
            "This account was changed by somebody else meanwhile. Nothing was saved. "
            "Reload to see the change, then make yours again."
        )


class NotSignedIn(TriageError):
    """Nobody is signed in, or the session has ended."""

    def __init__(self) -> None:
        super().__init__("You are not signed in, or your session has ended. Sign in again.")


class NotPermitted(TriageError):
    """The person's roles do not allow this."""

    def __init__(self) -> None:
        super().__init__("Your account may not do this. Ask an administrator if you need it.")


class SignInRefused(TriageError):
    """Name, password or code is wrong, or the account is shut; which one is not said."""

    def __init__(self, wait_s: float = 0.0) -> None:
        wait = f" Try again in {_minutes(wait_s)}." if wait_s > 0 else ""
        super().__init__(f"Name, password or code is not right.{wait}")
        self.wait_s = wait_s


class TooManyRequests(TriageError):
    """A limit on uploads or attempts is reached."""


class Busy(TriageError):
    """More work waits than is taken on; ``wait_s`` seconds later it may be taken."""

    def __init__(self, wait_s: float = 2.0) -> None:
        super().__init__(
            "The server is busy with other images and took nothing on. Try again in a moment."
        )
        self.wait_s = wait_s


class BatchNotFound(TriageError):
    """No batch has this id, or it is somebody else's."""

    def __init__(self) -> None:
        super().__init__("This batch does not exist. It may have been forgotten.")


class LegalHold(TriageError):
    """A legal hold forbids erasing."""

    def __init__(self) -> None:
        super().__init__(
            "A legal hold is set for this patient, so nothing is erased. "
            "An administrator can lift the hold."
        )


def _minutes(seconds: float) -> str:
    return f"{round(seconds)} seconds" if seconds < 90 else f"{round(seconds / 60)} minutes"


class StorageUnavailable(TriageError):
    """The disk is full or read-only, or the database is locked; nothing was stored."""


class BackupFailed(TriageError):
    """No backup was made; those that are there are as they were."""


class ArchiveRefused(TriageError):
    """A backup cannot be restored: damaged, cut short, wrong passphrase, or no clean place."""


class ModelRefused(TriageError):
    """The model is missing, or differs from its card; nothing may be assessed with it."""


class ConfigurationError(TriageError):
    """A ``TRIAGE_*`` setting has a value that cannot be used."""
