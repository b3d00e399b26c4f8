"""Why a report could not be drawn; nothing is issued then."""

from triage_app.domain.errors import TriageError


class ReportFontsMissing(TriageError):
    """A font file that the report needs is absent or unreadable; ``name`` is the file's name."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The report cannot be drawn: the font file {name} is missing or damaged. "
            "Install the application again, with its folder assets/fonts."
        )


class ReportImageUnusable(TriageError):
    """The stored crop or overlay cannot be decoded."""

    def __init__(self) -> None:
        super().__init__(
            "The report cannot be drawn: the stored image of this case cannot be read. "
            "Nothing was issued. Restore the image from a backup, or analyse the photograph again."
        )
