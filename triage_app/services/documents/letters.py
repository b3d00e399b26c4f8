"""Letters to patients: each is drawn once from a clinician's verdict, and its bytes are kept."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from triage_app.domain.calendar import UTC_ZONE, Zone
from triage_app.domain.case import Case, CaseState, Letter
from triage_app.domain.context import Laterality, Site
from triage_app.domain.errors import DocumentNotFound, FindingsWithheld, NotAllowedInState
from triage_app.domain.files import FileKind
from triage_app.domain.people import Actor, Permission
from triage_app.domain.reading import STEP_OF, NextStep, Verdict
from triage_app.domain.trail import Action, Entry, Value
from triage_app.ports.adapters import FileStore, LetterRenderer, UnitOfWork, UnitOfWorkFactory
from triage_app.ports.documents import LetterContent
from triage_app.services.cases.changing import change_case, refuse_in_bin
from triage_app.services.cases.viewing import shown_to
from triage_app.services.ground.names import shown_names
from triage_app.services.images.storing import (
    NewFile,
    describe_file,
    facts,
    new_id,
    now,
    remove_unnamed,
)

log = logging.getLogger(__name__)

Names = Callable[[UnitOfWork], Mapping[str, str]]
# Places of the body in words that a patient uses.
PLAIN_SITES: dict[Site, str] = {
    Site.SCALP: "scalp",
    Site.FACE: "face",
    Site.EAR: "ear",
    Site.NECK: "neck",
    Site.CHEST: "chest",
    Site.ABDOMEN: "tummy",
    Site.BACK: "back",
    Site.BUTTOCK: "buttock",
    Site.UPPER_EXTREMITY: "arm",
    Site.LOWER_EXTREMITY: "leg",
    Site.HAND: "back of the hand",
    Site.FOOT: "top of the foot",
    Site.PALM_OR_SOLE: "palm of the hand or sole of the foot",
    Site.NAIL: "nail",
    Site.GENITAL: "genital area",
    Site.MUCOSA: "lining of the mouth, nose or genitals",
}
PLAIN_SIDES: dict[Laterality, str] = {
    Laterality.LEFT: "left side of the body",
    Laterality.RIGHT: "right side of the body",
    Laterality.MIDLINE: "middle of the body",
}


@dataclass(frozen=True)
class _Basis:
    """What a letter is drawn from."""

    case: Case
    verdict: Verdict
    step: NextStep | None
    lesion_label: str
    site_label: str
    signed_by: str


class Letters:
    """Use cases on letters to patients."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        files: FileStore,
        render: LetterRenderer,
        site_name: str,
        clock: Callable[[], datetime] = now,
        *,
        names: Names = shown_names,
        synthetic: bool = False,
        zone: Zone = UTC_ZONE,
    ) -> None:
        self._zone = zone
        self._units = units
        self._files = files
        self._render = render
        self._site_name = site_name
        self._clock = clock
        self._names = names
        self._synthetic = synthetic

    def issue(self, actor: Actor, case_id: str, version: int) -> Case:
        """Draw a letter from the verdict that counts; the case with its new letter last.

        Raises NotAllowedInState without a verdict or where what it asked for has ended,
        FindingsWithheld, StaleCase when the case changed since ``version``.
        """
        actor.require(Permission.REVIEW)
        with self._units() as unit:
            basis = _basis(unit, case_id, self._names)
        letter_id, at = new_id(), self._clock()
        data = self._render(self._content(basis, letter_id, at))
        new = NewFile(FileKind.LETTER, data, "application/pdf")
        file = describe_file(new, self._files.put(data), at)
        number = len(basis.case.letters) + 1
        letter = Letter(letter_id, number, at, basis.verdict.id, file)
        try:
            saved = self._store(actor, case_id, version, letter)
        except Exception:
            remove_unnamed(self._units, self._files, [file.id])
            raise
        log.info("letter issued", extra={"case": case_id, "letter": letter_id})
        return shown_to(actor, saved)

    def read(self, actor: Actor, letter_id: str) -> tuple[Letter, bytes, Case]:
        """A letter with its bytes and its case; raises DocumentNotFound, FileMissing."""
        actor.require(Permission.SEE_FINDINGS)
        with self._units() as unit:
            case = shown_to(actor, unit.cases.get(unit.work.document_owner(letter_id)))
        letter = next((found for found in case.letters if found.id == letter_id), None)
        if letter is None:
            raise DocumentNotFound
        data = self._files.read(letter.file)
        with self._units() as unit:
            entry = Entry(Action.LETTER_READ, actor.id, case.id, {"letter": letter_id})
            unit.trail.append(entry, self._clock())
            unit.commit()
        return letter, data, case

    def _content(self, basis: _Basis, letter_id: str, at: datetime) -> LetterContent:
        return LetterContent(
            letter_id=letter_id,
            issued_at=at,
            patient_reference=basis.case.details.patient_reference,
            lesion_label=basis.lesion_label,
            site_label=basis.site_label,
            verdict=basis.verdict,
            step=basis.step,
            signed_by=basis.signed_by,
            site_name=self._site_name,
            synthetic=self._synthetic,
            zone=self._zone,
        )

    def _store(self, actor: Actor, case_id: str, version: int, letter: Letter) -> Case:
        details: dict[str, Value] = {
            "letter": letter.id,
            "number": letter.number,
            "verdict": letter.verdict_id,
            "files": facts([letter.file]),
        }
        with self._units() as unit:
            saved = change_case(
                unit,
                actor,
                case_id,
                version,
                Action.LETTER_ISSUED,
                lambda case: replace(case, letters=(*case.letters, letter)),
                letter.issued_at,
                details,
            )
            unit.commit()
        return saved


def _basis(unit: UnitOfWork, case_id: str, names: Names) -> _Basis:
    case = unit.cases.get(case_id)
    verdict = _verdict(case)
    lesion = unit.lesions.get(case.lesion_id) if case.lesion_id else None
    context = case.details.context
    return _Basis(
        case=case,
        verdict=verdict,
        step=_open_step(case, verdict),
        lesion_label=lesion.label if lesion else case.details.lesion_label,
        site_label=plain_place(
            lesion.site if lesion else context.site,
            lesion.laterality if lesion else context.laterality,
        ),
        signed_by=names(unit).get(verdict.by, verdict.by),
    )


def _verdict(case: Case) -> Verdict:
    refuse_in_bin(case)
    if case.blinded:
        raise FindingsWithheld
    if case.state is not CaseState.FILED or case.verdict is None:
        raise NotAllowedInState("A letter is drawn from a verdict. Record your verdict first.")
    return case.verdict


def _open_step(case: Case, verdict: Verdict) -> NextStep | None:
    """What the patient is asked to do; a letter about what has ended would mislead."""
    waiting = [step for step in case.next_steps if step.is_open]
    if verdict.disposition in STEP_OF and not waiting:
        raise NotAllowedInState(
            "What the last verdict asked for has ended. Record a new verdict first; "
            "the letter is drawn from it."
        )
    return waiting[-1] if waiting else None


def plain_place(site: Site | None, side: Laterality | None) -> str:
    """Where a lesion is, in words that a patient knows; empty where it was not given."""
    parts = [PLAIN_SITES[site]] if site else []
    parts += [PLAIN_SIDES[side]] if side else []
    return ", ".join(parts)
