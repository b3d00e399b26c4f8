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


class StorageUnavailable(TriageError):
    """The disk is full or read-only, or the database is locked; nothing was stored."""


class ModelRefused(TriageError):
    """The model is missing, or differs from its card; nothing may be assessed with it."""


class ConfigurationError(TriageError):
    """A ``TRIAGE_*`` setting has a value that cannot be used."""
