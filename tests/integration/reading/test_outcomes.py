"""Outcomes of cases: recorded, superseded, with the pathologist's report kept beside them."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.stations.loop_station import NAEVUS, PDF, ZEBRA, LoopStation, open_loop
from tests.stations.service_station import (
    ADMINISTRATOR,
    AUDITOR,
    CLINICIAN,
    PHOTOGRAPHER,
    photograph,
    stored_files,
)
from triage_app.domain.errors import (
    DocumentNotFound,
    FileMissing,
    FindingsWithheld,
    InvalidInput,
    NotAllowedInState,
    NotPermitted,
    StaleCase,
)
from triage_app.domain.outcome import OutcomeMethod, current_outcome
from triage_app.domain.pathology import Pathology, Proof
from triage_app.domain.people import Actor
from triage_app.domain.reading import StepEnd, StepKind
from triage_app.domain.trail import Action
from triage_app.imaging.decoding.pool import DecoderPool
from triage_app.services.reading.outcomes import LARGEST_DOCUMENT
from triage_app.services.trail.verification import verify

TODAY = {"on": "2026-11-20"}


@pytest.fixture
def loop(tmp_path: Path, decoder: DecoderPool) -> Iterator[LoopStation]:
    with open_loop(tmp_path, decoder) as opened:
        yield opened


def test_a_pathologists_report_is_kept_as_it_was_given(loop: LoopStation) -> None:
    case = loop.histology(
        loop.image(),
        diagnosis="melanoma_invasive",
        breslow_mm="0,8",
        specimen=" H26  1234 ",
        text="Superficial spreading.\r\nClear margins.",
    )
    (outcome,) = case.outcomes
    assert outcome == loop.stored(case.id).outcomes[0]
    assert outcome.method is OutcomeMethod.HISTOPATHOLOGY
    assert outcome.diagnosis is Pathology.MELANOMA_INVASIVE
    assert (outcome.breslow_mm, outcome.specimen) == (0.8, "H26 1234")
    assert outcome.text == "Superficial spreading.\nClear margins."
    assert outcome.proof is Proof.MALIGNANT
    assert (outcome.by, outcome.at, outcome.source_key) == (CLINICIAN.id, loop.clock.at, "")


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"method": ""}, "method"),
        ({"method": "guess"}, "method"),
        ({"on": ""}, "on"),
        ({"on": "2026-11-30"}, "on"),
        ({"on": "1899-01-01"}, "on"),
        ({"on": "last week"}, "on"),
        ({"diagnosis": ""}, "diagnosis"),
        ({"diagnosis": "nv"}, "diagnosis"),
        ({"breslow_mm": "0.8"}, "breslow_mm"),
        ({"diagnosis": "melanoma_invasive", "breslow_mm": "0"}, "breslow_mm"),
        ({"diagnosis": "melanoma_invasive", "breslow_mm": "inf"}, "breslow_mm"),
        ({"specimen": "x" * 65}, "specimen"),
        ({"specimen": "a\u202eb"}, "specimen"),
        ({"text": "x" * 10_001}, "text"),
        ({"changed": "no"}, "changed"),
        ({"proof": "benign"}, "proof"),
        ({"method": "follow_up"}, "diagnosis"),
        ({"method": "follow_up", "diagnosis": ""}, "changed"),
        ({"method": "follow_up", "diagnosis": "", "changed": "maybe"}, "changed"),
    ],
)
def test_what_no_report_can_say_is_refused_by_its_field(
    loop: LoopStation, fields: dict[str, object], named: str
) -> None:
    case = loop.image()
    with pytest.raises(InvalidInput) as refused:
        loop.outcomes.record(CLINICIAN, case.id, case.version, {**NAEVUS, **TODAY, **fields})
    assert refused.value.field == named
    assert loop.stored(case.id) == case


def test_a_later_outcome_is_added_and_the_worst_tissue_counts(loop: LoopStation) -> None:
    case = loop.histology(loop.image(), diagnosis="melanoma_in_situ", specimen="1")
    case = loop.histology(case, diagnosis="naevus", specimen="2")
    assert [o.specimen for o in case.outcomes] == ["1", "2"]
    counting = current_outcome(case.outcomes)
    assert counting
    assert counting.proof is Proof.MALIGNANT


def test_a_histology_ends_what_waited_for_it_unless_it_says_nothing(loop: LoopStation) -> None:
    case = loop.verdict(loop.image(), "biopsy_or_excision")
    case = loop.histology(case, diagnosis="not_diagnostic")
    (step,) = case.next_steps
    assert step.is_open
    case = loop.histology(case)
    (step,) = case.next_steps
    assert (step.kind, step.end) == (StepKind.HISTOLOGY, StepEnd.DONE)
    assert (step.ended_by, step.ended_at) == (CLINICIAN.id, loop.clock.at)


def test_an_outcome_of_one_kind_leaves_steps_of_another_open(loop: LoopStation) -> None:
    case = loop.verdict(loop.image(), "follow_up", due="2027-02-01")
    case = loop.histology(case)
    assert case.next_steps[0].is_open
    form = {"method": "follow_up", "on": loop.clock.at.date().isoformat(), "changed": "no"}
    case = loop.outcomes.record(CLINICIAN, case.id, case.version, form)
    assert case.next_steps[0].end is StepEnd.DONE


def test_follow_up_proves_only_after_twelve_months_of_paired_images(loop: LoopStation) -> None:
    lesion = loop.lesion()
    loop.image(lesion=lesion)
    loop.clock.at += timedelta(days=300)
    half = loop.image(lesion=lesion)
    loop.clock.at += timedelta(days=66)
    year = loop.image(lesion=lesion)

    def watched(case_id: str, on: date, changed: str) -> tuple[int, Proof]:
        version = loop.stored(case_id).version
        form = {"method": "follow_up", "on": on.isoformat(), "changed": changed}
        outcome = loop.outcomes.record(CLINICIAN, case_id, version, form).outcomes[-1]
        return outcome.months, outcome.proof

    assert watched(half.id, half.created_at.date(), "no") == (9, Proof.UNPROVEN)
    assert watched(year.id, year.created_at.date(), "no") == (12, Proof.BENIGN)
    assert watched(year.id, year.created_at.date(), "yes") == (12, Proof.UNPROVEN)


def test_an_image_without_a_pair_proves_nothing_however_long_it_was_watched(
    loop: LoopStation,
) -> None:
    loose = loop.image()
    loop.clock.at += timedelta(days=800)
    form = {"method": "follow_up", "on": loop.clock.at.date().isoformat(), "changed": "no"}
    (outcome,) = loop.outcomes.record(CLINICIAN, loose.id, loose.version, form).outcomes
    assert (outcome.months, outcome.proof) == (0, Proof.UNPROVEN)


def test_a_draft_of_a_lesion_is_no_pair(loop: LoopStation) -> None:
    lesion = loop.lesion()
    case = loop.image(lesion=lesion)
    loop.clock.at += timedelta(days=400)
    draft = loop.station.cases.analyse_upload(CLINICIAN, photograph(), "b.jpg")
    loop.lesions.assign(CLINICIAN, draft.id, draft.version, lesion.id)
    form = {"method": "follow_up", "on": loop.clock.at.date().isoformat(), "changed": "no"}
    (outcome,) = loop.outcomes.record(CLINICIAN, case.id, case.version, form).outcomes
    assert outcome.months == 0


def test_no_outcome_is_recorded_of_a_draft_a_binned_or_a_withheld_case(loop: LoopStation) -> None:
    draft = loop.station.cases.analyse_upload(CLINICIAN, photograph(), "a.jpg")
    with pytest.raises(NotAllowedInState, match="draft"):
        loop.outcomes.record(CLINICIAN, draft.id, draft.version, {**NAEVUS, **TODAY})
    hidden = loop.image(withheld=True)
    with pytest.raises(FindingsWithheld):
        loop.outcomes.record(CLINICIAN, hidden.id, hidden.version, {**NAEVUS, **TODAY})
    case = loop.image()
    with pytest.raises(StaleCase):
        loop.outcomes.record(CLINICIAN, case.id, case.version - 1, {**NAEVUS, **TODAY})
    binned = loop.station.cases.delete(CLINICIAN, case.id, case.version)
    with pytest.raises(NotAllowedInState, match="bin"):
        loop.outcomes.record(CLINICIAN, binned.id, binned.version, {**NAEVUS, **TODAY})
    assert not loop.station.events(Action.OUTCOME_RECORDED)


def test_the_pathologists_pdf_is_kept_with_its_outcome(loop: LoopStation) -> None:
    case = loop.histology(loop.image())
    outcome = case.outcomes[0]
    after = loop.outcomes.attach(CLINICIAN, case.id, outcome.id, PDF)
    assert after.version == case.version + 1
    file, data = loop.outcomes.document(CLINICIAN, outcome.id)
    assert data == PDF
    assert file == after.outcomes[0].document
    assert (file.media_type, file.size) == ("application/pdf", len(PDF))
    (added,) = loop.station.events(Action.DOCUMENT_ADDED)
    assert file.sha256 in added.details
    (read,) = loop.station.events(Action.DOCUMENT_READ)
    assert read.subject == case.id
    assert json.loads(read.details) == {"outcome": outcome.id, "file": file.id}
    with pytest.raises(NotAllowedInState):
        loop.outcomes.attach(CLINICIAN, case.id, outcome.id, PDF)


@pytest.mark.parametrize(
    "data",
    [b"", b"%PDF", b" %PDF-1.7", b"\xff\xd8\xff", b"MZ", PDF + b"x" * LARGEST_DOCUMENT],
    ids=["empty", "cut", "shifted", "jpeg", "program", "too large"],
)
def test_only_a_pdf_of_bounded_size_is_kept(loop: LoopStation, data: bytes) -> None:
    case = loop.histology(loop.image())
    files = stored_files(loop.station)
    with pytest.raises(InvalidInput) as refused:
        loop.outcomes.attach(CLINICIAN, case.id, case.outcomes[0].id, data)
    assert refused.value.field == "document"
    assert stored_files(loop.station) == files


def test_a_document_that_finds_no_outcome_leaves_no_file_behind(loop: LoopStation) -> None:
    case, other = loop.histology(loop.image()), loop.histology(loop.image())
    files = stored_files(loop.station)
    for outcome_id in ("f" * 32, other.outcomes[0].id, "../x"):
        with pytest.raises(DocumentNotFound):
            loop.outcomes.attach(CLINICIAN, case.id, outcome_id, PDF)
    assert stored_files(loop.station) == files
    for outcome_id in ("f" * 32, case.outcomes[0].id, "../x", ""):
        with pytest.raises(DocumentNotFound):
            loop.outcomes.document(CLINICIAN, outcome_id)


def test_a_document_is_removed_again_when_its_row_cannot_be_stored(
    loop: LoopStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = loop.histology(loop.image())
    files = stored_files(loop.station)

    def fail(*_: object) -> None:
        raise StaleCase

    monkeypatch.setattr("triage_app.services.reading.outcomes.change_case", fail)
    with pytest.raises(StaleCase):
        loop.outcomes.attach(CLINICIAN, case.id, case.outcomes[0].id, PDF)
    assert stored_files(loop.station) == files


def test_a_document_that_was_changed_on_the_disk_is_not_handed_out(loop: LoopStation) -> None:
    case = loop.histology(loop.image())
    after = loop.outcomes.attach(CLINICIAN, case.id, case.outcomes[0].id, PDF)
    document = after.outcomes[0].document
    assert document
    path = next(p for p in stored_files(loop.station) if p.name == document.id)
    path.write_bytes(PDF + b" ")
    with pytest.raises(FileMissing):
        loop.outcomes.document(CLINICIAN, after.outcomes[0].id)
    found = verify(loop.station.units, loop.station.files)
    assert [damage.file for damage in found.damaged] == [document.id]


def test_the_check_of_the_trail_knows_moves_outcomes_and_documents(loop: LoopStation) -> None:
    case = loop.image(lesion=loop.lesion())
    case = loop.histology(loop.verdict(case, "biopsy_or_excision"))
    loop.outcomes.attach(CLINICIAN, case.id, case.outcomes[0].id, PDF)
    found = verify(loop.station.units, loop.station.files)
    assert (found.breaks, found.damaged) == ((), ())


def test_an_erased_case_takes_its_documents_from_the_disk(loop: LoopStation) -> None:
    case = loop.histology(loop.image())
    loop.outcomes.attach(CLINICIAN, case.id, case.outcomes[0].id, PDF)
    certificate = loop.station.privacy.erase_patient(ADMINISTRATOR, ZEBRA, "patient_request")
    assert stored_files(loop.station) == []
    assert len(certificate.sha256) == len(case.files) + 1
    with pytest.raises(DocumentNotFound):
        loop.outcomes.document(CLINICIAN, case.outcomes[0].id)


@pytest.mark.parametrize("actor", [PHOTOGRAPHER, ADMINISTRATOR, AUDITOR], ids=lambda a: a.name)
def test_only_clinicians_record_and_read_outcomes(loop: LoopStation, actor: Actor) -> None:
    case = loop.histology(loop.image())
    outcome = loop.outcomes.attach(CLINICIAN, case.id, case.outcomes[0].id, PDF).outcomes[0]
    before = len(loop.station.events())
    outcomes = loop.outcomes
    for attempt in (
        lambda: outcomes.record(actor, case.id, 3, {**NAEVUS, **TODAY}),
        lambda: outcomes.attach(actor, case.id, outcome.id, PDF),
        lambda: outcomes.document(actor, outcome.id),
    ):
        with pytest.raises(NotPermitted):
            attempt()
    assert len(loop.station.events()) == before
