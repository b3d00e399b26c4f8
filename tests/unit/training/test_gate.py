"""The dermoscopy gate: fitted, its limit, its error rates, and the pictures that it learns from."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from triage_app.inference.gate import Gate, colours, read_gate, save_gate
from triage_app.training.errors import ImageMissing, OthersUnreadable
from triage_app.training.gate import Pictures, fit_gate, gate_limit, judged
from triage_app.training.others import (
    Changed,
    Others,
    WithChangedCopies,
    exchanged,
    inverted,
    parse_others,
)


def pictures(kind: str, centre: float, count: int, seed: int) -> Pictures:
    rng = np.random.default_rng(seed)
    inputs = rng.normal(centre, 1, (count, 12)).astype(np.float32)
    return Pictures(kind, centre > 0, inputs, np.arange(count) % 5)


@pytest.fixture(scope="module")
def gate() -> Gate:
    return fit_gate([pictures("vienna", 1, 400, 0), pictures("desks", -1, 60, 1)], seed=3)


def test_a_gate_tells_unseen_pictures_of_both_sides_apart(gate: Gate) -> None:
    assert (gate.sure(pictures("vienna", 1, 200, 5).inputs) > 0.5).mean() > 0.97
    assert (gate.sure(pictures("desks", -1, 200, 6).inputs) < 0.5).mean() > 0.97


def test_a_gate_comes_back_from_its_file_as_it_was(gate: Gate, tmp_path: Path) -> None:
    save_gate(gate, tmp_path / "gate.npz")
    again = read_gate((tmp_path / "gate.npz").read_bytes())
    inputs = pictures("vienna", 1, 20, 8).inputs
    assert (again.sure(inputs) == gate.sure(inputs)).all()


def test_without_other_pictures_there_is_no_gate() -> None:
    with pytest.raises(ValueError, match="and others"):
        fit_gate([pictures("vienna", 1, 40, 0)], seed=3)


def test_the_limit_refuses_the_share_that_it_may_of_sources_that_weigh_the_same() -> None:
    large, small = np.linspace(0.5, 1, 1000), np.linspace(0, 0.1, 10)
    limit = gate_limit([large, small], 0.1)
    refused = ((large < limit).mean() + (small < limit).mean()) / 2
    assert refused == pytest.approx(0.1, abs=0.051)
    assert limit < 0.1


def test_error_rates_are_given_for_every_kind_with_the_number_behind_them(gate: Gate) -> None:
    judges = [pictures("vienna", 1, 100, 7), pictures("desks", -1, 50, 8)]
    limit, rates = judged(gate, judges, refused=0.02)
    assert 0 < limit < 1
    assert rates["vienna"].value <= 0.1
    assert rates["not dermoscopic: desks"].value > 0.9
    assert (rates["vienna"].n, rates["not dermoscopic: desks"].n) == (100, 50)


def test_exchanged_channels_show_in_the_colours_and_so_does_a_negative() -> None:
    rng = np.random.default_rng(4)
    skin = np.clip(rng.normal((200, 140, 110), 20, (64, 64, 3)), 0, 255).astype(np.uint8)
    for number in range(5):
        changed = exchanged(number, skin)
        assert sorted(changed.sum(axis=(0, 1))) == sorted(skin.sum(axis=(0, 1)))
        assert np.abs(colours(changed)[:3] - colours(skin)[:3]).max() > 0.05
    assert (inverted(0, inverted(0, skin)) == skin).all()


def test_changed_crops_keep_their_number_and_can_be_gone_through_twice() -> None:
    crops = [np.full((40, 40, 3), value, np.uint8) for value in (10, 200)]
    copies = WithChangedCopies(crops, seed=1)
    assert len(list(copies)) == len(copies) == 4
    both = Changed(crops, inverted)
    assert [crop[0, 0, 0] for crop in both] == [crop[0, 0, 0] for crop in both] == [245, 55]


def test_a_table_names_the_split_of_each_picture(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        Image.new("RGB", (96, 96), "green").save(tmp_path / f"{name}.png")
    table = tmp_path / "table.csv"
    table.write_text("image,split\na.png,val\nb.png,train\nc.png,val\n")
    (kind,) = parse_others([f"close-ups={tmp_path}={table}"])
    assert kind.kind == "close-ups"
    assert [path.stem for path in kind.of_split("val").paths] == ["a", "c"]


def test_without_a_table_every_picture_is_in_one_split_and_stays_there(tmp_path: Path) -> None:
    for number in range(60):
        (tmp_path / f"{number}.png").write_bytes(b"")
    kind = Others("desks", tmp_path)
    parts = [kind.of_split(split).paths for split in ("train", "val", "test")]
    assert sum(len(part) for part in parts) == 60
    assert len(parts[0]) > len(parts[1]) > 0 < len(parts[2])
    assert [kind.of_split(split).paths for split in ("train", "val", "test")] == parts


@pytest.mark.parametrize("text", ["desks", "desks=", "=folder", "a=b=c=d"])
def test_a_kind_that_is_not_given_as_asked_is_refused_with_the_way_to_give_it(text: str) -> None:
    with pytest.raises(OthersUnreadable, match="KIND=FOLDER"):
        parse_others([text])


def test_a_folder_or_a_table_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImageMissing, match="nowhere"):
        Others("desks", tmp_path / "nowhere").of_split("val")
    (tmp_path / "t.csv").write_text("picture\na\n")
    with pytest.raises(OthersUnreadable, match=r"t\.csv"):
        Others("desks", tmp_path, tmp_path / "t.csv").of_split("val")
