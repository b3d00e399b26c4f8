"""Letters to patients: only from a clinician's verdict, drawn once, and kept."""

import json
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from tests.stations.loop_station import ZEBRA, LoopStation, open_loop
from tests.stations.service_station import (
    ADMINISTRATOR,
    AUDITOR,
    CLINICIAN,
    PHOTOGRAPHER,
    stored_files,
)
from triage_app.domain.context import Laterality, Site
from triage_app.domain.errors import (
    DocumentNotFound,
    FindingsWithheld,
    NotAllowedInState,
    NotPermitted,
    StaleCase,
)
from triage_app.domain.files import FileKind
from triage_app.domain.people import Actor
from triage_app.domain.reading import StepEnd
from triage_app.domain.trail import Action
from triage_app.imaging.decoding.pool import DecoderPool
from triage_app.services.documents.letters import PLAIN_SITES, plain_place
from triage_app.services.trail.verification import verify


@pytest.fixture
def loop(tmp_path: Path, decoder: DecoderPool) -> Iterator[LoopStation]:
    with open_loop(tmp_path, decoder) as opened:
        yield opened


def text_of(data: bytes) -> str:
    return " ".join(
        " ".join(page.extract_text() for page in PdfReader(BytesIO(data)).pages).split()
    )


def test_a_letter_says_what_the_verdict_decided_and_is_kept(loop: LoopStation) -> None:
    case = loop.image(lesion=loop.lesion(), melanoma=0.2)
    case = loop.verdict(case, "follow_up", due="2027-02-10", note="between colleagues")
    case = loop.letters.issue(CLINICIAN, case.id, case.version)
    (letter,) = case.letters
    assert case == loop.stored(case.id)
    assert (letter.number, letter.verdict_id) == (1, case.verdicts[-1].id)
    assert letter.file.kind is FileKind.LETTER
    found, data, of = loop.letters.read(CLINICIAN, letter.id)
    assert (found, of.id) == (letter, case.id)
    said = text_of(data)
    for words in (ZEBRA, "L1", "Back, left side of the body", "10 Feb 2027", "Test clinic"):
        assert words in said
    for never in ("between colleagues", "%", "scripted", "malignant", "Review", "probab"):
        assert never not in said


def test_a_later_verdict_needs_a_letter_of_its_own_and_the_first_one_stays(
    loop: LoopStation,
) -> None:
    case = loop.verdict(loop.image(), "follow_up", due="2027-02-10")
    case = loop.letters.issue(CLINICIAN, case.id, case.version)
    first = loop.letters.read(CLINICIAN, case.letters[0].id)[1]
    case = loop.letters.issue(CLINICIAN, case.id, loop.verdict(case).version)
    assert [letter.number for letter in case.letters] == [1, 2]
    assert case.letters[1].verdict_id == case.verdicts[1].id
    assert loop.letters.read(CLINICIAN, case.letters[0].id)[1] == first
    assert loop.letters.read(CLINICIAN, case.letters[1].id)[1] != first


def test_there_is_no_letter_without_a_verdict(loop: LoopStation) -> None:
    case = loop.image()
    with pytest.raises(NotAllowedInState, match="verdict"):
        loop.letters.issue(CLINICIAN, case.id, case.version)
    hidden = loop.image(withheld=True)
    with pytest.raises(FindingsWithheld):
        loop.letters.issue(CLINICIAN, hidden.id, hidden.version)
    case = loop.verdict(case)
    binned = loop.station.cases.delete(CLINICIAN, case.id, case.version)
    with pytest.raises(NotAllowedInState, match="bin"):
        loop.letters.issue(CLINICIAN, binned.id, binned.version)
    assert not loop.station.events(Action.LETTER_ISSUED)


def test_a_letter_does_not_ask_for_what_has_been_done(loop: LoopStation) -> None:
    case = loop.histology(loop.verdict(loop.image(), "biopsy_or_excision"))
    with pytest.raises(NotAllowedInState, match="has ended"):
        loop.letters.issue(CLINICIAN, case.id, case.version)
    case = loop.verdict(case)
    assert loop.letters.issue(CLINICIAN, case.id, case.version).letters


def test_a_letter_names_the_day_to_which_a_visit_was_postponed(loop: LoopStation) -> None:
    case = loop.verdict(loop.image(), "follow_up", due="2027-02-10")
    case = loop.reading.end_step(
        CLINICIAN,
        case.id,
        case.version,
        case.next_steps[0].id,
        StepEnd.POSTPONED,
        "patient travels",
        date(2027, 3, 15),
    )
    case = loop.letters.issue(CLINICIAN, case.id, case.version)
    said = text_of(loop.letters.read(CLINICIAN, case.letters[0].id)[1])
    assert "15 Mar 2027" in said
    assert "10 February" not in said


def test_a_case_that_changed_meanwhile_gets_no_letter_and_leaves_no_file(
    loop: LoopStation,
) -> None:
    case = loop.verdict(loop.image())
    files = stored_files(loop.station)
    with pytest.raises(StaleCase):
        loop.letters.issue(CLINICIAN, case.id, case.version - 1)
    assert stored_files(loop.station) == files


def test_issuing_and_reading_are_in_the_trail_by_ids(loop: LoopStation) -> None:
    case = loop.verdict(loop.image())
    case = loop.letters.issue(CLINICIAN, case.id, case.version)
    letter = case.letters[0]
    loop.letters.read(CLINICIAN, letter.id)
    (issued,) = loop.station.events(Action.LETTER_ISSUED)
    (read,) = loop.station.events(Action.LETTER_READ)
    assert letter.file.sha256 in issued.details
    assert (issued.subject, read.subject) == (case.id, case.id)
    assert json.loads(read.details) == {"letter": letter.id}
    found = verify(loop.station.units, loop.station.files)
    assert (found.breaks, found.damaged) == ((), ())


def test_a_letter_that_is_not_there_is_not_found(loop: LoopStation) -> None:
    case = loop.histology(loop.image())
    for letter_id in ("f" * 32, "", "../x", case.outcomes[0].id):
        with pytest.raises(DocumentNotFound):
            loop.letters.read(CLINICIAN, letter_id)


def test_an_erased_patient_takes_the_letters_along(loop: LoopStation) -> None:
    case = loop.verdict(loop.image())
    case = loop.letters.issue(CLINICIAN, case.id, case.version)
    loop.station.privacy.erase_patient(ADMINISTRATOR, ZEBRA, "patient_request")
    assert stored_files(loop.station) == []
    with pytest.raises(DocumentNotFound):
        loop.letters.read(CLINICIAN, case.letters[0].id)


@pytest.mark.parametrize("actor", [PHOTOGRAPHER, ADMINISTRATOR, AUDITOR], ids=lambda a: a.name)
def test_only_clinicians_issue_and_read_letters(loop: LoopStation, actor: Actor) -> None:
    case = loop.verdict(loop.image())
    case = loop.letters.issue(CLINICIAN, case.id, case.version)
    for attempt in (
        lambda: loop.letters.issue(actor, case.id, case.version),
        lambda: loop.letters.read(actor, case.letters[0].id),
    ):
        with pytest.raises(NotPermitted):
            attempt()


def test_every_site_has_words_for_patients() -> None:
    assert set(PLAIN_SITES) == set(Site)
    assert plain_place(Site.UPPER_EXTREMITY, Laterality.LEFT) == "arm, left side of the body"
    assert plain_place(None, None) == ""
