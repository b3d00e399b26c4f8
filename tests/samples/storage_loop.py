"""Generated impressions, verdicts, steps, outcomes and letters for the storage tests."""

import random
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import Engine

from tests.samples.storage_cases import START, case, hex_id, open_work, stored_file
from triage_app.domain.case import Case, Letter
from triage_app.domain.checklists import SevenPoint, SevenPointChecklist, StolzAbcd
from triage_app.domain.context import Laterality, Sex, Site, SkinType
from triage_app.domain.files import FileKind
from triage_app.domain.lesion import BodyView, Lesion, MapPoint, Move, RiskFactor
from triage_app.domain.outcome import Outcome, OutcomeMethod, Withdrawal
from triage_app.domain.pathology import Pathology
from triage_app.domain.reading import (
    GIVEN_LEVELS,
    Confidence,
    Disposition,
    Impression,
    ImpressionDiagnosis,
    NextStep,
    Reveal,
    RevealCause,
    StepEnd,
    StepKind,
    Verdict,
)
from triage_app.domain.site import PatientRecord
from triage_app.domain.triage import Level

PEOPLE = ("a1" * 16, "a2" * 16, "system", "Straße=1+1")
DAY = date(2026, 4, 1)


def later(rng: random.Random) -> timedelta:
    """Some time, to the microsecond."""
    return timedelta(seconds=rng.randint(0, 10**7), microseconds=rng.randint(0, 999_999))


def impression(rng: random.Random) -> Impression:
    """An impression, with or without the rules."""
    abcd = StolzAbcd(rng.randint(0, 2), rng.randint(0, 8), rng.randint(1, 6), rng.randint(1, 5))
    seen = SevenPointChecklist(frozenset(p for p in SevenPoint if rng.random() < 0.3))
    return Impression(
        id=hex_id(rng),
        at=START + later(rng),
        by=rng.choice(PEOPLE),
        diagnosis=rng.choice(list(ImpressionDiagnosis)),
        level=rng.choice(GIVEN_LEVELS),
        confidence=rng.choice(list(Confidence)),
        blinded=rng.random() < 0.5,
        abcd=rng.choice([None, abcd]),
        seven_point=rng.choice([None, seen, SevenPointChecklist(frozenset())]),
    )


def verdict(rng: random.Random, **changes: object) -> Verdict:
    """A verdict; whether it is a sensible one is not asked here."""
    made = Verdict(
        id=hex_id(rng),
        at=START + later(rng),
        by=rng.choice(PEOPLE),
        found=rng.choice(list(Level)),
        level=rng.choice(list(Level)),
        agrees=rng.random() < 0.5,
        disposition=rng.choice(list(Disposition)),
        reason=rng.choice(["", "Grows.\n'); DROP TABLE verdicts; --"]),
        due=rng.choice([None, DAY + timedelta(days=rng.randint(0, 700))]),
        note=rng.choice(["", "سارة 👩🏽‍⚕️"]),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def step(rng: random.Random, of: Verdict, **changes: object) -> NextStep:
    """An open step, or one that has ended."""
    made = NextStep(
        id=hex_id(rng),
        kind=rng.choice(list(StepKind)),
        owner=rng.choice(PEOPLE),
        due=DAY + timedelta(days=rng.randint(0, 60)),
        opened_at=of.at,
        verdict_id=of.id,
    )
    if rng.random() < 0.5:
        end = rng.choice(list(StepEnd))
        made = replace(
            made, ended_at=START + later(rng), ended_by=PEOPLE[0], end=end, end_note="Called."
        )
    return replace(made, **changes)  # type: ignore[arg-type]


def outcome(rng: random.Random, **changes: object) -> Outcome:
    """An outcome, with or without the pathologist's document; a quarter of them withdrawn."""
    document = stored_file(rng, FileKind.PATHOLOGY, START)
    made = Outcome(
        id=hex_id(rng),
        at=START + later(rng),
        by=rng.choice(PEOPLE),
        method=rng.choice(list(OutcomeMethod)),
        on=DAY - timedelta(days=rng.randint(0, 9999)),
        diagnosis=rng.choice([None, *Pathology]),
        breslow_mm=rng.choice([None, 0.1 + 0.2, 12.0]),
        specimen=rng.choice(["", "H/2026-1 <b>"]),
        text=rng.choice(["", "Two lines\nof a report"]),
        months=rng.randint(0, 30),
        changed=rng.random() < 0.5,
        source_key=rng.choice(["", hex_id(rng) * 2]),
        document=rng.choice([None, document]),
    )
    if made.id < "4":
        gone = Withdrawal(made.at + timedelta(hours=1), PEOPLE[3], "Of another\npatient: سارة")
        made = replace(made, withdrawal=gone)
    return replace(made, **changes)  # type: ignore[arg-type]


def without_withdrawals(one: Case) -> Case:
    """The case as a revision could hold it that knew none."""
    return replace(one, outcomes=tuple(replace(o, withdrawal=None) for o in one.outcomes))


def letter(rng: random.Random, number: int, of: Verdict) -> Letter:
    """An issued letter."""
    return Letter(hex_id(rng), number, of.at, of.id, stored_file(rng, FileKind.LETTER, of.at))


def move(rng: random.Random) -> Move:
    """Under another lesion."""
    lesions = ("", hex_id(rng), hex_id(rng))
    reason = rng.choice(["", "Filed wrongly."])
    return Move(START + later(rng), PEOPLE[1], rng.choice(lesions), rng.choice(lesions), reason)


def with_loop(rng: random.Random, one: Case) -> Case:
    """The case with something of everything, lists of zero to three."""
    verdicts = tuple(verdict(rng) for _ in range(rng.randint(0, 3)))
    return replace(
        one,
        moves=tuple(move(rng) for _ in range(rng.randint(0, 2))),
        blinded=rng.random() < 0.2,
        reveal=rng.choice([None, Reveal(one.created_at, PEOPLE[0], rng.choice([*RevealCause]))]),
        taken_by=rng.choice(["", *PEOPLE]),
        closed_at=rng.choice([None, one.created_at + later(rng)]),
        impressions=tuple(impression(rng) for _ in range(rng.randint(0, 2))),
        verdicts=verdicts,
        next_steps=tuple(step(rng, v) for v in verdicts for _ in range(rng.randint(0, 2))),
        outcomes=tuple(outcome(rng) for _ in range(rng.randint(0, 3))),
        letters=tuple(letter(rng, n, v) for n, v in enumerate(verdicts, start=1)),
    )


def looped(rng: random.Random, **changes: object) -> Case:
    """A generated case with a generated loop."""
    return with_loop(rng, case(rng, **changes))


def patient(rng: random.Random, reference: str) -> PatientRecord:
    """A record that was never stored."""
    factors = frozenset(f for f in RiskFactor if rng.random() < 0.3)
    return PatientRecord(
        reference=reference,
        birth_year=rng.choice([None, 1931, 2020]),
        sex=rng.choice([None, *Sex]),
        skin_type=rng.choice([None, *SkinType]),
        risk_factors=rng.choice([None, frozenset(), factors]),
    )


def stored_patient(engine: Engine, reference: str = "P-1") -> PatientRecord:
    """The record of a patient, made where there is none."""
    with open_work(engine) as work:
        if not work.site.patient(reference).id:
            work.site.save_patient(PatientRecord(reference))
            work.commit()
        return work.site.patient(reference)


def lesion(rng: random.Random, patient_id: str) -> Lesion:
    """A lesion, on the map or not."""
    point = MapPoint(rng.choice(list(BodyView)), rng.random(), rng.choice([0, 1, rng.random()]))
    at = START + later(rng)
    return Lesion(
        id=hex_id(rng),
        version=1,
        patient_id=patient_id,
        label=rng.choice(["A", "left shoulder", "Straße <b>"]),
        site=rng.choice(list(Site)),
        laterality=rng.choice(list(Laterality)),
        point=rng.choice([None, point]),
        created_at=at,
        updated_at=at,
    )
