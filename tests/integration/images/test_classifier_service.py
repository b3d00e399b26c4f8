"""The classifier as it serves: from files on disk to findings, and refusals that hold."""

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.samples import images, tiny_model
from triage_app.domain.diagnosis import Diagnosis, FindingClass
from triage_app.domain.errors import ModelRefused
from triage_app.domain.findings import Findings
from triage_app.inference.card import Calibration, Conformal, dump, file_sha256, parse_card
from triage_app.inference.classifier import Classifier, findings_of, prediction_set_of
from triage_app.inference.competence import Detector, save_detector
from triage_app.inference.head import read_head
from triage_app.inference.preprocessing import model_input
from triage_app.inference.runtime import Network


def with_network(folder: Path, content: bytes) -> Path:
    """A model folder whose card is right about other weights."""
    card = tiny_model.write(folder)
    (folder / "model.tflite").write_bytes(content)
    files = {name: file_sha256(folder / name) for name in card.files}
    dump(parse_card(tiny_model.card_values(files=files)), folder / "card.json")
    return folder


def reference(crop: np.ndarray, values: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Logits (views, 8) and feature maps of the tiny network, computed by NumPy."""
    batch = model_input(crop, tiny_model.SIZE, ["identity", "flip_horizontal"])
    n, k, s = tiny_model.CELLS, tiny_model.CHANNELS, tiny_model.STRIDE
    patches = batch.reshape(2, n, s, n, s, 3).transpose(0, 1, 3, 2, 4, 5).reshape(2, n, n, -1)
    maps = np.maximum(patches @ values["filters"].reshape(k, -1).T + values["offsets"], 0)
    return maps.mean(axis=(1, 2)) @ values["kernel"].T + values["bias"], maps


def test_a_prediction_is_what_the_weights_and_the_card_say(tmp_path: Path) -> None:
    tiny_model.write(tmp_path)
    crop = images.square(300, images.Lesion(seed=4))
    prediction = Classifier.load(tmp_path).run(crop)
    logits, maps = reference(crop, tiny_model.weights())
    assert prediction.logits == pytest.approx(logits.mean(axis=0), abs=1e-4)
    assert prediction.explained_logits == pytest.approx(logits[0] / 1.5 + 0.1, abs=1e-4)
    assert prediction.feature_map == pytest.approx(maps[0], abs=1e-4)
    exponentials = np.exp(logits.mean(axis=0) / 1.5 + 0.1)
    posterior = exponentials / exponentials.sum()
    found = [prediction.findings.probabilities[d] for d in Diagnosis]
    assert found == pytest.approx(posterior.tolist(), abs=1e-5)
    assert prediction.competence.within


def test_the_same_crop_gives_the_same_prediction(tmp_path: Path) -> None:
    tiny_model.write(tmp_path)
    classifier = Classifier.load(tmp_path)
    first, second = (classifier.run(images.square(256)) for _ in range(2))
    assert (first.logits == second.logits).all()


def test_a_mirrored_lesion_gets_the_same_probabilities_when_both_views_are_averaged(
    tmp_path: Path,
) -> None:
    tiny_model.write(tmp_path)
    classifier = Classifier.load(tmp_path)
    crop = images.square(tiny_model.SIZE, images.Lesion(x=0.3))
    one, other = (classifier.run(c).logits for c in (crop, crop[:, ::-1].copy()))
    assert one == pytest.approx(other, abs=1e-5)


def test_an_unlike_picture_is_outside_competence(tmp_path: Path) -> None:
    tiny_model.write(tmp_path)
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), np.uint8)
    assert not Classifier.load(tmp_path).run(255 - noise // 8).competence.within


@pytest.mark.parametrize("copies", [1, 3])
def test_threads_never_see_each_others_lesion(tmp_path: Path, copies: int) -> None:
    tiny_model.write(tmp_path)
    classifier = Classifier.load(tmp_path, threads=1, copies=copies)
    crops = [images.square(100, images.Lesion(seed=s, radius=0.1 + 0.04 * s)) for s in range(6)]
    alone = [classifier.run(crop).logits for crop in crops]
    wrong: list[int] = []

    def work(index: int) -> None:
        for _ in range(10):
            if not np.array_equal(classifier.run(crops[index]).logits, alone[index]):
                wrong.append(index)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(crops))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_batch_of_any_size_gives_what_single_inputs_give() -> None:
    network = Network(tiny_model.network(), 1)
    batch = np.concatenate(
        [model_input(images.square(90, images.Lesion(seed=s)), 56) for s in range(5)]
    )
    together = network.forward(batch).logits
    apart = np.concatenate([network.forward(batch[i : i + 1]).logits for i in range(5)])
    assert together == pytest.approx(apart, abs=1e-5)


def test_copies_of_the_network_are_made_only_when_they_are_needed() -> None:
    network = Network(tiny_model.network(), 2, copies=2)
    batch = np.zeros((1, 56, 56, 3), np.float32)
    for _ in range(3):
        network.forward(batch)
    assert network._wide.qsize() == 1
    assert network._narrow.empty()
    with network._session(beside=False) as wide, network._session(beside=False) as second:
        assert wide is not second
        with network._session(beside=True) as third:
            assert third not in (wide, second)
    assert (network._wide.qsize(), network._narrow.qsize()) == (1, 2)
    with network._session(beside=True) as one, network._session(beside=True) as other:
        assert wide not in (one, other)


def test_beside_others_the_network_answers_the_same() -> None:
    network = Network(tiny_model.network(), 2, copies=2)
    batch = model_input(images.square(90, images.Lesion(seed=3)), 56)
    alone, beside = (network.forward(batch, beside=b) for b in (False, True))
    for name in ("logits", "feature_map", "pooled"):
        assert getattr(beside, name) == pytest.approx(getattr(alone, name), abs=1e-5)


def test_the_head_is_read_from_the_file_that_serves() -> None:
    head, values = read_head(tiny_model.network()), tiny_model.weights()
    assert (head.kernel == values["kernel"].T).all()
    assert (head.bias == values["bias"]).all()


def test_a_head_of_another_model_is_refused(tmp_path: Path) -> None:
    card = tiny_model.write(tmp_path)
    other = tiny_model.network(tiny_model.weights(seed=9))
    network = Network(tiny_model.network(), 1)
    detector = Detector(np.zeros(16, np.float32), np.eye(16, dtype=np.float32))
    with pytest.raises(ModelRefused, match="last layer"):
        Classifier(card, network, read_head(other), detector)


@pytest.mark.parametrize("content", [b"", b"TFL3 is not at the right place", bytes(4000)])
def test_bytes_that_are_no_model_are_refused_even_with_the_right_hash(
    tmp_path: Path, content: bytes
) -> None:
    with pytest.raises(ModelRefused, match="cannot be loaded"):
        Classifier.load(with_network(tmp_path, content))


def test_weights_that_are_not_numbers_are_refused(tmp_path: Path) -> None:
    values = tiny_model.weights()
    values["bias"][2] = np.nan
    with pytest.raises(ModelRefused, match="not numbers"):
        Classifier.load(with_network(tmp_path, tiny_model.network(values)))


def test_a_detector_of_another_model_is_refused(tmp_path: Path) -> None:
    tiny_model.write(tmp_path)
    save_detector(
        Detector(np.zeros(9, np.float32), np.eye(9, dtype=np.float32)), tmp_path / "competence.npz"
    )
    files = {n: file_sha256(tmp_path / n) for n in ("model.tflite", "competence.npz")}
    dump(parse_card(tiny_model.card_values(files=files)), tmp_path / "card.json")
    with pytest.raises(ModelRefused, match="another model"):
        Classifier.load(tmp_path)


def test_an_input_size_that_the_network_does_not_have_is_refused(tmp_path: Path) -> None:
    tiny_model.write(tmp_path, input={"size": 32, "channels": "RGB", "scaling": "x / 127.5 - 1"})
    with pytest.raises(ModelRefused, match="32 px"):
        Classifier.load(tmp_path)


def test_a_batch_of_another_size_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="shape"):
        Network(tiny_model.network(), 1).forward(np.zeros((1, 64, 64, 3), np.float32))


def calibration(**changes: Any) -> Calibration:
    return Calibration(
        **({"method": "temperature_bias", "temperature": 1.0, "bias": (0.0,) * 8} | changes)
    )


def said(logits: NDArray[np.float32], **changes: Any) -> Findings:
    return findings_of(logits, calibration(**changes), tuple(Diagnosis))


def test_a_higher_temperature_never_changes_the_order_and_lowers_the_leader() -> None:
    logits = np.array([0.1, 2, -1, 0, 3, 1, 0.5, -2], np.float32)
    sharp, soft = (said(logits, temperature=t) for t in (1.0, 3.0))
    assert sharp.leading is soft.leading is Diagnosis.MEL
    assert soft.rule_in_score < sharp.rule_in_score


def test_the_bias_is_added_after_the_temperature() -> None:
    bias = (0.0, 0.0, 0.0, 0.0, np.log(3.0), 0.0, 0.0, 0.0)
    found = said(np.zeros(8, np.float32), bias=bias, temperature=5.0)
    assert found.rule_in_score == pytest.approx(3 / 10)


def test_a_class_enters_the_prediction_set_at_its_own_threshold() -> None:
    found = said(np.zeros(8, np.float32))
    shares = {c.value: p for c, p in found.by_class().items()}
    conformal = {
        "classes": ("benign", "suspicious", "malignant"),
        "alpha": 0.05,
        "coverage": {},
    }
    at_threshold = Conformal(thresholds=shares, **conformal)
    assert prediction_set_of(found, at_threshold) == set(FindingClass)
    raised = Conformal(thresholds=shares | {"benign": shares["benign"] + 1e-9}, **conformal)
    assert prediction_set_of(found, raised) == {FindingClass.SUSPICIOUS, FindingClass.MALIGNANT}
    none = Conformal(thresholds=dict.fromkeys(shares, 1.0), **conformal)
    assert prediction_set_of(found, none) == frozenset()
