"""Which patient a reference of an import means, where several may be meant: a person says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from triage_app.domain.references import KnownReference
from triage_app.ports.adapters import UnitOfWork


@dataclass(frozen=True)
class Question:
    """A reference of the file with all that it may mean; ``chosen`` is the answer, or empty."""

    reference: str
    candidates: tuple[KnownReference, ...]
    chosen: str = ""


class Ambiguous(Exception):
    """A row whose reference may mean several patients, and nobody has said which."""


class Choices:
    """Looks up references within one unit of work; ``answers`` are by reference of the file."""

    def __init__(self, unit: UnitOfWork, answers: Mapping[str, str]) -> None:
        self._unit = unit
        self._answers = answers
        self._asked: dict[str, Question | None] = {}

    @property
    def questions(self) -> tuple[Question, ...]:
        """All that were met so far, answered or not, in the order of the file."""
        return tuple(question for question in self._asked.values() if question)

    def meant(self, reference: str) -> str:
        """The stored reference that is meant; raises Ambiguous until somebody has said."""
        if reference not in self._asked:
            self._asked[reference] = self._question(reference)
        question = self._asked[reference]
        if question is None:
            return reference
        if not question.chosen:
            others = " and ".join(known.reference for known in question.candidates)
            raise Ambiguous(f"It may mean {others}. Choose the patient above the table.")
        return question.chosen

    def _question(self, reference: str) -> Question | None:
        alike = self._unit.references.alike(reference)
        if not alike:
            return None
        exact = [k for k in self._unit.references.spellings(reference) if k.reference == reference]
        candidates = self._one_of_each_patient([*exact, *alike])
        if exact and len(candidates) == 1:
            return None
        answer = self._answers.get(reference, "")
        known = {candidate.reference for candidate in candidates}
        return Question(reference, tuple(candidates), answer if answer in known else "")

    def _one_of_each_patient(self, found: Sequence[KnownReference]) -> list[KnownReference]:
        """Without further spellings of a patient who is there already."""
        patients: dict[tuple[str, ...], KnownReference] = {}
        for known in found:
            record = self._unit.site.patient(known.reference).id
            cases = self._unit.site.cases_of_patient(known.reference)
            patients.setdefault((record, *cases), known)
        return list(patients.values())
