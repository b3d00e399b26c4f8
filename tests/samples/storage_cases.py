"""Generated cases for the storage tests: every field varies, the same seed gives the same cases."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from tests.stations.new_database import new_database
from triage_app.domain.case import Analysis, Case, CaseDetails, CaseState, ModelIdentity, Report
from triage_app.domain.context import (
    ClinicalContext,
    Laterality,
    RedFlag,
    Sex,
    Site,
    SkinType,
)
from triage_app.domain.diagnosis import Diagnosis, FindingClass
from triage_app.domain.files import FileKind, StoredFile
from triage_app.domain.findings import Competence, EvidenceLocation, Findings, OverlayEvidence
from triage_app.domain.quality import Grade, ImageQuality, QualityFinding
from triage_app.domain.triage import Evidence, Level, Policy, Reason, ReasonCode, decide
from triage_app.storage.database import migrate
from triage_app.storage.database.engine import open_engine, session_factory
from triage_app.storage.schema.base import table_of
from triage_app.storage.schema.references import ReferenceRow
from triage_app.storage.unit_of_work import SqlUnitOfWork

START = datetime(2026, 3, 1, 8, 30, 0, 123456, tzinfo=UTC)
POLICY = Policy(rule_out=0.15, rule_in=0.6, urgent_red_flags=frozenset({RedFlag.FIRM_AND_GROWING}))
DOCUMENTS = (FileKind.REPORT, FileKind.LETTER, FileKind.PATHOLOGY)
WORDS = (
    "naevus", "Melanom?", "100 %", "under_score", "Straße", "ΣΊΣΥΦΟΣ", "سارة", "שרה", "👩🏽‍⚕️",
    "<b>bold</b>", "O'Neil", '"quoted"', "a*b", "NEAR(x)", "back\\slash", "İstanbul", "痣", "\n",
)  # fmt: skip


def hex_id(rng: random.Random) -> str:
    """An id as the program makes them, but repeatable."""
    return f"{rng.getrandbits(128):032x}"


def url(path: Path) -> str:
    """The address of a database at ``path``, whatever lies there."""
    return f"sqlite:///{path}"


def older_database(path: Path, revision: str, *cases: Case) -> Path:
    """A database of an earlier revision with cases in it; they have nothing that it can't hold."""
    migrate.upgrade(url(path), revision)
    engine = open_engine(url(path))
    # The program of today lists each reference; before the eighth revision there was no list.
    listed = table_of(ReferenceRow)
    unlisted = revision < "0008"
    if unlisted:
        listed.create(engine)
    store(engine, *cases)
    if unlisted:
        listed.drop(engine)
    engine.dispose()
    return path


def database(path: Path) -> str:
    """URL of a migrated database file."""
    return new_database(path)


def open_work(engine: Engine) -> SqlUnitOfWork:
    """A unit of work on an engine."""
    return SqlUnitOfWork(session_factory(engine))


def engine_for(path: Path, busy_timeout_ms: int = 5000) -> Engine:
    """Engine of a migrated database file."""
    return open_engine(database(path), busy_timeout_ms=busy_timeout_ms)


def store(engine: Engine, *cases: Case) -> None:
    """Store cases in one transaction."""
    with open_work(engine) as work:
        for case in cases:
            work.cases.add(case)
        work.commit()


def stored(engine: Engine, case_id: str) -> Case:
    """A case as it is stored now."""
    with open_work(engine) as work:
        return work.cases.get(case_id)


def findings(rng: random.Random) -> Findings:
    """A probability for each diagnosis."""
    weights = [rng.expovariate(1) ** 3 + 1e-12 for _ in Diagnosis]
    total = sum(weights)
    return Findings({d: w / total for d, w in zip(Diagnosis, weights, strict=True)})


def evidence(rng: random.Random, *, strange: bool = False) -> Evidence:
    """Evidence with and without findings; ``strange`` allows figures that are not finite."""
    odd: tuple[float, ...] = (float("inf"), float("-inf"), 0.0, 1e-300) if strange else ()

    def figure() -> float:
        return rng.choice((rng.random(), rng.random(), *odd))

    refused = rng.random() < 0.25
    quality = ImageQuality(
        tuple(
            QualityFinding(
                code, code.title(), rng.choice(list(Grade)), figure(), figure(), "Retake."
            )
            for code in ("sharpness", "exposure", "contrast")[: rng.randint(0, 3)]
        )
    )
    location = rng.choice(list(EvidenceLocation))
    share = None if location is EvidenceLocation.NONE else figure()
    parts = {
        "findings": findings(rng),
        "prediction_set": frozenset(c for c in FindingClass if rng.random() < 0.4),
        "quality": quality,
        "competence": Competence(figure(), figure()),
        "overlay": OverlayEvidence("malignant_or_suspicious", location, share),
    }
    if refused:
        parts = {name: value for name, value in parts.items() if rng.random() < 0.5}
        reason = Reason(ReasonCode.MODEL_UNAVAILABLE, Level.CANNOT_ASSESS, "No model in service.")
        return Evidence(**parts, refusal=reason)  # type: ignore[arg-type]
    return Evidence(**parts)  # type: ignore[arg-type]


def context(rng: random.Random) -> ClinicalContext:
    """Answers, some not given."""
    flags = frozenset(f for f in RedFlag if rng.random() < 0.2)
    return ClinicalContext(
        age=rng.choice([None, 0, 17, 44, 120]),
        sex=rng.choice([None, *Sex]),
        skin_type=rng.choice([None, *SkinType]),
        site=rng.choice([None, *Site]),
        laterality=rng.choice([None, *Laterality]),
        red_flags=rng.choice([None, frozenset(), flags]),
        dermoscopic=rng.choice([None, True, True, True, False]),
    )


def stored_file(rng: random.Random, kind: FileKind, when: datetime) -> StoredFile:
    """Row of a file that does not exist on disk."""
    original = kind is FileKind.ORIGINAL
    return StoredFile(
        id=hex_id(rng),
        kind=kind,
        sha256=hex_id(rng) * 2,
        size=rng.randint(1, 40_000_000),
        media_type="image/jpeg",
        created_at=when,
        width=rng.choice([None, 600]),
        height=rng.choice([None, 450]),
        source_name=rng.choice(["lesion.jpg", "سارة (1).HEIC", ""]) if original else "",
    )


def analysis(rng: random.Random, about: ClinicalContext, when: datetime) -> Analysis:
    """What the software might have found."""
    found = evidence(rng)
    return Analysis(
        id=hex_id(rng),
        created_at=when,
        evidence=found,
        decision=decide(found, about, POLICY),
        model=rng.choice([None, ModelIdentity("mobilenet_v1-dermoscopy", "1.0.0", "ab" * 32)]),
        operating_points={
            "rule_out": {"value": 0.15, "interval": [0.1, 0.2], "per": {"mel": None}}
        },
        limits_of_use=("Dermoscopic images only.", "Not for nails — ever."),
        timings={"decode": rng.random() * 100, "classify": 7.25},
        app_version="0.1.0",
        image_notes=rng.choice([(), ("CMYK converted to RGB",)]),
    )


def report(rng: random.Random, number: int, when: datetime) -> Report:
    """An issued report."""
    file = stored_file(rng, FileKind.REPORT, when)
    return Report(hex_id(rng), number, when, file, hex_id(rng) * 2)


def case(rng: random.Random, **changes: object) -> Case:
    """A case; ``changes`` replaces fields of Case or of CaseDetails."""
    when = START + timedelta(seconds=rng.randint(0, 40) * 21_600, microseconds=rng.randint(0, 3))
    about = context(rng)
    details = {
        "patient_reference": f"{rng.choice(['ab', 'AB', 'Straße', 'Ä'])}-{rng.randint(1, 99)}",
        "lesion_label": rng.choice(["", "L1", "left shoulder"]),
        "context": about,
        "note": " ".join(rng.sample(WORDS, rng.randint(0, 6))),
        "clinical_question": " ".join(rng.sample(WORDS, rng.randint(0, 2))),
    }
    kinds = [k for k in FileKind if k not in DOCUMENTS and rng.random() < 0.8]
    values = {
        "id": hex_id(rng),
        "version": 1,
        "state": rng.choice(list(CaseState)),
        "created_at": when,
        "updated_at": when + timedelta(microseconds=1),
        "details": None,
        "analysis": analysis(rng, about, when),
        "files": {kind: stored_file(rng, kind, when) for kind in kinds},
        "reports": tuple(report(rng, n, when) for n in range(1, rng.randint(1, 3))),
        "filed_at": rng.choice([None, when]),
        "deleted_at": when if rng.random() < 0.1 else None,
        "batch_id": rng.choice([None, "b1" * 16, "b2" * 16]),
        "uploaded_by": rng.choice(["", "c1" * 16, "c2" * 16]),
    }
    for name, value in changes.items():
        (values if name in values else details)[name] = value
    values["details"] = CaseDetails(**details)  # type: ignore[arg-type]
    return Case(**values)  # type: ignore[arg-type]
