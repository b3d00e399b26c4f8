"""The clinic's day, under zones on both sides of UTC: images, letters, reports, counts, filters."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from tests.stations.loop_station import LoopStation, open_loop
from tests.stations.service_station import ADMINISTRATOR, AUDITOR, CLINICIAN
from triage_app.domain.calendar import SiteZone, Zone, said_day
from triage_app.domain.case import Case, CaseFilter
from triage_app.domain.errors import InvalidInput
from triage_app.domain.lesion import Lesion
from triage_app.domain.pathology import Proof
from triage_app.domain.reading import StepEnd, StepKind, Terms
from triage_app.domain.site import ConsentScope
from triage_app.imaging.decoding.pool import DecoderPool
from triage_app.report import render
from triage_app.services.documents.reports import Reports
from triage_app.services.exchange.outcome_import import RowStatus
from triage_app.services.reading.worklist import Worklist
from triage_app.services.site.statistics import Statistics
from triage_app.ui.kit import local
from triage_app.ui.office import outcomes, site
from triage_app.ui.patients.lesion_parts import choices

PLACES = ("Australia/Sydney", "America/Los_Angeles", "Asia/Kathmandu", "Pacific/Kiritimati")
DAY = date(2026, 11, 24)
A_DAY = timedelta(days=1)
EARLY, MORNING, EVENING, LATE = (0, 5), (9, 10), (17, 10), (23, 55)
TIMES = (EARLY, MORNING, EVENING, LATE)
PATIENT = "P-17"
# As a clinic sent it: the day of the image, and that of the report.
WRONG_LESION = (
    "patient_reference,image_date,date,diagnosis\nP-17,2026-11-24,2026-11-28,melanoma_invasive"
)


@pytest.fixture(params=PLACES)
def zone(request: pytest.FixtureRequest) -> Iterator[Zone]:
    """The zone of the site, in which pages are drawn, too."""
    named = Zone(request.param)
    local.show_in(named)
    yield named
    local.show_in(Zone("UTC"))


@pytest.fixture
def loop(tmp_path: Path, decoder: DecoderPool, zone: Zone) -> Iterator[LoopStation]:
    with open_loop(tmp_path, decoder, zone) as opened:
        yield opened


def taken(loop: LoopStation, at: datetime, lesion: Lesion | None = None) -> Case:
    """An image of the patient, taken at a time."""
    loop.clock.at = at - A_DAY
    return loop.image(PATIENT, lesion)


def said_in(pdf: bytes) -> str:
    pages = PdfReader(BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


@pytest.mark.parametrize("at", TIMES)
def test_an_imported_outcome_lands_on_the_image_of_its_day(
    loop: LoopStation, zone: Zone, at: tuple[int, int]
) -> None:
    arm = {"site": "upper_extremity", "laterality": "left"}
    arms = [loop.lesion(PATIENT, label=f"left arm {n}", **arm) for n in (1, 2)]
    first, _ = (taken(loop, zone.instant(DAY + n * A_DAY, *at), arms[n]) for n in (0, 1))
    loop.clock.at = zone.instant(date(2026, 11, 29), *at)
    plan = loop.imports.preview(CLINICIAN, WRONG_LESION)
    (row,) = plan.rows
    assert (row.status, row.lesion) == (RowStatus.ADD, "left arm 1")
    shown = outcomes.preview(plan)
    for word in (f"/cases/{first.id}/images/thumbnail", "left arm 1", "24 Nov 2026"):
        assert word in shown
    assert loop.imports.apply(CLINICIAN, WRONG_LESION, plan.digest).added == 1
    assert loop.stored(first.id).outcomes[0].on == date(2026, 11, 28)


@pytest.mark.parametrize("written_in", ["UTC", "America/Los_Angeles", "Pacific/Kiritimati"])
def test_a_time_of_an_export_means_its_day_here_wherever_it_was_written(
    loop: LoopStation, zone: Zone, written_in: str
) -> None:
    taken(loop, zone.instant(DAY - A_DAY, *LATE), loop.lesion(PATIENT, label="before"))
    case = taken(loop, zone.instant(DAY, *EARLY), loop.lesion(PATIENT, label="that day"))
    loop.clock.at = zone.instant(date(2026, 11, 29), *EARLY)
    stated = Zone(written_in).written(case.created_at)
    text = f"patient_reference,image_date,date,diagnosis\nP-17,{stated},2026-11-28,naevus"
    (row,) = loop.imports.preview(CLINICIAN, text).rows
    assert (row.status, row.lesion) == (RowStatus.ADD, "that day")


def test_an_import_may_state_the_day_that_has_just_begun_here(
    loop: LoopStation, zone: Zone
) -> None:
    taken(loop, zone.instant(DAY, *MORNING), loop.lesion(PATIENT))
    heading = "patient_reference,date,diagnosis\n"
    loop.clock.at = zone.instant(DAY + A_DAY, *EARLY)
    today, tomorrow = (DAY + n * A_DAY for n in (1, 2))
    plan = loop.imports.preview(CLINICIAN, f"{heading}P-17,{today},naevus\nP-17,{tomorrow},naevus")
    assert [row.status for row in plan.rows] == [RowStatus.ADD, RowStatus.NO_MATCH]


@pytest.mark.parametrize("first", [EARLY, EVENING])
@pytest.mark.parametrize("last", [EARLY, EVENING, LATE])
def test_twelve_months_count_as_twelve_at_any_time_of_day(
    loop: LoopStation, zone: Zone, first: tuple[int, int], last: tuple[int, int]
) -> None:
    lesion = loop.lesion(PATIENT)
    taken(loop, zone.instant(DAY.replace(year=2025), *first), lesion)
    case = taken(loop, zone.instant(DAY, *last), lesion)
    form = {"method": "follow_up", "on": DAY.isoformat(), "changed": "no"}
    case = loop.outcomes.record(CLINICIAN, case.id, case.version, form)
    assert (case.outcomes[0].months, case.outcomes[0].proof) == (12, Proof.BENIGN)


@pytest.mark.parametrize("at", TIMES)
def test_letters_and_reports_bear_the_day_on_which_they_were_issued(
    loop: LoopStation, zone: Zone, at: tuple[int, int]
) -> None:
    now = zone.instant(DAY, *at)
    case = loop.verdict(taken(loop, now), "biopsy_or_excision")
    case = loop.letters.issue(CLINICIAN, case.id, case.version)
    letter = said_in(loop.letters.read(CLINICIAN, case.letters[0].id)[1])
    assert letter.count("24 Nov 2026") == 2
    assert "Date of this letter" in letter
    assert f"The result should be there by {said_day(DAY + 21 * A_DAY)}." in letter
    report = loop.station.reports.issue(CLINICIAN, case.id)
    text = said_in(loop.station.reports.read(CLINICIAN, report.id)[1])
    clock = f"24 Nov 2026, {at[0]:02}:{at[1]:02} {zone.offset(now)}"
    assert f"Issued {clock}" in text
    assert f"Analysed {clock}" in text
    assert "UTC " not in text.replace(zone.offset(now), "")


def test_an_issued_report_stays_as_it_is_when_the_zone_is_changed(loop: LoopStation) -> None:
    case, station = loop.image(PATIENT), loop.station
    report = station.reports.issue(CLINICIAN, case.id)
    moved = Reports(
        station.units, station.files, render, "Test clinic", loop.clock, zone=Zone("Europe/Berlin")
    )
    assert moved.issue(CLINICIAN, case.id) == report
    before, after = (reports.read(CLINICIAN, report.id)[1] for reports in (station.reports, moved))
    assert before == after


def test_a_step_is_late_when_its_day_is_over_here(loop: LoopStation, zone: Zone) -> None:
    worklist = Worklist(loop.station.units, loop.clock, Terms(), loop.reading.escalate, zone=zone)
    case = taken(loop, zone.instant(DAY, *EVENING))
    with pytest.raises(InvalidInput, match="in the future"):
        loop.verdict(case, "follow_up", due=DAY.isoformat())
    due = DAY + A_DAY
    loop.verdict(case, "follow_up", due=due.isoformat())
    late = []
    for day, at in ((due, EARLY), (due, LATE), (due + A_DAY, EARLY)):
        loop.clock.at = zone.instant(day, *at)
        late.append(worklist.counts(CLINICIAN).late[StepKind.FOLLOW_UP])
    assert late == [0, 0, 1]


def test_a_step_is_postponed_to_a_day_that_has_not_come_here(loop: LoopStation, zone: Zone) -> None:
    case = taken(loop, zone.instant(DAY, *EARLY))
    case = loop.verdict(case, "urgent_referral")
    (step,) = case.next_steps
    assert step.due == DAY + 14 * A_DAY
    loop.clock.at = zone.instant(DAY, *LATE)
    for due, allowed in ((DAY, False), (DAY + A_DAY, True)):
        end = (step.id, StepEnd.POSTPONED, "later", due)
        if allowed:
            case = loop.reading.end_step(CLINICIAN, case.id, case.version, *end)
            assert case.next_steps[-1].due == due
        else:
            with pytest.raises(InvalidInput):
                loop.reading.end_step(CLINICIAN, case.id, case.version, *end)


def test_lists_exports_and_months_hold_the_days_of_the_site(loop: LoopStation, zone: Zone) -> None:
    month = [zone.instant(date(2026, 11, 30), *LATE), zone.instant(date(2026, 12, 1), *EARLY)]
    times = [*(zone.instant(DAY, *at) for at in TIMES), *month]
    cases = [taken(loop, at) for at in times]
    # Whatever zone a page asked for, the days are those of the site.
    wanted = CaseFilter(date_from=DAY, date_to=DAY, zone=Zone("Europe/Berlin"))
    found = loop.station.cases.page(CLINICIAN, wanted)
    assert {line.id for line in found.items} == {case.id for case in cases[:4]}
    assert found.total == loop.station.cases.count(CLINICIAN, wanted) == 4
    sheet = b"".join(loop.export.stream(CLINICIAN, wanted)).decode("utf-8-sig")
    rows = {row["case_id"]: row["created_at"] for row in csv.DictReader(io.StringIO(sheet))}
    for case, at in zip(cases[:4], times, strict=False):
        assert rows.pop(case.id) == zone.written(at)
        assert zone.written(at).startswith("2026-11-24T")
    assert not rows
    counts = Statistics(loop.station.units, zone=zone).site_counts(AUDITOR)
    assert {m: sum(n.values()) for m, n in counts.by_month.items()} == {"2026-11": 5, "2026-12": 1}


def test_consent_is_given_up_to_the_present_day_here(loop: LoopStation, zone: Zone) -> None:
    loop.clock.at = zone.instant(DAY, *EARLY)
    privacy, scope = loop.station.privacy, ConsentScope.CARE
    assert privacy.set_consent(ADMINISTRATOR, PATIENT, scope, DAY).consent_on == DAY
    with pytest.raises(InvalidInput, match="in the future"):
        privacy.set_consent(ADMINISTRATOR, PATIENT, scope, DAY + A_DAY)
    loop.clock.at = zone.instant(DAY, *LATE)
    with pytest.raises(InvalidInput, match="in the future"):
        privacy.set_consent(ADMINISTRATOR, PATIENT, scope, DAY + A_DAY)


def test_the_site_page_names_the_zone_and_where_it_comes_from(zone: Zone) -> None:
    at = zone.instant(DAY, *LATE)
    shown = site.clock(SiteZone(zone, "set by TRIAGE_TIME_ZONE"), at)
    assert f"{zone.name} (set by TRIAGE_TIME_ZONE)" in shown
    assert f"24 Nov 2026, 23:55 {zone.offset(at)}</time>" in shown


def test_two_images_of_one_day_here_are_told_apart(loop: LoopStation, zone: Zone) -> None:
    lesion = loop.lesion(PATIENT)
    cases = [taken(loop, zone.instant(DAY, *at), lesion) for at in (EARLY, LATE)]
    other = replace(cases[0], created_at=zone.instant(DAY + A_DAY, *EARLY))
    names = [name for name, _ in choices([*cases, other])]
    assert [name[:21] for name in names] == [
        "24 Nov 2026, 00:05:00",
        "24 Nov 2026, 23:55:00",
        "25 Nov 2026",
    ]
