"""What the generated cases hold: shares, spans and words of a made-up clinic, repeatable by seed.

The parts that hang together (findings, level, reasons, context) come from a few thousand cases that
the program's own rule decided; which case gets which of them, when, whose and what became of it is
drawn anew for each.
"""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import numpy as np

from tests.samples.storage_cases import POLICY, hex_id
from triage_app.domain.case import Analysis, Case, CaseDetails, CaseState, ModelIdentity
from triage_app.domain.context import ClinicalContext, RedFlag, Sex, Site, SkinType
from triage_app.domain.diagnosis import CLASS_OF, Diagnosis, FindingClass
from triage_app.domain.findings import Competence, EvidenceLocation, Findings, OverlayEvidence
from triage_app.domain.quality import Grade, ImageQuality, QualityFinding
from triage_app.domain.trail import START as TRAIL_START
from triage_app.domain.triage import Evidence, Level, decide
from triage_app.storage.records.cases import analysis_values, case_values
from triage_app.storage.records.folding import fold, searchable

END = datetime(2026, 11, 1, 17, tzinfo=UTC)
DAYS = 3652
"""Ten years up to END, whether few cases or many."""

SHARES = {Level.URGENT: 0.04, Level.CANNOT_ASSESS: 0.05, Level.REVIEW: 0.28, Level.ROUTINE: 0.63}
TEMPLATES = 600  # for each level
CLINICIANS = tuple(f"c{n:031x}" for n in range(8))
PHOTOGRAPHERS = tuple(f"f{n:031x}" for n in range(4))
MODELS = (
    ModelIdentity("mobilenet_v1-dermoscopy", "1.0.0", "ab" * 32),
    ModelIdentity("mobilenet_v1-dermoscopy", "1.1.0", "cd" * 32),
    ModelIdentity("mobilenet_v2-dermoscopy", "2.0.0", "ef" * 32),
)

COMMON, UNCOMMON, RARE = "naevus", "pruritus", "quagga"
"""Words in the notes of about 1 case in 7, of 1 in 360, and of RARE_CASES of them."""
RARE_CASES = 12
OPENINGS = ("brown", "new", "itching", "flat", "raised", "older", "pale", "bleeding", "scaly")
NOUNS = (COMMON, COMMON, "patch", "papule", "keratosis", "mole", "spot", "nodule")
REST = ("since spring", "left side", "grown a little", "seen by GP", "on sun-exposed skin", "")
QUESTIONS = ("", "", "", "", "excise?", "change since last year?", "second opinion")
DETAILS = '{"files":[],"level":"","model":"","state":""}'

Row = tuple[Any, ...]
Names = tuple[str, ...]


@dataclass(frozen=True)
class Template:
    """Raw columns that hang together, for ``cases`` and for ``analyses``."""

    case: Row
    analysis: Row


@dataclass(frozen=True)
class Templates:
    """Templates of each level in one row of lists, with the columns that they fill."""

    case_columns: Names
    analysis_columns: Names
    of_level: dict[Level, list[Template]]


def templates(rng: random.Random) -> Templates:
    """So many of each level as drawn evidence gives, until each has its number."""
    found: dict[Level, list[Template]] = {level: [] for level in Level}
    case_columns: Names = ()
    analysis_columns: Names = ()
    while any(len(some) < TEMPLATES for some in found.values()):
        one = _decided(rng)
        some = found[one.analysis.decision.level]
        if len(some) < TEMPLATES:
            shown, analysed = _shown(one), _raw(analysis_values(one.analysis))
            del analysed["id"], analysed["created_at"]
            case_columns, analysis_columns = tuple(shown), tuple(analysed)
            some.append(Template(tuple(shown.values()), tuple(analysed.values())))
    return Templates(case_columns, analysis_columns, found)


def _decided(rng: random.Random) -> Case:
    about, found = _context(rng), drawn_evidence(rng)
    analysis = Analysis(
        id=hex_id(rng),
        created_at=END,
        evidence=found,
        decision=decide(found, about, POLICY),
        model=rng.choice(MODELS),
        operating_points={"rule_out": {"value": 0.15}, "rule_in": {"value": 0.6}},
        limits_of_use=("Dermoscopic images only.",),
        timings={"decode": 7.0, "classify": 13.0},
        app_version="0.4.0",
    )
    details = CaseDetails(context=about)
    return Case(hex_id(rng), 1, CaseState.FILED, END, END, details, analysis, {})


def _context(rng: random.Random) -> ClinicalContext:
    """Mostly reassuring answers, at times one that is not."""
    return ClinicalContext(
        age=rng.choice((None, 15, *range(25, 85))),
        sex=rng.choice(list(Sex)),
        skin_type=rng.choice((SkinType.I, SkinType.II, SkinType.III)),
        site=rng.choice((Site.BACK, Site.BACK, *Site)),
        red_flags=frozenset(f for f in RedFlag if rng.random() < 0.01),
        dermoscopic=True,
    )


def drawn_evidence(rng: random.Random) -> Evidence:
    """Sharp pictures mostly, one diagnosis ahead of the others."""
    ahead, sure = rng.choice((Diagnosis.NV, Diagnosis.NV, *Diagnosis)), rng.choice((2, 20, 80))
    weights = {d: rng.expovariate(1) + (sure if d is ahead else 0) for d in Diagnosis}
    shares = {d: weight / sum(weights.values()) for d, weight in weights.items()}
    grade = rng.choices(list(Grade), (18, 2, 1))[0]
    benign = CLASS_OF[ahead] is FindingClass.BENIGN
    return Evidence(
        findings=Findings(shares),
        prediction_set=frozenset({CLASS_OF[ahead]} if sure > 2 else FindingClass),
        quality=ImageQuality((QualityFinding("sharpness", "Sharpness", grade, 9.0, 5.0, ""),)),
        competence=Competence(rng.random(), 0.98),
        overlay=OverlayEvidence(
            "malignant_or_suspicious",
            EvidenceLocation.NONE if benign else EvidenceLocation.CENTRE,
            None if benign else 0.8,
        ),
    )


def _shown(one: Case) -> dict[str, Any]:
    names = "age sex skin_type site laterality red_flags dermoscopic level risk_rank risk_score"
    names += " leading_class p_benign p_suspicious p_malignant"
    raw = _raw(case_values(one))
    return {name: raw[name] for name in names.split()}


def _raw(values: dict[str, Any]) -> dict[str, Any]:
    """As SQLite keeps them."""
    return {
        name: json.dumps(value, separators=(",", ":")) if isinstance(value, list | dict) else value
        for name, value in values.items()
    }


@dataclass(frozen=True)
class Plan:
    """What each case is, in the order of storing; arrays of the same length."""

    ids: Sequence[str]
    when: Sequence[str]  # as stored
    patient: np.ndarray
    level: Sequence[Level]
    draw: np.ndarray  # float64, 0 to 1, decides what else happened
    recent: np.ndarray  # float64, share of all cases that came later


def plan(count: int, seed: int) -> Plan:
    """Times are those of working hours; one in fifty was stored after a later one."""
    rng = np.random.default_rng(seed)
    day = np.sort(rng.integers(0, DAYS, count))
    times = day * 86_400_000_000 + rng.integers(7 * 3600, 17 * 3600, count) * 1_000_000
    times = np.sort(times + rng.integers(0, 1_000_000, count))
    start = END - timedelta(days=DAYS)
    at = times + int(start.replace(hour=0).timestamp()) * 1_000_000
    late = rng.integers(0, max(count - 1, 1), count // 50)
    at[late], at[late + 1] = at[late + 1], at[late].copy()
    digits = rng.bytes(16 * count).hex()
    levels = list(SHARES)
    return Plan(
        ids=[digits[n : n + 32] for n in range(0, 32 * count, 32)],
        when=[when.replace("T", " ") for when in np.datetime_as_string(at.astype("M8[us]"))],
        patient=rng.integers(0, max(count // 4, 1), count),
        level=[levels[n] for n in rng.choice(len(levels), count, p=list(SHARES.values()))],
        draw=rng.random(count),
        recent=1 - (np.arange(count) + 1) / count,
    )


CASE_COLUMNS: Names = (
    *("row_id", "id", "version", "state", "created_at", "updated_at", "filed_at", "deleted_at"),
    *("batch_id", "patient_reference", "patient_key", "lesion_label", "note"),
    *("clinical_question", "search_text", "uploaded_by", "taken_by", "reviewed_at"),
)


def reference(number: int) -> str:
    """Of a patient."""
    return f"P-{number:07d}"


def cases(made: Plan, known: Templates, seed: int) -> Iterator[Row]:
    """Rows of ``cases``: CASE_COLUMNS, then those of the templates.

    One in a hundred is in the bin; of the newest hundredth most are drafts, of the newest fiftieth
    most are unread; a few older ones are, too.
    """
    rng = random.Random(seed)
    texts = _texts(rng)
    rare = set(rng.sample(range(len(made.ids)), min(RARE_CASES, len(made.ids))))
    columns = (made.patient.tolist(), made.draw.tolist(), made.recent.tolist())
    for number, (case_id, level, when, patient, draw, recent) in enumerate(
        zip(made.ids, made.level, made.when, *columns, strict=True)
    ):
        draft = draw < (0.7 if recent < 0.01 else 0.002)
        unread = draft or draw < (0.75 if recent < 0.02 else 0.004)
        note, question, folded = rng.choice(texts)
        if number in rare:
            note, folded = f"{note} {RARE}", searchable(f"{note} {RARE}", question)
        name = reference(patient)
        yield (
            number + 1,
            case_id,
            1 if unread else 3,
            "draft" if draft else "filed",
            when,
            when,
            None if draft else when,
            when if draw > 0.99 else None,
            f"{number // 40:032x}" if number // 40 % 3 == 0 else None,
            name,
            fold(name),
            f"L{patient % 4 + 1}",
            note,
            question,
            folded,
            PHOTOGRAPHERS[patient % 4] if draw < 0.8 else CLINICIANS[patient % 8],
            CLINICIANS[number % 8] if unread and number % 3 == 0 else "",
            None if unread else when,
            *known.of_level[level][number % TEMPLATES].case,
        )


def _texts(rng: random.Random) -> list[tuple[str, str, str]]:
    """Notes and questions with their folded form; two in five cases have neither."""
    made = []
    for number in range(6_000):
        if number % 5 < 2:
            made.append(("", "", searchable("", "")))
            continue
        words = [rng.choice(OPENINGS), rng.choice(NOUNS), rng.choice(REST)]
        if number % 300 == 2:
            words.append(UNCOMMON)
        note, question = " ".join(words), rng.choice(QUESTIONS)
        made.append((note, question, searchable(note, question)))
    return made


def analyses(made: Plan, known: Templates) -> Iterator[Row]:
    """Rows of ``analyses``: id, case, number, time, then the columns of the templates."""
    for number, (case_id, level, when) in enumerate(
        zip(made.ids, made.level, made.when, strict=True)
    ):
        template = known.of_level[level][number % TEMPLATES]
        yield (case_id[::-1], case_id, 1, when, *template.analysis)


def events(made: Plan) -> Iterator[Row]:
    """Rows of ``trail``, chained: each case analysed, one in four filed, one in a thousand binned.

    The details name neither files nor states.
    """
    previous, number = TRAIL_START, 0
    quoted = json.dumps(DETAILS)
    for case, (case_id, when) in enumerate(zip(made.ids, made.when, strict=True)):
        for action, actor in _happened(case):
            number += 1
            stated = (
                f'[{number},"{when[:10]}T{when[11:]}+00:00","{actor}","{action}","{case_id}",'
                f'{quoted},"{previous}"]'
            )
            digest = sha256(stated.encode()).hexdigest()
            yield (number, when, actor, action, case_id, DETAILS, previous, digest)
            previous = digest


def _happened(case: int) -> list[tuple[str, str]]:
    some = [("case_analysed", PHOTOGRAPHERS[case % 4])]
    if case % 4 == 0:
        some.append(("case_filed", CLINICIANS[case // 4 % 8]))
    if case % 1000 == 0:
        some.append(("case_binned", CLINICIANS[case // 1000 % 7]))
    return some
