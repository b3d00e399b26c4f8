"""What a report states besides the case itself, and the hash over everything it states."""

import json
from dataclasses import dataclass

from triage_app.domain.case import Case
from triage_app.domain.change import Comparison, Repeatability, compare
from triage_app.domain.files import FileKind
from triage_app.domain.lesion import Lesion, lesion_level
from triage_app.domain.triage import Level
from triage_app.domain.withholding import IMPRESSION_FIRST, without_findings
from triage_app.ports.adapters import UnitOfWork
from triage_app.services.ground.names import names_of
from triage_app.services.ground.plain import plain, plain_outcomes
from triage_app.services.images.storing import sha256


@dataclass(frozen=True)
class Surroundings:
    """The lesion of a case with its images, and the names of who worked on the case."""

    names: dict[str, str]
    lesion: Lesion | None = None
    lesion_level: Level | None = None
    lesion_images: int = 0
    previous: Comparison | None = None


def surroundings(unit: UnitOfWork, case: Case, repeatability: Repeatability | None) -> Surroundings:
    """Everything around a case whose findings are shown."""
    names = names_of(unit, _people(case))
    if not case.lesion_id:
        return Surroundings(names)
    images = [unit.cases.get(case_id) for case_id in unit.lesions.cases_of(case.lesion_id)]
    return Surroundings(
        names,
        lesion=unit.lesions.get(case.lesion_id),
        lesion_level=lesion_level(
            None if image.blinded else image.analysis.decision.level for image in images
        ),
        lesion_images=len(images),
        previous=_previous(case, images, repeatability),
    )


def _previous(
    case: Case, images: list[Case], repeatability: Repeatability | None
) -> Comparison | None:
    """The comparison with the image before; its findings stay out where they are withheld."""
    earlier = [image for image in images if _order(image) < _order(case)]
    if not earlier:
        return None
    last = max(earlier, key=_order)
    if not last.blinded:
        return compare(last, case, repeatability, withheld=False)
    return compare(without_findings(last, IMPRESSION_FIRST), case, None, withheld=True)


def _order(case: Case) -> tuple[object, ...]:
    return case.created_at, case.id


def _people(case: Case) -> set[str]:
    steps = case.next_steps
    return {
        *(impression.by for impression in case.impressions),
        *(verdict.by for verdict in case.verdicts),
        *(outcome.by for outcome in case.outcomes),
        *(outcome.withdrawal.by for outcome in case.outcomes if outcome.withdrawal),
        *(person for step in steps for person in (step.owner, step.ended_by)),
        *([case.reveal.by] if case.reveal else []),
    }


def content_hash(case: Case, around: Surroundings, site_name: str, *, synthetic: bool) -> str:
    """SHA-256 over everything that a report states, as hex digits.

    It covers the random id of the analysis, which goes when the case is erased: nobody can find
    out afterwards, by trying, what a report said.
    """
    stated = {
        "site": site_name,
        "synthetic": synthetic,
        "details": case.details,
        "analysis": case.analysis.id,
        "decision": case.analysis.decision,
        "files": sorted(file.sha256 for file in case.files.values()),
        "closed": case.closed_at,
        "reading": [
            *(case.reveal, case.impressions, case.verdicts, case.next_steps),
            plain_outcomes(case.outcomes),
        ],
        "names": around.names,
        "lesion": _lesion(around),
        "previous": _compared(around.previous),
    }
    return sha256(json.dumps(plain(stated), sort_keys=True, allow_nan=False).encode())


def _lesion(around: Surroundings) -> list[object]:
    lesion = around.lesion
    if lesion is None:
        return []
    place = [lesion.id, lesion.label, lesion.site, lesion.laterality]
    return [*place, around.lesion_level, around.lesion_images]


def _compared(previous: Comparison | None) -> list[object]:
    if previous is None:
        return []
    before = previous.before
    crop = before.files.get(FileKind.CROP)
    return [
        before.id,
        before.created_at,
        before.analysis.decision,
        crop.sha256 if crop else "",
        previous.comparable,
        previous.sentences,
    ]
