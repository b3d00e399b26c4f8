"""An import never chooses silently between patients whose references may be mistaken."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.samples.look_alikes import HIDDEN, PLAIN, before_references_were_unified, migrated_again
from tests.stations.loop_station import LoopStation, open_loop
from tests.stations.service_station import CLINICIAN
from triage_app.domain.errors import NotAllowedInState
from triage_app.imaging.decoding.pool import DecoderPool
from triage_app.services.exchange.outcome_import import ImportPlan, RowStatus
from triage_app.ui.office.import_questions import answers_from, asked

ADD, NO_MATCH, AMBIGUOUS = RowStatus.ADD, RowStatus.NO_MATCH, RowStatus.AMBIGUOUS


@pytest.fixture
def loop(tmp_path: Path, decoder: DecoderPool) -> Iterator[LoopStation]:
    with open_loop(tmp_path, decoder) as opened:
        yield opened


def table(*references: str) -> str:
    rows = "".join(f'"{reference}",2026-11-28,naevus\n' for reference in references)
    return f"patient_reference,date,diagnosis\n{rows}"


def planned(loop: LoopStation, *references: str, **answers: str) -> ImportPlan:
    loop.clock.at = datetime(2026, 12, 1, tzinfo=UTC)
    return loop.imports.preview(CLINICIAN, table(*references), answers)


def statuses(plan: ImportPlan) -> list[RowStatus]:
    return [row.status for row in plan.rows]


@pytest.mark.parametrize("sent", ["123", "0123", "00-123", "123\u200b", "１２３"])
def test_a_row_that_lost_its_zeros_waits_for_a_person(loop: LoopStation, sent: str) -> None:
    case = loop.image("00123")
    plan = planned(loop, sent)
    assert statuses(plan) == [AMBIGUOUS]
    assert "00123" in plan.rows[0].sentence
    (question,) = plan.questions
    assert [known.reference for known in question.candidates] == ["00123"]
    answered = planned(loop, sent, **{question.reference: "00123"})
    assert statuses(answered) == [ADD]
    assert answered.rows[0].case
    assert answered.rows[0].case.id == case.id


def test_an_exact_reference_is_asked_about_where_another_is_like_it(loop: LoopStation) -> None:
    images = {reference: loop.image(reference).id for reference in ("123", "00123", "P-7")}
    plan = planned(loop, "123", "00123", "P-7")
    assert statuses(plan) == [AMBIGUOUS, AMBIGUOUS, ADD]
    assert [[k.reference for k in q.candidates] for q in plan.questions] == [
        ["123", "00123"],
        ["00123", "123"],
    ]
    for meant, case_id in images.items():
        answered = planned(loop, "123", **{"123": meant})
        found = answered.rows[0].case
        assert (found.id if found else "") == ("" if meant == "P-7" else case_id)


def test_only_what_was_answered_is_added_and_only_with_the_same_answers(loop: LoopStation) -> None:
    case, other = loop.image("00123"), loop.image("P-18")
    text, answers = table("123", "p18"), {"123": "00123"}
    loop.clock.at = datetime(2026, 12, 1, tzinfo=UTC)
    plan = loop.imports.preview(CLINICIAN, text, answers)
    assert statuses(plan) == [ADD, AMBIGUOUS]
    with pytest.raises(NotAllowedInState):
        loop.imports.apply(CLINICIAN, text, plan.digest)
    done = loop.imports.apply(CLINICIAN, text, plan.digest, answers)
    assert (done.added, done.left) == (1, 1)
    assert len(loop.stored(case.id).outcomes) == 1
    assert loop.stored(other.id).outcomes == ()


def test_spellings_of_one_patient_are_not_asked_about(loop: LoopStation) -> None:
    loop.image("P-18")
    assert statuses(planned(loop, "P-18", "P-18\ufeff", "Ｐ\u201118")) == [
        ADD,
        *[RowStatus.STORED] * 2,
    ]
    loop.image("p-18")
    plan = planned(loop, "P-18", "p-18")
    assert plan.questions == ()
    assert AMBIGUOUS not in statuses(plan)


def test_another_case_alone_is_pointed_out(loop: LoopStation) -> None:
    loop.image("AB-1")
    assert statuses(planned(loop, "ab-1")) == [AMBIGUOUS]
    assert statuses(planned(loop, "ab-1", **{"ab-1": "AB-1"})) == [ADD]
    assert statuses(planned(loop, "AB-2")) == [NO_MATCH]


def test_patients_that_wait_to_be_merged_are_asked_about(loop: LoopStation) -> None:
    with before_references_were_unified():
        images = {reference: loop.image(reference).id for reference in (HIDDEN, PLAIN)}
    migrated_again(loop.station.folder / "triage.sqlite3")
    plan = planned(loop, PLAIN)
    assert statuses(plan) == [AMBIGUOUS]
    for meant, case_id in images.items():
        found = planned(loop, PLAIN, **{PLAIN: meant}).rows[0].case
        assert found
        assert found.id == case_id
    assert "U+200B zero width space" in asked(plan.questions)


def test_the_page_shows_each_candidate_and_believes_no_other_answer(loop: LoopStation) -> None:
    loop.image("<00123>")
    plan = planned(loop, "123", **{"123": "P-1"})
    assert statuses(plan) == [AMBIGUOUS]
    html = asked(plan.questions)
    assert '<option value="&lt;00123&gt;">&lt;00123&gt;; 1 image, the last on ' in html
    assert "<00123>" not in html
    for sent in ("", "[]", "{", None, 3, '{"123": 4}'):
        assert answers_from(sent) == {}
    assert answers_from('{"123": "00123"}') == {"123": "00123"}
