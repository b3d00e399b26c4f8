"""Why no made-up clinic can be made or shown."""

from pathlib import Path

from triage_app.domain.errors import TriageError
from triage_app.domain.shown import shown


class FolderInUse(TriageError):
    """The folder holds something that is no complete made-up clinic, perhaps real patients."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"{shown(folder)} holds files already, and they are no complete made-up clinic. "
            "Nothing was changed. Choose an empty or new folder with --dir."
        )


class ClinicExists(TriageError):
    """There is a made-up clinic in the folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"{shown(folder)} holds a made-up clinic already. Show it with --serve, or choose "
            "another folder with --dir."
        )


class NoModelForDemo(TriageError):
    """Without a model nothing would be assessed, and there would be nothing to show."""

    def __init__(self, sentence: str) -> None:
        super().__init__(f"A made-up clinic needs a model. {sentence}")
