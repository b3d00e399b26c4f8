"""The hidden truth, written beside the database so that results can be held against it."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from triage_app.demo.known import Known
from triage_app.domain.pathology import PROOF_OF

TRUTH_FILE = "truth.json"


def write_truth(
    folder: Path, known: Sequence[Known], *, seed: int, start: datetime, end: datetime
) -> None:
    """Write ``truth.json``: every lesion with what it is and the cases that show it."""
    truth = {
        "synthetic": True,
        "seed": seed,
        "from": start.isoformat(),
        "to": end.isoformat(),
        "lesions": [_lesion(lesion) for lesion in known],
    }
    text = json.dumps(truth, indent=1, ensure_ascii=False)
    (folder / TRUTH_FILE).write_text(text + "\n", encoding="utf-8")


def _lesion(known: Known) -> dict[str, Any]:
    truth = known.truth
    return {
        "patient_reference": known.patient.reference,
        "lesion": known.lesion_id,
        "kind": truth.drawn.kind.value,
        "pathology": truth.pathology.value,
        "proof": PROOF_OF[truth.pathology].value,
        "breslow_mm": truth.breslow_mm,
        "growth_mm_a_year": round(truth.drawn.growth, 2),
        "cases": list(known.cases),
    }
