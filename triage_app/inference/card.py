"""The model card ``card.json``: every fact about a model beside its weights.

A card and its files are used together or not at all: an unknown schema, a missing key, other
labels or a file whose SHA-256 differs refuses the model (``ModelRefused``), because figures and
operating points belong to exactly these weights.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from triage_app.domain.diagnosis import KNOWN_LISTS, Diagnosis, FindingClass
from triage_app.domain.errors import ModelRefused
from triage_app.inference.jsonread import JsonMismatch, build, parse
from triage_app.inference.preprocessing import SCALING, check_views
from triage_app.inference.repeatability import MeasuredRepeatability

SCHEMA = 1
CARD_FILE = "card.json"
WEIGHTS_FILE = "model.tflite"
KERAS_FILE = "model.keras"
COMPETENCE_FILE = "competence.npz"
WHOLE_FIELD, LIT_FIELD = "whole", "lit"
FIELDS = (WHOLE_FIELD, LIT_FIELD)
GATE_FILE = "gate.npz"
REQUIRED_FILES = frozenset({WEIGHTS_FILE, COMPETENCE_FILE})
LABELS: tuple[str, ...] = tuple(d.value for d in Diagnosis)
_LABEL_LISTS = tuple(tuple(d.value for d in known) for known in KNOWN_LISTS)
CLASSES: tuple[str, ...] = tuple(c.value for c in FindingClass)
CALIBRATION_METHOD = "temperature_bias"
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)


@dataclass(frozen=True)
class Rate:
    """A measured share in [0, 1] with its 95 % interval and the number of images behind it."""

    value: float
    low: float
    high: float
    n: int

    def __post_init__(self) -> None:
        _require(0 <= self.low <= self.value <= self.high <= 1, "a rate must lie in its interval")
        _require(self.n > 0, "a rate needs at least one image; leave it out instead")


@dataclass(frozen=True)
class Input:
    """What the network expects: side in px, channel order, and scaling of values 0 to 255.

    ``field``: "whole" for the central square of the picture, as models of the first edition saw it,
    or "lit" for the square inside the lit field of the dermatoscope.
    """

    size: int
    channels: str
    scaling: str
    field: str = WHOLE_FIELD

    def __post_init__(self) -> None:
        _require(32 <= self.size <= 1024, "the input size must be from 32 to 1024 px")
        _require(self.channels == "RGB", "the channels must be RGB")
        _require(self.scaling == SCALING, f'the scaling must be "{SCALING}"')
        _require(self.field in FIELDS, f"the field must be one of {', '.join(FIELDS)}")


@dataclass(frozen=True)
class Licence:
    """Licence of the weights and the attribution that it asks for."""

    id: str
    attribution: str


@dataclass(frozen=True)
class SplitSize:
    """Number of images and of lesion groups in one split."""

    images: int
    groups: int


@dataclass(frozen=True)
class Data:
    """What the model was trained and measured on; ``sha256`` names the labels and pixels."""

    train: SplitSize
    val: SplitSize
    test: SplitSize
    sha256: str
    description: str


@dataclass(frozen=True)
class Calibration:
    """Posterior = softmax(mean logits over views / temperature + bias).

    ``bias`` has an entry for each label.
    """

    method: str
    temperature: float
    bias: tuple[float, ...]

    def __post_init__(self) -> None:
        _require(self.method == CALIBRATION_METHOD, f"the method must be {CALIBRATION_METHOD}")
        _require(self.temperature > 0, "the temperature must be above 0")


@dataclass(frozen=True)
class OperatingPoint:
    """One threshold on a probability, and what was measured there.

    ``value`` in (0, 1), ``interval`` its 95 % bootstrap interval; ``sensitivity_by_diagnosis``
    leaves out a diagnosis that was not measured; ``prevalence`` in (0, 1) of the positives.
    """

    score: str
    value: float
    interval: tuple[float, float]
    sensitivity: Rate
    specificity: Rate
    sensitivity_by_diagnosis: Mapping[str, Rate]
    measured_on: str
    prevalence: float

    def __post_init__(self) -> None:
        _require(0 < self.value < 1, "an operating point must lie strictly between 0 and 1")
        low, high = self.interval
        _require(0 <= low <= high <= 1, "the interval of an operating point must lie in 0 to 1")
        _require(set(self.sensitivity_by_diagnosis) <= set(LABELS), "unknown diagnosis")
        _require(0 < self.prevalence < 1, "the prevalence must lie strictly between 0 and 1")


@dataclass(frozen=True)
class OperatingPoints:
    """``rule_out`` on P(malignant)+P(suspicious), ``rule_in`` on P(melanoma)."""

    rule_out: OperatingPoint
    rule_in: OperatingPoint


@dataclass(frozen=True)
class Conformal:
    """Prediction set: class c is a member when P(c) >= thresholds[c].

    ``alpha`` is the intended miss rate; ``coverage`` holds what was measured.
    """

    classes: tuple[str, ...]
    thresholds: Mapping[str, float]
    alpha: float
    coverage: Mapping[str, Any]

    def __post_init__(self) -> None:
        _require(self.classes == CLASSES, f"the classes must be {', '.join(CLASSES)}")
        _require(set(self.thresholds) == set(CLASSES), "each class needs a threshold")
        _require(all(0 <= t <= 1 for t in self.thresholds.values()), "a threshold is out of 0 to 1")
        _require(0 < self.alpha < 1, "alpha must lie strictly between 0 and 1")


@dataclass(frozen=True)
class CompetenceLimit:
    """Detector of unlike images, above ``limit``; ``refused_val`` is the share of val above it.

    Such images are refused by a model without a gate, and called unfamiliar by one with a gate.
    """

    method: str
    limit: float
    refused_val: float

    def __post_init__(self) -> None:
        _require(self.limit > 0, "the limit of the competence detector must be above 0")


@dataclass(frozen=True)
class DermoscopyGate:
    """What is no dermoscopic image is refused: below ``limit`` in (0, 1) of the gate's certainty.

    ``refused`` holds the shares that were refused, measured on images that the gate did not learn
    from: of dermoscopic images by source, and of other pictures by kind.
    """

    method: str
    limit: float
    refused: Mapping[str, Rate]

    def __post_init__(self) -> None:
        _require(0 < self.limit < 1, "the limit of the gate must lie strictly between 0 and 1")


@dataclass(frozen=True)
class ModelCard:
    """All of ``card.json``; the keys of the file are the fields. ValueError when it contradicts.

    ``files`` maps the name of each file beside the card to its SHA-256 in lower-case hex.
    ``training`` and ``measured`` are free-form (run settings, figures by split). ``repeatability``
    is absent where it was not measured, ``gate`` in models of the first edition.
    """

    schema: int
    name: str
    version: str
    architecture: str
    created: str
    input: Input
    labels: tuple[str, ...]
    files: Mapping[str, str]
    licence: Licence
    data: Data
    training: Mapping[str, Any]
    views: tuple[str, ...]
    calibration: Calibration
    operating_points: OperatingPoints
    conformal: Conformal
    competence: CompetenceLimit
    measured: Mapping[str, Any]
    limits_of_use: tuple[str, ...]
    repeatability: MeasuredRepeatability | None = None
    gate: DermoscopyGate | None = None

    def __post_init__(self) -> None:
        _require(self.schema == SCHEMA, f"this version reads card schema {SCHEMA} only")
        _require(all((self.name, self.version, self.architecture)), "a name or version is empty")
        _require(
            self.labels in _LABEL_LISTS,
            f"the labels must be {', '.join(LABELS)}, in this order, or the same without scc",
        )
        entries = len(self.calibration.bias)
        _require(entries == len(self.labels), "the bias needs one entry for each diagnosis")
        needed = REQUIRED_FILES | ({GATE_FILE} if self.gate is not None else set())
        missing = needed - set(self.files)
        _require(not missing, f"no SHA-256 is given for {', '.join(sorted(missing))}")
        for name, digest in self.files.items():
            _require(bool(_FILE_NAME.fullmatch(name)), "a file's name is not a plain name")
            _require(bool(_SHA256.fullmatch(digest)), f"the SHA-256 of {name} is malformed")
        check_views(self.views)
        _require(bool(self.limits_of_use), "the limits of use are missing")

    @property
    def diagnoses(self) -> tuple[Diagnosis, ...]:
        """The labels as diagnoses, in the order of the network's outputs."""
        return tuple(Diagnosis(label) for label in self.labels)

    @property
    def weights_sha256(self) -> str:
        """SHA-256 of the LiteRT file that serves."""
        return self.files[WEIGHTS_FILE]


def load_card(folder: Path) -> ModelCard:
    """Read ``folder/card.json`` and verify every file that it names.

    Raises ModelRefused with a sentence when the card or a file is missing or differs.
    """
    card = read_card(folder / CARD_FILE)
    for name in card.files:
        read_verified(card, folder, name)
    return card


def read_card(path: Path) -> ModelCard:
    """Read a card without looking at the files beside it. Raises ModelRefused."""
    try:
        parsed = parse(path.read_text(encoding="utf-8"))
        if isinstance(parsed, dict) and parsed.get("schema", SCHEMA) != SCHEMA:
            raise JsonMismatch(f"this version reads card schema {SCHEMA} only")
        return build(ModelCard, parsed)
    except FileNotFoundError as error:
        raise ModelRefused(
            f"The model card {path.name} is missing. Install the model again."
        ) from error
    except OSError as error:
        raise ModelRefused(
            f"The model card cannot be read ({error.strerror}). Check the folder's permissions."
        ) from error
    except UnicodeDecodeError as error:
        raise ModelRefused("The model card is not a text file. Install the model again.") from error
    except JsonMismatch as error:
        raise ModelRefused(f"The model card cannot be used: {error}.") from error


def read_verified(card: ModelCard, folder: Path, name: str) -> bytes:
    """Bytes of one file of the model, exactly those that the card's SHA-256 names.

    Returning the bytes that were hashed leaves no moment in which the file could be exchanged.
    Raises ModelRefused when the file is missing, unreadable or different.
    """
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        raise ModelRefused(
            f"The model file {name} cannot be read ({error.strerror}). Install the model again."
        ) from error
    if hashlib.sha256(content).hexdigest() != card.files[name]:
        raise ModelRefused(
            f"The model file {name} differs from its card (SHA-256). Install the model again."
        )
    return content


def file_sha256(path: Path) -> str:
    """SHA-256 of a file in lower-case hex, for writing a card. Raises OSError."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def card_dict(card: ModelCard) -> dict[str, Any]:
    """The card as JSON-ready values, in the order of the schema."""
    values = asdict(card)
    for name in ("repeatability", "gate"):
        if values[name] is None:
            del values[name]
    return values


def parse_card(value: object) -> ModelCard:
    """A card from JSON-ready values (lists or tuples); raises ModelRefused like ``read_card``."""
    try:
        return build(ModelCard, value)
    except JsonMismatch as error:
        raise ModelRefused(f"The model card cannot be used: {error}.") from error


def dump(card: ModelCard, path: Path) -> None:
    """Write a card as UTF-8 JSON; ``read_card`` gives an equal card back. Raises OSError."""
    text = json.dumps(card_dict(card), indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
