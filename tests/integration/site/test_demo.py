"""A small made-up clinic, made by the command with the shipped model, and looked at afterwards."""

import csv
import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from triage_app.cli import demo
from triage_app.cli.main import main
from triage_app.config import Settings
from triage_app.demo.clinic import LENGTH
from triage_app.domain.case import CaseFilter, CaseState, Order
from triage_app.domain.people import LOCAL_USER, ROLE_PERMISSIONS, Role
from triage_app.domain.reading import RevealCause
from triage_app.services.site import startup
from triage_app.services.site.application import Application
from triage_app.wiring import bootstrap

PATIENTS = 5
END = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


def settings(folder: Path, **given: str) -> Settings:
    return Settings.from_env({"TRIAGE_DATA_DIR": str(folder), **given})


@contextmanager
def environment(folder: Path) -> Iterator[None]:
    """The settings of a site whose real data lie in ``folder``/real."""
    before = {name: os.environ.pop(name) for name in list(os.environ) if name[:7] == "TRIAGE_"}
    os.environ["TRIAGE_DATA_DIR"] = str(folder / "real")
    os.environ["TRIAGE_BACKUP_DIR"] = str(folder / "backups")
    try:
        yield
    finally:
        del os.environ["TRIAGE_DATA_DIR"], os.environ["TRIAGE_BACKUP_DIR"]
        os.environ.update(before)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a clinic of a few patients, made by the command."""
    folder = tmp_path_factory.mktemp("demo")
    with environment(folder):
        words = ["demo", "--dir", str(folder / "clinic"), "--patients", str(PATIENTS)]
        assert main([*words, "--seed", "3"]) == 0
    return folder / "clinic"


@pytest.fixture(scope="module")
def truth(made: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((made / "truth.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def app(made: Path) -> Iterator[Application]:
    with bootstrap.build(settings(made, TRIAGE_SINGLE_USER="yes")) as opened:
        yield opened


def every_case(app: Application) -> list[str]:
    page = app.cases.page(LOCAL_USER, CaseFilter(), Order.NEWEST, None)
    assert page.next_cursor is None
    return [line.id for line in page.items]


def test_the_real_data_folder_and_its_backups_are_left_alone(made: Path) -> None:
    assert sorted(p.name for p in made.parent.iterdir()) == ["clinic"]


def test_every_case_belongs_to_a_lesion_of_the_truth_and_to_an_invented_patient(
    app: Application, truth: dict[str, Any]
) -> None:
    lesions = {case: lesion for lesion in truth["lesions"] for case in lesion["cases"]}
    assert len({lesion["patient_reference"] for lesion in truth["lesions"]}) == PATIENTS
    assert set(every_case(app)) == set(lesions)
    for case_id, lesion in lesions.items():
        case = app.cases.get(LOCAL_USER, case_id)
        assert case.details.patient_reference == lesion["patient_reference"]
        assert case.details.patient_reference.startswith("SYN-")
        if case.state is CaseState.FILED:
            assert case.lesion_id == lesion["lesion"]


def test_histology_says_what_the_truth_is(app: Application, truth: dict[str, Any]) -> None:
    for lesion in truth["lesions"]:
        for case_id in lesion["cases"]:
            for outcome in app.cases.get(LOCAL_USER, case_id).outcomes:
                if outcome.diagnosis is not None:
                    assert outcome.diagnosis.value in (lesion["pathology"], "not_diagnostic")


def test_a_year_of_work_was_done_in_order_and_the_trail_holds(
    app: Application, truth: dict[str, Any]
) -> None:
    cases = [app.cases.get(LOCAL_USER, case_id) for case_id in every_case(app)]
    start, end = (datetime.fromisoformat(truth[name]) for name in ("from", "to"))
    assert end - start == LENGTH
    assert all(start <= case.created_at <= end for case in cases)
    assert any(case.verdicts for case in cases)
    assert any(case.impressions for case in cases)
    assert any(case.next_steps for case in cases)
    for case in cases:
        times = [case.created_at, *(v.at for v in case.verdicts), case.updated_at]
        assert times == sorted(times)
    assert app.trail.verify().sound


def test_everything_that_leaves_it_is_marked_as_synthetic(app: Application, made: Path) -> None:
    assert app.synthetic
    case = next(
        case
        for case in (app.cases.get(LOCAL_USER, case_id) for case_id in every_case(app))
        if case.verdicts and not case.deleted_at
    )
    report = app.reports.issue(LOCAL_USER, case.id)
    _, pdf, _ = app.reports.read(LOCAL_USER, report.id)
    assert all(
        "SYNTHETIC" in page.extract_text().upper() for page in PdfReader(io.BytesIO(pdf)).pages
    )
    table = b"".join(app.exports.stream(LOCAL_USER, CaseFilter())).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(table)))
    assert len(rows) == len(every_case(app))
    assert {row["synthetic"] for row in rows} == {"yes"}


def test_its_accounts_work_have_their_roles_and_share_no_password(made: Path) -> None:
    lines = [line.split() for line in (made / "accounts.txt").read_text().splitlines()[1:]]
    accounts = dict(line for line in lines if line)
    assert (made / "accounts.txt").stat().st_mode & 0o077 == 0
    assert len(set(accounts.values())) == len(accounts) == 5
    with bootstrap.opened(settings(made), migrated=False) as store:
        desk = bootstrap.accounts_of(settings(made), store)
        _, actor = desk.sign_in("demo-clinician-1", accounts["demo-clinician-1"], "", "127.0.0.1")
        assert actor.permissions == ROLE_PERMISSIONS[Role.CLINICIAN]
        assert not actor.must_change_password


def test_a_second_clinic_in_the_same_folder_is_refused(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (made / "truth.json").read_bytes()
    with environment(made.parent):
        assert main(["demo", "--dir", str(made)]) == 2
    assert "already" in capsys.readouterr().err
    assert (made / "truth.json").read_bytes() == before


def test_a_folder_that_holds_anything_else_is_refused_and_left_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    real = tmp_path / "clinic"
    with bootstrap.opened(settings(real)):
        pass
    before = sorted(p.name for p in real.iterdir())
    with environment(tmp_path):
        assert main(["demo", "--dir", str(real)]) == 2
        # Not even a truth.json that strayed there makes a real database a made-up one.
        (real / "truth.json").write_text("{}")
        assert main(["demo", "--dir", str(real), "--serve"]) == 2
    assert capsys.readouterr().err.count("Nothing was changed") == 2
    assert sorted(p.name for p in real.iterdir()) == sorted([*before, "truth.json"])
    with bootstrap.opened(settings(real), migrated=False) as store:
        assert not startup.is_set(store.units, startup.SYNTHETIC)


def test_without_a_model_no_clinic_is_made_and_what_began_is_marked(tmp_path: Path) -> None:
    site = settings(tmp_path / "clinic", TRIAGE_MODEL_DIR=str(tmp_path / "nothing"))
    with pytest.raises(demo.NoModelForDemo, match="needs a model"):
        demo.make(site, patients=1, seed=1, end=END)
    assert not (tmp_path / "clinic" / "truth.json").exists()
    with bootstrap.opened(site, migrated=False) as store:
        assert startup.is_set(store.units, startup.SYNTHETIC)


def test_a_site_that_asks_for_an_impression_first_gets_a_clinic_that_did_so(
    tmp_path: Path,
) -> None:
    given = {"TRIAGE_IMPRESSION_FIRST": "yes", "TRIAGE_SINGLE_USER": "yes"}
    site = settings(tmp_path / "clinic", **given)
    demo.make(site, patients=3, seed=5, end=END)
    assert not (tmp_path / "clinic" / "accounts.txt").exists()
    with bootstrap.build(site) as app:
        cases = [app.cases.get(LOCAL_USER, case_id) for case_id in every_case(app)]
    for case in cases:
        if case.reveal is None:
            assert case.blinded and not case.verdicts
        else:
            assert case.reveal.cause is RevealCause.IMPRESSION
            assert case.impressions[0].blinded
            assert case.impressions[0].at <= case.verdicts[0].at
    assert any(case.verdicts for case in cases)
