"""A lesion name that contradicts its place is asked about once, and kept when said again."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.stations.loop_station import ZEBRA, LoopStation, open_loop
from tests.stations.service_station import CLINICIAN, FULL, REASSURING, photograph
from triage_app.cli.main import main
from triage_app.domain.context import Laterality, Site
from triage_app.domain.errors import InvalidInput
from triage_app.domain.trail import Action
from triage_app.imaging.decoding.pool import DecoderPool
from triage_app.services.cases.label_questions import ASKED_FOR

RIGHT_LEG = {"site": "lower_extremity", "laterality": "right", "label": "left forearm"}


@pytest.fixture
def loop(tmp_path: Path, decoder: DecoderPool) -> Iterator[LoopStation]:
    with open_loop(tmp_path, decoder) as opened:
        yield opened


def _asked_once(loop: LoopStation, field: str, step: Callable[[], object]) -> None:
    """Asked, not taken by a double click, kept when it is said again; asked anew much later."""
    for wait in (timedelta(0), timedelta(milliseconds=300), ASKED_FOR + timedelta(minutes=1)):
        loop.clock.at += wait
        with pytest.raises(InvalidInput, match="do the same step again") as asked:
            step()
        assert asked.value.field == field
        assert "left" in str(asked.value) and "forearm" in str(asked.value)
    loop.clock.at += timedelta(seconds=2)
    step()


def _details(loop: LoopStation, action: Action) -> dict[str, object]:
    told: dict[str, object] = json.loads(loop.station.events(action)[-1].details)
    return told


def test_creating_a_lesion_asks_and_the_trail_tells_that_the_name_was_kept(
    loop: LoopStation,
) -> None:
    _asked_once(loop, "label", lambda: loop.lesions.create(CLINICIAN, ZEBRA, RIGHT_LEG))
    assert _details(loop, Action.LESION_CREATED)["label_kept"] is True
    loop.lesions.create(CLINICIAN, ZEBRA, {**RIGHT_LEG, "label": "right calf"})
    assert "label_kept" not in _details(loop, Action.LESION_CREATED)


@pytest.mark.parametrize("change", [{"label": "left forearm"}, {"site": "face"}])
def test_renaming_or_moving_a_lesion_asks(loop: LoopStation, change: dict[str, str]) -> None:
    fits = {"site": "upper_extremity", "laterality": "left", "label": "left forearm"}
    before = {**RIGHT_LEG, "label": "mole"} if "label" in change else fits
    lesion = loop.lesions.create(CLINICIAN, ZEBRA, before)
    after = {**before, **change, "laterality": "right"}
    _asked_once(
        loop, "label", lambda: loop.lesions.change(CLINICIAN, lesion.id, lesion.version, after)
    )


def test_one_answer_is_for_one_name_at_one_place(loop: LoopStation) -> None:
    for fields in (RIGHT_LEG, {**RIGHT_LEG, "site": "face"}, {**RIGHT_LEG, "label": "left arm"}):
        with pytest.raises(InvalidInput):
            loop.lesions.create(CLINICIAN, ZEBRA, fields)
        loop.clock.at += timedelta(seconds=2)


def test_filing_a_case_asks(loop: LoopStation) -> None:
    context = replace(REASSURING, site=Site.LOWER_EXTREMITY, laterality=Laterality.RIGHT)
    details = replace(FULL, context=context, lesion_label="left forearm")
    case = loop.station.cases.analyse_upload(CLINICIAN, photograph(), "a.jpg", details)
    _asked_once(
        loop, "lesion_label", lambda: loop.station.cases.file(CLINICIAN, case.id, case.version)
    )
    assert loop.stored(case.id).filed_at is not None
    assert _details(loop, Action.CASE_FILED)["label_kept"] is True


def test_the_preview_of_an_import_points_at_a_name_that_contradicts_the_image_it_lands_on(
    loop: LoopStation,
) -> None:
    context = replace(REASSURING, site=Site.LOWER_EXTREMITY, laterality=Laterality.RIGHT)
    details = replace(FULL, context=context, lesion_label="left forearm")
    with pytest.raises(InvalidInput):
        loop.image(details=details)
    loop.clock.at += timedelta(seconds=2) - timedelta(days=1)
    case = loop.image(details=details)
    day = case.created_at.date().isoformat()
    text = f"patient_reference,lesion,date,diagnosis\n{ZEBRA},left forearm,{day},naevus\n"
    plan = loop.imports.preview(CLINICIAN, text)
    assert "on the right" in plan.notes[-1] and "Line 2" in plan.notes[-1]
    assert loop.imports.apply(CLINICIAN, text, plan.digest).added == 1


def test_the_command_line_asks_before_it_stores_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRIAGE_DATA_DIR", str(tmp_path / "data"))
    image = tmp_path / "a.jpg"
    image.write_bytes(photograph())
    place = ["--lesion", "left forearm", "--site", "lower_extremity", "--laterality", "right"]
    call = ["analyze", str(image), "--save", "--json", "--patient", "P-1", *place]
    assert main(call) == 2
    assert "--keep-label" in capsys.readouterr().err
    assert not (tmp_path / "data").exists()
    assert main([*call, "--keep-label"]) == 0
    assert json.loads(capsys.readouterr().out)["copies"] == []
    assert main([*call, "--keep-label"]) == 0
    (copy,) = json.loads(capsys.readouterr().out)["copies"]
    assert (copy["same"], copy["patient"]) == ("file", "P-1")
