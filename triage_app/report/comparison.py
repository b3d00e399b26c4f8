"""The image beside the last one of the same lesion."""

from reportlab.platypus import Flowable, Spacer

from triage_app.domain.case import Case
from triage_app.domain.triage import LEVEL_LABELS
from triage_app.domain.withholding import is_withheld
from triage_app.ports.documents import ReportContent
from triage_app.report.drawings import Picture, Placeholder
from triage_app.report.layout import Desk
from triage_app.report.pictures import checked
from triage_app.report.styles import GAP

_SIDE = 150.0
_HEADING = "Comparison with the last image of this lesion"
_WITHHELD = (
    "The findings of the earlier image are withheld until a clinician has recorded an impression "
    "of it, so findings are not compared."
)
_FIRST = "This is the earliest image of the lesion, so there is nothing to compare it with."
_BY_EYE = "Both pictures show the analysed crop at the same size. The scale may differ."


def comparison(desk: Desk, content: ReportContent) -> list[Flowable]:
    """Two pictures side by side, and what changed in words; nothing without a lesion."""
    if content.lesion is None:
        return []
    level = desk.text(_lesion_level(content), desk.styles.small_spaced)
    previous = content.previous
    if previous is None:
        return desk.section(_HEADING, [desk.text(_FIRST), level])
    beside = desk.width - 2 * (_SIDE + GAP)
    sentences = previous.sentences or (_WITHHELD,)
    said = [desk.text(sentence, desk.styles.small_after) for sentence in sentences]
    row = [
        [
            Spacer(0, 3),
            _before(desk, content.previous_crop),
            _caption(desk, "Before", previous.before),
        ],
        [
            Spacer(0, 3),
            Picture(checked(content.crop), _SIDE, "The analysed crop of this image"),
            _caption(desk, "This image", content.case),
        ],
        [*said, desk.text(_BY_EYE, desk.styles.small_after), level],
    ]
    return desk.section(_HEADING, [desk.grid([row], [_SIDE + GAP, _SIDE + GAP, beside])])


def _before(desk: Desk, crop: bytes | None) -> Flowable:
    if crop is None:
        text = "The stored picture of the earlier image cannot be read."
        return Placeholder(text, _SIDE, desk.styles.small_centred, desk.faces)
    return Picture(checked(crop), _SIDE, "The analysed crop of the earlier image")


def _caption(desk: Desk, name: str, case: Case) -> Flowable:
    withheld = is_withheld(case)
    level = "withheld" if withheld else LEVEL_LABELS[case.analysis.decision.level].lower()
    text = f"{name}, {desk.zone.said(case.created_at)}\nTriage level: {level}\n{case.id}"
    return desk.text(text, desk.styles.label)


def _lesion_level(content: ReportContent) -> str:
    if content.lesion_level is None:
        return "The level of the lesion is not given while findings of one image are withheld."
    level = LEVEL_LABELS[content.lesion_level].lower()
    images = "1 image" if content.lesion_images == 1 else f"{content.lesion_images} images"
    return f"Level of the lesion, the worst of its {images}: {level}."
