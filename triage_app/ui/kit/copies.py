"""What is told of an image that is stored already."""

from collections.abc import Sequence

from triage_app.domain.case import Case, CaseState
from triage_app.domain.copies import Coverage, SameBy, SeenCopy
from triage_app.ui.kit.markup import esc, when
from triage_app.ui.words import copies as words
from triage_app.ui.words import texts


def told(case: Case, copies: Sequence[SeenCopy]) -> str:
    """All copies of the image of a case; nothing where there are none."""
    if not copies:
        return ""
    way = ""
    if is_open(copies) and case.deleted_at is None:
        way = words.IF_DRAFT if case.state is CaseState.DRAFT else words.IF_FILED
    hint = f'<p class="hint">{way}</p>' if way else ""
    return brief(copies, case.details.patient_reference) + hint


def is_open(copies: Sequence[SeenCopy]) -> bool:
    """Whether nobody has said yet that the image is kept as a second copy."""
    return any(one.kept_at is None for one in copies)


def brief(copies: Sequence[SeenCopy], here: str) -> str:
    """The same without the way on; ``here`` is the patient reference of the image itself."""
    # Of those that may not be shown it is told once that there are any.
    hidden = {one.by: one for one in copies if one.hidden}
    shown = [one for one in copies if not one.hidden]
    lines = "".join(_line(one, here) for one in [*shown, *hidden.values()])
    wrong = any(one.other_patient for one in shown)
    return f'<div class="notice{" error" if wrong else ""}" role="{_role(wrong)}">{lines}</div>'


def _role(wrong: bool) -> str:
    return "alert" if wrong else "status"


def _line(one: SeenCopy, here: str) -> str:
    same = words.SAME_FILE if one.by is SameBy.FILE else words.SAME_PICTURE
    if one.hidden:
        return f"<p>{same}.</p>"
    parts = [f"patient <bdi>{esc(one.patient_reference)}</bdi>"]
    if not one.patient_reference:
        parts = [texts.NO_REFERENCE.lower()]
    if one.lesion_label:
        parts.append(f"lesion <bdi>{esc(one.lesion_label)}</bdi>")
    if one.taken_at:
        parts.append(when(one.taken_at))
    if one.in_bin:
        parts.append(texts.IN_BIN.lower())
    link = f' <a href="/case?id={one.case_id}">{texts.OPEN_CASE}</a>' if one.case_id else ""
    kept = f" {words.KEPT.format(when=when(one.kept_at))}" if one.kept_at else ""
    wrong = ""
    if one.other_patient:
        named = (f"<bdi>{esc(name)}</bdi>" for name in (here, one.patient_reference))
        wrong = f" <strong>{words.TWO_PATIENTS.format(*named)}</strong>"
    return f"<p>{same}: {', '.join(parts)}.{wrong}{kept}{link}</p>"


def covered(coverage: Coverage) -> str:
    """How many images are compared by their picture, and which are not."""
    parts = [words.COVERED.format(compared=coverage.compared)]
    if coverage.waiting:
        parts.append(words.WAITING.format(count=coverage.waiting))
    if coverage.never:
        parts.append(words.NEVER.format(count=coverage.never))
    return f'<p class="hint">{words.COVERAGE}: {"; ".join(parts)}.</p>'
