"""References that look the same: found by the migration, then merged or kept apart by a person."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from pysqlite3 import dbapi2

from tests.samples.look_alikes import (
    DASHED,
    HIDDEN,
    PLAIN,
    before_references_were_unified,
    migrated_again,
)
from tests.stations.loop_station import LoopStation, open_loop
from tests.stations.service_station import ADMINISTRATOR, CLINICIAN, PHOTOGRAPHER
from triage_app.domain.calendar import UTC_ZONE
from triage_app.domain.case import Case, CaseFilter
from triage_app.domain.context import Sex
from triage_app.domain.errors import InvalidInput, LegalHold, NotPermitted
from triage_app.domain.people import Actor
from triage_app.domain.site import ConsentScope
from triage_app.domain.trail import Action
from triage_app.imaging.decoding.pool import DecoderPool
from triage_app.services.cases.fingerprint import edited_cases
from triage_app.services.patients.reference_words import pointed_out
from triage_app.services.patients.references import LookAlike, References
from triage_app.services.trail.verification import verify
from triage_app.ui.kit.reference_parts import hinted, still_stored
from triage_app.ui.patients.look_alikes import drawn
from triage_app.ui.patients.patients import listed

HOW = "clinic_record"
SPELLED = (HIDDEN, PLAIN, DASHED)


@pytest.fixture
def loop(tmp_path: Path, decoder: DecoderPool) -> Iterator[LoopStation]:
    with open_loop(tmp_path, decoder) as opened:
        yield opened


@pytest.fixture
def references(loop: LoopStation) -> References:
    return References(loop.station.units, loop.clock)


def read(loop: LoopStation, reference: str) -> Case:
    """An image with a verdict, an outcome, a report and a letter, filed under a lesion."""
    lesion = loop.lesion(reference)
    case = loop.verdict(loop.image(reference, lesion), "biopsy_or_excision")
    loop.station.reports.issue(CLINICIAN, case.id)
    loop.letters.issue(CLINICIAN, case.id, loop.stored(case.id).version)
    return loop.histology(loop.stored(case.id), specimen="H1")


def rows(loop: LoopStation) -> dict[str, list[Any]]:
    """Every row of every table but for the keys of patients, which the migration makes anew."""
    connection = dbapi2.connect(str(loop.station.folder / "triage.sqlite3"))
    connection.row_factory = dbapi2.Row
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%\\_%' ESCAPE '\\'"
    )
    names = [name for (name,) in connection.execute(query)]
    found = {
        name: [
            {key: row[key] for key in row.keys() if key != "patient_key"}  # noqa: SIM118
            for row in connection.execute(f"SELECT * FROM {name}")
        ]
        for name in names
    }
    connection.close()
    return found


@pytest.fixture
def old(loop: LoopStation) -> tuple[dict[str, Case], dict[str, list[Any]]]:
    """Three patients whose references look the same, stored by the program before; and all rows."""
    with before_references_were_unified():
        found = {reference: read(loop, reference) for reference in SPELLED}
    return found, rows(loop)


@pytest.fixture
def whole(loop: LoopStation, old: tuple[dict[str, Case], dict[str, list[Any]]]) -> dict[str, Case]:
    """The same three in the database of today."""
    migrated_again(loop.station.folder / "triage.sqlite3")
    return old[0]


@pytest.fixture
def cases(loop: LoopStation) -> dict[str, Case]:
    """Three such patients with one image each, without what is issued and drawn, for speed."""
    with before_references_were_unified():
        found = {ref: loop.image(ref, loop.lesion(ref)) for ref in SPELLED}
    migrated_again(loop.station.folder / "triage.sqlite3")
    return found


def sound(loop: LoopStation) -> bool:
    """Whether nothing of trail, files and cases was lost or changed unseen."""
    found = verify(loop.station.units, loop.station.files)
    with loop.station.units() as unit:
        edited = list(edited_cases(unit))
    assert (found.breaks, found.damaged, edited) == ((), (), [])
    return True


def pair(references: References, number: int = 1) -> LookAlike:
    found = references.waiting(CLINICIAN, number)
    assert found is not None
    return found


def of_patient(loop: LoopStation, reference: str) -> list[str]:
    return list(loop.station.privacy.cases_of(ADMINISTRATOR, reference))


def test_the_migration_merges_nothing_and_loses_nothing(
    loop: LoopStation,
    references: References,
    old: tuple[dict[str, Case], dict[str, list[Any]]],
    whole: dict[str, Case],
) -> None:
    before = old[1]
    assert rows(loop) == before
    assert {len(before[name]) for name in ("cases", "patients", "lesions", "letters")} == {3}
    assert references.count(CLINICIAN) == 2
    for reference, case in whole.items():
        assert of_patient(loop, reference) == [case.id]
        assert loop.stored(case.id) == case
        shown = loop.lesions.patient(CLINICIAN, reference)
        assert [line.last.id for line in shown.lesions if line.last] == [case.id]
    assert sound(loop)


def test_all_that_look_the_same_are_found_by_any_spelling(
    loop: LoopStation, cases: dict[str, Case]
) -> None:
    ids = {case.id for case in cases.values()}
    for typed in ("P-18", "p-18", "P-1", "Ｐ－１８", "\u2060P\u221218 "):
        page = loop.station.cases.page(CLINICIAN, CaseFilter(patient_reference=typed))
        assert {item.id for item in page.items} == ids
        assert len(loop.lesions.find(CLINICIAN, typed)) == 3


def test_a_pair_is_shown_with_both_sides(references: References, cases: dict[str, Case]) -> None:
    shown = [pair(references, number) for number in (1, 2)]
    assert [(found.number, found.count) for found in shown] == [(1, 2), (2, 2)]
    assert {found.waiting.record.reference for found in shown} == {HIDDEN, DASHED}
    for found in shown:
        assert found.other
        assert found.other.record.reference == PLAIN
        assert (found.waiting.images, found.waiting.lesions) == (1, 1)
        assert [c.id for c in found.waiting.newest] == [cases[found.waiting.record.reference].id]


def test_merging_brings_everything_to_one_patient(
    loop: LoopStation, references: References, whole: dict[str, Case]
) -> None:
    while references.count(CLINICIAN):
        references.merge(CLINICIAN, pair(references).waiting.record.id, HOW)
    assert set(of_patient(loop, PLAIN)) == {case.id for case in whole.values()}
    shown = loop.lesions.patient(CLINICIAN, PLAIN)
    assert sorted(line.lesion.label for line in shown.lesions) == ["L1", "L1 (2)", "L1 (3)"]
    assert shown.loose == ()
    for case in whole.values():
        after = loop.stored(case.id)
        kept = ("verdicts", "outcomes", "letters", "reports", "files", "analysis", "moves")
        assert [getattr(after, name) for name in kept] == [getattr(case, name) for name in kept]
        assert after.details.patient_reference == PLAIN
        label = next(x.lesion.label for x in shown.lesions if x.lesion.id == after.lesion_id)
        assert after.details.lesion_label == label
    assert sound(loop)


def test_the_trail_says_what_was_merged_and_never_a_reference(
    loop: LoopStation, references: References, cases: dict[str, Case]
) -> None:
    source = pair(references).waiting.record
    target = references.merge(CLINICIAN, source.id, HOW)
    (event,) = loop.station.events(Action.PATIENTS_MERGED)
    details = json.loads(event.details)
    assert (event.actor, event.subject, details["from"]) == (CLINICIAN.id, target.id, source.id)
    assert details["cases"] == [cases[source.reference].id]
    assert details["how"] == HOW
    assert not any(text in e.details for e in loop.station.events() for text in SPELLED)


def test_a_patient_kept_apart_gets_a_reference_that_nobody_confuses(
    loop: LoopStation, references: References, cases: dict[str, Case]
) -> None:
    waiting = pair(references).waiting.record
    for mistaken in ("P-018", "p 18", "P-18", "", "P-18\ufeff"):
        with pytest.raises(InvalidInput):
            references.keep_apart(CLINICIAN, waiting.id, mistaken, HOW)
    kept = references.keep_apart(CLINICIAN, waiting.id, "P-18 second", HOW)
    assert (kept.id, kept.reference) == (waiting.id, "P-18 second")
    case = cases[waiting.reference]
    assert of_patient(loop, "P-18 second") == [case.id]
    assert of_patient(loop, PLAIN) == [cases[PLAIN].id]
    assert loop.stored(case.id).details.patient_reference == "P-18 second"
    assert references.count(CLINICIAN) == 1
    assert [e.subject for e in loop.station.events(Action.PATIENT_RENAMED)] == [waiting.id]
    assert sound(loop)
    with pytest.raises(InvalidInput, match="decided"):
        references.keep_apart(CLINICIAN, waiting.id, "P-18 third", HOW)


def test_records_that_contradict_each_other_are_not_merged(
    loop: LoopStation, references: References, cases: dict[str, Case]
) -> None:
    waiting = pair(references).waiting.record
    with loop.station.units() as unit:
        unit.site.save_patient(replace(waiting, birth_year=1950, sex=Sex.FEMALE))
        other = unit.site.patient(PLAIN)
        unit.site.save_patient(replace(other, birth_year=1951))
        unit.commit()
    with pytest.raises(InvalidInput, match=r"year of birth \(1951 and 1950\)"):
        references.merge(CLINICIAN, waiting.id, HOW)
    assert of_patient(loop, waiting.reference) == [cases[waiting.reference].id]
    with loop.station.units() as unit:
        unit.site.save_patient(replace(unit.site.patient(PLAIN), birth_year=1950))
        unit.commit()
    target = references.merge(CLINICIAN, waiting.id, HOW)
    assert (target.birth_year, target.sex) == (1950, Sex.FEMALE)


def test_holds_and_the_later_consent_survive_a_merge(
    loop: LoopStation, references: References, cases: dict[str, Case]
) -> None:
    privacy = loop.station.privacy
    waiting = pair(references).waiting.record
    privacy.set_hold(ADMINISTRATOR, waiting.reference, "court")
    privacy.set_consent(ADMINISTRATOR, PLAIN, ConsentScope.CARE, date(2026, 1, 1))
    privacy.set_consent(ADMINISTRATOR, waiting.reference, ConsentScope.REFUSED, date(2026, 2, 1))
    target = references.merge(CLINICIAN, waiting.id, HOW)
    assert (target.hold_reason, target.consent) == ("court", ConsentScope.REFUSED)
    with pytest.raises(LegalHold):
        privacy.erase_patient(ADMINISTRATOR, PLAIN, "patient_request")
    assert len(of_patient(loop, PLAIN)) == 2


def test_saving_a_note_decides_nothing(
    loop: LoopStation, references: References, cases: dict[str, Case]
) -> None:
    case = loop.stored(cases[HIDDEN].id)
    details = replace(case.details, patient_reference=PLAIN, note="seen again")
    saved = loop.station.cases.update(CLINICIAN, case.id, case.version, details)
    assert saved.details.patient_reference == HIDDEN
    assert of_patient(loop, HIDDEN) == [case.id]
    assert references.count(CLINICIAN) == 2


def test_erasing_one_spelling_leaves_the_others_and_the_list_forgets_it(
    loop: LoopStation, references: References, cases: dict[str, Case]
) -> None:
    loop.station.privacy.erase_patient(ADMINISTRATOR, HIDDEN, "patient_request")
    assert references.count(CLINICIAN) == 1
    assert of_patient(loop, PLAIN) == [cases[PLAIN].id]
    assert {known.reference for known in references.alike(ADMINISTRATOR, PLAIN)} == {DASHED}


def test_an_erasure_names_what_stays_and_an_export_every_spelling(
    loop: LoopStation, references: References
) -> None:
    for reference in ("P-18", "p-18", "P-018"):
        loop.image(reference)
    privacy = loop.station.privacy
    archive = ZipFile(BytesIO(b"".join(privacy.export_patient(ADMINISTRATOR, "P-18"))))
    stated = json.loads(archive.read("patient.json"))
    assert [known["reference"] for known in stated["spellings"]] == ["P-18", "p-18"]
    assert "P-018" not in archive.read("patient.json").decode()
    before = references.alike(ADMINISTRATOR, "P-18")
    assert [known.reference for known in before] == ["P-018", "p-18"]
    certificate = privacy.erase_patient(ADMINISTRATOR, "P-18\ufeff", "patient_request")
    assert len(certificate.cases) == 2
    left = references.still_stored(ADMINISTRATOR, before)
    assert [known.reference for known in left] == ["P-018"]
    assert "P-018; 1 image" in still_stored(left)
    assert still_stored([]) == ""


@pytest.mark.parametrize("spelled", [HIDDEN, DASHED])
def test_the_page_names_the_characters_that_nobody_sees(
    references: References, cases: dict[str, Case], spelled: str
) -> None:
    shown = {p.waiting.record.reference: drawn(p) for p in (pair(references, n) for n in (1, 2))}
    wanted = {HIDDEN: "U+200B zero width space", DASHED: "U+2013 en dash"}[spelled]
    assert wanted in shown[spelled]
    assert "all plain" in shown[spelled]
    assert f"/cases/{cases[spelled].id}/images/thumbnail" in shown[spelled]
    assert wanted in listed([pair(references, n).waiting.record for n in (1, 2)], searched=True)


def test_what_is_pointed_out_is_a_sentence_with_a_choice(
    loop: LoopStation, references: References
) -> None:
    loop.image("00123")
    alike = references.alike(CLINICIAN, "123")
    assert pointed_out("123", alike, UTC_ZONE) == (
        "Also stored: 00123; 1 image, the last on 21 Nov 2026. Check that this is not the same "
        "patient."
    )
    assert 'data-patient="00123"' in hinted("123", alike)
    assert pointed_out("Р-18b", [], UTC_ZONE).startswith("Р-18b mixes letters of several alphabets")
    assert hinted("P-18", []) == ""


def test_a_reference_of_which_nothing_is_seen_waits_for_another(
    loop: LoopStation, references: References
) -> None:
    with before_references_were_unified():
        case = loop.image("\u200b")
    migrated_again(loop.station.folder / "triage.sqlite3")
    waiting = pair(references)
    assert waiting.other is None
    with pytest.raises(InvalidInput, match="Nothing of this reference"):
        references.merge(CLINICIAN, waiting.waiting.record.id, HOW)
    references.keep_apart(CLINICIAN, waiting.waiting.record.id, "P-7", HOW)
    assert of_patient(loop, "P-7") == [case.id]
    assert sound(loop)


def test_a_single_odd_spelling_is_simply_found(loop: LoopStation, references: References) -> None:
    with before_references_were_unified():
        case = loop.image("Q\u201118\ufeff")
    migrated_again(loop.station.folder / "triage.sqlite3")
    assert references.count(CLINICIAN) == 0
    assert of_patient(loop, "q-18") == [case.id]
    newer = loop.image("Q-18")
    assert of_patient(loop, "Q-18") == [case.id, newer.id]
    assert sound(loop)


def test_what_may_be_mistaken_is_pointed_out(loop: LoopStation, references: References) -> None:
    first, second = loop.image("00123"), loop.image("P-18")
    for typed in ("123", "0123", "00-123", "１２３"):
        (known,) = references.alike(CLINICIAN, typed)
        assert (known.reference, known.images, known.waits) == ("00123", 1, False)
        assert known.last == first.created_at
    for typed in ("p-18", "P 18", "P018", "Р-18"):
        assert [k.reference for k in references.alike(CLINICIAN, typed)] == ["P-18"]
    for typed in ("00123", "P-18", "P\u201318", "124", ""):
        assert references.alike(CLINICIAN, typed) == []
    assert references.alike(CLINICIAN, "p-18", second.id) == []
    (bare,) = references.alike(PHOTOGRAPHER, "123")
    assert (bare.reference, bare.images, bare.last) == ("00123", 0, None)


@pytest.mark.parametrize("person", [PHOTOGRAPHER, ADMINISTRATOR])
def test_only_who_may_change_cases_decides(
    references: References, cases: dict[str, Case], person: Actor
) -> None:
    waiting = pair(references).waiting.record.id
    for attempt in (
        lambda: references.waiting(person),
        lambda: references.merge(person, waiting, HOW),
        lambda: references.keep_apart(person, waiting, "other", HOW),
    ):
        with pytest.raises(NotPermitted):
            attempt()
    assert references.count(CLINICIAN) == len(cases) - 1
