"""The letter to the patient: what was decided, by when, and when to come back sooner.

Only what the clinician's verdict says, in plain words: no finding, no figure, and none of the notes
that clinicians write for each other.
"""

from dataclasses import replace
from datetime import date

from reportlab.platypus import Flowable, Spacer

from triage_app.domain.calendar import said_day
from triage_app.domain.reading import Disposition
from triage_app.ports.documents import LetterContent
from triage_app.report import words
from triage_app.report.document import Sheet
from triage_app.report.layout import Desk
from triage_app.report.signing import signature
from triage_app.report.styles import INK
from triage_app.report.tags import Tag
from triage_app.report.text import Text

TITLE = "Your skin check"
_OPENING = (
    "A clinician has looked at the spot named above and at the photograph that was taken of it."
)
_SOONER = (
    "it grows, or changes its shape or its colour",
    "it bleeds, weeps, or forms a crust that does not heal",
    "it becomes hard or raised, or starts to itch or hurt",
    "you find a new spot that looks different from your others",
)
_AT_ONCE = "Contact us straight away. Do not wait for an appointment that you already have."
_PADDING = 9.0


def sheet(content: LetterContent) -> Sheet:
    """Header, footer and metadata; of the patient only the reference on the page."""
    mark = f"{words.SYNTHETIC_SHORT}: " if content.synthetic else ""
    return Sheet(
        id=content.letter_id,
        at=content.issued_at,
        title=f"Letter {content.letter_id}",
        author=content.site_name,
        subject=f"{mark}Letter to a patient",
        keywords="",
        heading=content.patient_reference or words.NOT_GIVEN,
        label=f"Letter {content.letter_id}",
        notice=words.RESEARCH,
        synthetic=content.synthetic,
        zone=content.zone,
    )


def story(desk: Desk, content: LetterContent) -> list[Flowable]:
    """One page."""
    synthetic = [_text(desk, words.SYNTHETIC)] if content.synthetic else []
    return [
        desk.text(content.site_name, desk.styles.site),
        desk.text(TITLE, desk.styles.title, Tag("H1")),
        *synthetic,
        Spacer(0, 8),
        _about(desk, content),
        _text(desk, _OPENING),
        _heading(desk, "What was decided"),
        *(_text(desk, sentence) for sentence in _decided(content)),
        Spacer(0, 8),
        _sooner(desk, content.verdict.disposition),
        _heading(desk, "Whom to contact"),
        _text(desk, f"{content.site_name}. Give the reference that stands in this letter."),
        _text(desk, "If you cannot reach us, go to your family doctor and show this letter."),
        Spacer(0, 14),
        _text(desk, _signed(content)),
        Spacer(0, 10),
        signature(desk),
    ]


def _about(desk: Desk, content: LetterContent) -> Flowable:
    facts = {
        "Your reference": content.patient_reference,
        "The spot": content.lesion_label,
        "Where it is": content.site_label[:1].upper() + content.site_label[1:],
        "Date of this letter": content.zone.said_day_of(content.issued_at),
    }
    label, value = replace(desk.styles.label, size=9, leading=12), desk.styles.letter_strong
    cells = [
        [desk.text(name, label), desk.text(said or words.NOT_GIVEN, value)]
        for name, said in facts.items()
    ]
    half = desk.width / 2
    return desk.grid([cells[:2], cells[2:]], [half, half], below=6)


def _decided(content: LetterContent) -> list[str]:
    due = content.step.due if content.step else content.verdict.due
    return {
        Disposition.DISCHARGE: _discharged,
        Disposition.FOLLOW_UP: _follow_up,
        Disposition.BIOPSY_OR_EXCISION: _biopsy,
        Disposition.URGENT_REFERRAL: _referral,
    }[content.verdict.disposition](due)


def _discharged(_: date | None) -> list[str]:
    return [
        "No treatment and no further appointment is planned for this spot.",
        "Skin can change later. Look at the spot from time to time, and use the list below.",
    ]


def _follow_up(due: date | None) -> list[str]:
    when = f"Please come back by {said_day(due)}." if due else "Please ask us for a date."
    return [
        f"We want to look at this spot again. {when}",
        "If you have no appointment yet, contact us now, so that you get one in time.",
    ]


def _biopsy(due: date | None) -> list[str]:
    when = f" The result should be there by {said_day(due)}." if due else ""
    return [
        "We advise that this spot is removed, or that a small sample is taken from it, so that it "
        f"can be looked at under a microscope.{when}",
        "If you have no appointment yet, or are not told a result in time, contact us. No news "
        "does not mean that all is well.",
    ]


def _referral(due: date | None) -> list[str]:
    when = f" You should know the date of your appointment by {said_day(due)}." if due else ""
    return [
        "We are sending you to a specialist urgently. Urgent means that this spot should be looked "
        f"at soon; it is not a diagnosis.{when}",
        f"If you have not heard {'by then' if due else 'yet'}, contact us. Do not wait any longer.",
    ]


def _sooner(desk: Desk, disposition: Disposition) -> Flowable:
    discharged = disposition is Disposition.DISCHARGE
    said: list[Flowable] = [
        _heading(desk, "Come back if" if discharged else "Come back sooner if"),
        *(_text(desk, f"– {sign}") for sign in _SOONER),
        _text(desk, _AT_ONCE, strong=True),
    ]
    frame = [
        ("BOX", (0, 0), (-1, -1), 1.4, INK),
        ("LEFTPADDING", (0, 0), (-1, -1), _PADDING),
        ("RIGHTPADDING", (0, 0), (-1, -1), _PADDING),
        ("TOPPADDING", (0, 0), (-1, -1), _PADDING),
    ]
    return desk.grid([[said]], [desk.width], 0, _PADDING, frame)


def _signed(content: LetterContent) -> str:
    return f"Decided by {content.signed_by} on {content.zone.said_day_of(content.verdict.at)}."


def _heading(desk: Desk, text: str) -> Text:
    style = replace(desk.styles.letter_strong, size=14, leading=19, before=10, after=2)
    return desk.text(text, style, Tag("H2"))


def _text(desk: Desk, text: str, *, strong: bool = False) -> Text:
    styles = desk.styles
    return desk.text(text, styles.letter_strong if strong else styles.letter)
