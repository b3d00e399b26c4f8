"""What cannot be read as a table, with the place where reading stopped."""

from triage_app.domain.errors import TriageError


class TableUnreadable(TriageError):
    """The bytes are no table that can be read; the sentence names file, line and column.

    ``line`` and ``column`` count from 1; 0 where the fault lies in no single one.
    """

    def __init__(self, name: str, sentence: str, line: int = 0, column: int = 0) -> None:
        self.line, self.column = line, column
        places = [name]
        if line:
            places.append(f"line {line}")
        if column:
            places.append(f"column {column}")
        super().__init__(f"{', '.join(places)}: {sentence}")


class DayUnclear(TriageError):
    """A cell holds no day, or one that can be read in two ways."""
