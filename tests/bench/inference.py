"""The network against Keras and against the processor's own rate, and a file's way to JSON."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from tests.bench.budget import Budget
from tests.bench.harness import (
    REPORTED,
    Row,
    Work,
    at_most_times,
    compare,
    compare_measured,
    milliseconds,
    times_faster,
)
from tests.bench.keras_reference import Call, KerasNetwork, KerasReference
from tests.samples import golden, images
from triage_app.config import Settings
from triage_app.domain.context import NO_CONTEXT
from triage_app.domain.diagnosis import CONCERN
from triage_app.domain.triage import Policy
from triage_app.imaging.decoding.pool import DecoderPool
from triage_app.imaging.intake import IntakeLimits, decode
from triage_app.inference import heatmap
from triage_app.inference.card import COMPETENCE_FILE, WEIGHTS_FILE, load_card
from triage_app.inference.classifier import Classifier
from triage_app.inference.competence import read_detector
from triage_app.inference.head import read_head
from triage_app.inference.preprocessing import model_input
from triage_app.inference.runtime import Network
from triage_app.services.images.assessment import Assessor
from triage_app.services.images.summary import result_json
from triage_app.wiring.model import in_service, newest_model

ROWS = 6
ROUNDS, FEW_ROUNDS = 15, 7
MATRIX_SIDE = 2048
ONE_VIEW = "one view: probabilities and heatmap, image in memory"
WHOLE = "file to JSON: 600x450 JPEG, decode, quality, 4 views, heatmap, decision"


def photograph() -> bytes:
    """A drawn 600x450 JPEG that the shipped model assesses, and that gets an overlay."""
    lesion = Image.fromarray(golden.veiled(6)).resize((450, 450))
    beside = np.pad(np.asarray(lesion), ((0, 0), (75, 75), (0, 0)), mode="reflect")
    return images.encoded(beside, quality=92)


def rows(budget: Budget) -> Iterator[Row]:
    """Rows of one view, then of a whole file."""
    folder = newest_model()
    reference = KerasReference(folder, load_card(folder).input.size)
    shares = budget.split(ROWS)
    yield from _one_view(folder, reference, shares)
    yield from _whole_file(folder, reference, shares)


def _one_view(folder: Path, reference: KerasReference, shares: Iterator[Budget]) -> Iterator[Row]:
    weights = (folder / WEIGHTS_FILE).read_bytes()
    network, kernel = Network(weights), read_head(weights).kernel
    diagnoses = load_card(folder).diagnoses
    crop = decode(photograph(), IntakeLimits()).crop
    view = model_input(crop, reference.size)

    def ours() -> None:
        outputs = network.forward(view)
        heatmap.grad_cam(outputs.feature_map[0], kernel, outputs.logits[0], CONCERN, diagnoses)

    def keras() -> None:
        reference.predict(view)
        reference.grad_cam(view)

    yield compare(
        ONE_VIEW,
        "Keras predict and eager GradientTape Grad-CAM",
        keras,
        ours,
        target=times_faster(20),
        rounds=ROUNDS,
        budget=next(shares),
    )
    yield _against_the_processor(reference.multiply_adds, ours, next(shares))


def _against_the_processor(multiply_adds: int, ours: Work, budget: Budget) -> Row:
    matrix = np.random.default_rng(0).random((MATRIX_SIDE, MATRIX_SIDE), np.float32)

    def floor() -> float:
        return milliseconds(lambda: matrix @ matrix) * multiply_adds / MATRIX_SIDE**3

    return compare_measured(
        ONE_VIEW,
        "its multiply-adds at the rate of a float32 matrix product",
        floor,
        lambda: milliseconds(ours),
        target=at_most_times(2.5),
        rounds=ROUNDS,
        budget=budget,
        note=f"{multiply_adds / 1e6:.0f} million multiply-adds in convolutions and dense layers; "
        f"the product of two {MATRIX_SIDE} x {MATRIX_SIDE} matrices takes "
        f"{MATRIX_SIDE**3 / 1e9:.1f} thousand million.",
    )


def _whole_file(folder: Path, reference: KerasReference, shares: Iterator[Budget]) -> Iterator[Row]:
    data, settings = photograph(), Settings.from_env({})
    with DecoderPool(IntakeLimits()) as decoder:

        def to_json(classifier: Classifier) -> Work:
            """The pipeline with this classifier; everything else is the same for all."""
            assessor = Assessor(decoder, in_service(classifier, settings), "", Policy(0.5, 0.5))
            return lambda: _json(assessor, data)

        def keras(call: Call, **options: bool) -> Work:
            network = KerasNetwork(reference, call, **options)
            return to_json(_in_place_of_the_network(folder, network))

        ours = to_json(Classifier.load(folder))
        yield compare(
            WHOLE,
            "the same with Keras eager",
            keras(reference.eager),
            ours,
            target=times_faster(15),
            rounds=ROUNDS,
            budget=next(shares),
            note="The same code from file to JSON, decoder's process and drawing included, with "
            "Keras in the network's place: called eagerly on the batch of four views, and an eager "
            "GradientTape Grad-CAM of the first.",
        )
        beside = {
            "with Keras eager, view by view": keras(reference.eager, at_once=False),
            "with Keras eager, heatmap in closed form": keras(reference.eager, taped=False),
            "with Keras predict": keras(reference.predict),
        }
        for name, work in beside.items():
            yield compare(
                WHOLE,
                f"the same {name}",
                work,
                ours,
                target=REPORTED,
                rounds=FEW_ROUNDS,
                budget=next(shares),
            )


def _in_place_of_the_network(folder: Path, network: KerasNetwork) -> Classifier:
    head = read_head((folder / WEIGHTS_FILE).read_bytes())
    detector = read_detector((folder / COMPETENCE_FILE).read_bytes())
    return Classifier(load_card(folder), network, head, detector)  # type: ignore[arg-type]


def _json(assessor: Assessor, data: bytes) -> str:
    assessment = assessor.assess(data, NO_CONTEXT)
    if assessment.overlay_png is None:
        raise RuntimeError("the photograph got no overlay, so that less than all was measured")
    return json.dumps(result_json(Path("photograph.jpg"), assessment, NO_CONTEXT))
