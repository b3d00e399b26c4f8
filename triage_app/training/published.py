"""What a table says of each photograph, under whatever names its publisher gave the columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

from triage_app.tables.reader import Row, Table
from triage_app.training import diagnoses
from triage_app.training.diagnoses import ONE_HOT, code_of, plain_name

# Own names first, then HAM10000, the ISIC's challenges, the ISIC Archive and MILK10k.
_COLUMNS: dict[str, tuple[str, ...]] = {
    "image": (
        "image",
        "image_id",
        "image_name",
        "filename",
        "file_name",
        "file",
        "bcn_filename",
        "isic_id",
    ),
    "group": ("group",),
    "patient": ("patient_id", "patient", "subject_id"),
    "lesion": ("lesion_id", "lesion"),
    "dx_type": ("dx_type", "diagnosis_confirm_type"),
    "age": ("age", "age_approx"),
    "sex": ("sex",),
    "site": ("site", "localization", "anatom_site_general", "anatom_site_general_challenge"),
    "source": ("source", "dataset"),
    "split": ("split",),
    "kind": ("image_type",),
}
_HIERARCHIES = ("diagnosis", "iddx")
_LEVELS = 5
_ABSENT = frozenset({"", "nan", "na", "n/a", "none", "null", "-"})
_SPLITS = {"training": "train", "validation": "val", "valid": "val", "testing": "test"}
_CONFIRMED = {
    "histopathology": "histo",
    "serial imaging showing no change": "follow_up",
    "single image expert consensus": "consensus",
    "confocal microscopy with consensus dermoscopy": "confocal",
}
Diagnose = Callable[[Row], str]


@dataclass(frozen=True)
class Facts:
    """What is known of a photograph, or, where ``image`` is empty, of a lesion.

    Unknown facts are empty. ``dx``: a code, or the plain name of a diagnosis without one.
    ``table`` and ``line`` say where it stands.
    """

    image: str = ""
    group: str = ""
    patient: str = ""
    lesion: str = ""
    dx: str = ""
    nature: str = ""
    dx_type: str = ""
    age: str = ""
    sex: str = ""
    site: str = ""
    source: str = ""
    split: str = ""
    kind: str = ""
    table: str = ""
    line: int = 0


FACTS = tuple(f.name for f in fields(Facts) if f.name not in ("image", "table", "line"))


def facts_of(table: Table) -> list[Facts]:
    """One for each row; raises TableUnreadable for a table that names neither image nor lesion."""
    found = {name: _first(table, columns) for name, columns in _COLUMNS.items()}
    if not found["image"] and not found["lesion"]:
        raise table.fault(
            "No column names the photographs. It must be called image, image_id, image_name or "
            f"isic_id; there are {', '.join(table.columns)[:200]}."
        )
    diagnose = _diagnosis(table)
    return [_facts(table, row, found, diagnose) for row in table.checked_rows()]


def _first(table: Table, columns: tuple[str, ...]) -> str:
    return next((column for column in columns if column in table.columns), "")


def _facts(table: Table, row: Row, found: Mapping[str, str], diagnose: Diagnose) -> Facts:
    known = {name: given(row, column) for name, column in found.items() if column}
    if found["image"]:
        known["image"] = row.cells[found["image"]].strip()
    if found["image"] and not known["image"]:
        raise table.fault("The row names no photograph.", row.line, found["image"])
    if not found["image"] and not known["lesion"]:
        raise table.fault("The row names no lesion.", row.line, found["lesion"])
    split = known.get("split", "").casefold()
    known["split"] = _SPLITS.get(split, split)
    known["dx_type"] = _CONFIRMED.get(known.get("dx_type", "").casefold(), known.get("dx_type", ""))
    nature = given(row, "benign_malignant") or given(row, "diagnosis_1") or given(row, "iddx_1")
    return Facts(dx=diagnose(row), nature=nature, table=table.name, line=row.line, **known)


def given(row: Row, column: str) -> str:
    """A cell without the spaces around it; what programs write for nothing is nothing."""
    text = " ".join(row.cells.get(column, "").split())
    return "" if text.casefold() in _ABSENT else text


def _diagnosis(table: Table) -> Diagnose:
    """How the rows of this table state a diagnosis; one that states none gives empty text."""
    columns = set(table.columns)
    hot = [column for column in table.columns if column in ONE_HOT]
    levels = next((_levels(name) for name in _HIERARCHIES if f"{name}_1" in columns), [])
    if "dx" in columns:
        return lambda row: _named(given(row, "dx"))
    if len(hot) >= 3:
        return lambda row: _one_hot(table, row, hot)
    if {"melanoma", "seborrheic_keratosis"} <= columns:
        return lambda row: _of_2017(table, row)
    return lambda row: _stated(table, row, levels)


def _levels(name: str) -> list[str]:
    return [f"{name}_{level}" for level in range(1, _LEVELS + 1)]


def _named(text: str) -> str:
    return code_of(text) or plain_name(text)


def _stated(table: Table, row: Row, levels: list[str]) -> str:
    """From the hierarchy, else from the one name, else whether it is benign or malignant."""
    found = diagnoses.of_hierarchy([given(row, level) for level in levels])
    name = plain_name(given(row, "diagnosis"))
    if name and name != "unknown" and not code_of(found):
        found = _named(name)
    nature = plain_name(given(row, "benign_malignant"))
    if not nature and "target" in table.columns:
        nature = "malignant" if _number(table, row, "target") else "benign"
    return found or nature


def _one_hot(table: Table, row: Row, hot: list[str]) -> str:
    values = {column: _number(table, row, column) for column in hot}
    chosen = [column for column, value in values.items() if value == 1]
    if len(chosen) != 1 or any(value not in (0, 1) for value in values.values()):
        raise table.fault(
            f"One of the columns {', '.join(hot)} must be 1 and the others 0.", row.line, hot[0]
        )
    return ONE_HOT[chosen[0]]


def _of_2017(table: Table, row: Row) -> str:
    """ISIC 2017: what is neither melanoma nor seborrhoeic keratosis is a naevus."""
    melanoma, keratosis = (
        _number(table, row, column) for column in ("melanoma", "seborrheic_keratosis")
    )
    if melanoma and keratosis:
        raise table.fault("A lesion cannot be both.", row.line, "melanoma")
    return "mel" if melanoma else "bkl" if keratosis else "nv"


def _number(table: Table, row: Row, column: str) -> float:
    """A number with point or comma; raises TableUnreadable for anything else."""
    try:
        return float(row.cells[column].strip().replace(",", "."))
    except ValueError:
        raise table.fault(f"{row.cells[column][:20]!r} is no number.", row.line, column) from None
