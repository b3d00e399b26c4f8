"""The made-up world: its people, calendar, places and papers hold together."""

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import numpy as np
import pytest
from pypdf import PdfReader

from tests.samples.loop_cases import START, case
from triage_app.config import PROJECT_ROOT
from triage_app.demo.agenda import Agenda, Clock, in_office_hours, last_office_hours
from triage_app.demo.clinician import impression_fields, opinion, verdict_fields
from triage_app.demo.looks import Kind
from triage_app.demo.papers import pathology_pdf
from triage_app.demo.places import somewhere
from triage_app.demo.truth import TrueLesion, invent
from triage_app.domain.context import Laterality, Site
from triage_app.domain.outcome import Outcome, OutcomeMethod
from triage_app.domain.pathology import PROOF_OF, WITH_BRESLOW, Pathology, Proof
from triage_app.domain.reading import Verdict, check_verdict
from triage_app.domain.triage import Level
from triage_app.services.reading.forms import impression_from_form, verdict_from_form

MAP = PROJECT_ROOT / "triage_app" / "ui" / "static" / "bodymap.svg"


def lesions(patients: int = 200, seed: int = 4) -> list[TrueLesion]:
    return [lesion for patient in invent(patients, seed, 2026) for lesion in patient.lesions]


def test_the_same_seed_gives_the_same_world_and_another_one_another() -> None:
    assert invent(20, 7, 2026) == invent(20, 7, 2026)
    assert invent(20, 7, 2026) != invent(20, 8, 2026)


def test_every_reference_says_that_the_patient_is_made_up_and_occurs_once() -> None:
    references = [patient.reference for patient in invent(50, 1, 2026)]
    assert len(set(references)) == 50
    assert all(reference.startswith("SYN-") for reference in references)


def test_the_mix_holds_every_kind_and_more_naevi_than_melanomas() -> None:
    kinds = Counter(lesion.drawn.kind for lesion in lesions())
    assert set(kinds) == set(Kind)
    assert kinds[Kind.NAEVUS] > 5 * kinds[Kind.MELANOMA]


def test_the_truth_is_what_a_pathologist_can_say() -> None:
    for lesion in lesions():
        assert PROOF_OF[lesion.pathology] is not Proof.UNPROVEN
        assert (lesion.breslow_mm is not None) == (lesion.pathology in WITH_BRESLOW)
        malignant = lesion.drawn.kind in (Kind.MELANOMA, Kind.SQUAMOUS_CELL_CARCINOMA)
        assert not malignant or lesion.drawn.growth > 1


def inside(x: float, y: float, path: str) -> bool:
    """Whether a point lies in a polygon of an SVG path, by counting crossings."""
    corners = [tuple(map(float, pair.split())) for pair in re.findall(r"[\d.]+ [\d.]+", path)]
    crossed = False
    for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1], strict=True):
        if (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay):
            crossed = not crossed
    return crossed


def regions() -> dict[str, tuple[float, float, list[tuple[str, str, str]]]]:
    """For each drawing of the body map its size, and site, side and path of its regions."""
    found = {}
    for part in MAP.read_text(encoding="utf-8").split("<svg data-view=")[1:]:
        view = re.match(r'"(\w+)".*?viewBox="0 0 (\d+) (\d+)"', part)
        assert view
        paths = re.findall(r'<path [^>]*data-site="(\w+)" data-side="(\w+)"[^>]* d="([^"]+)"', part)
        found[view[1]] = (float(view[2]), float(view[3]), paths)
    return found


def test_a_lesion_is_marked_on_the_body_map_where_its_site_and_side_are() -> None:
    drawings, rng = regions(), np.random.default_rng(5)
    for number in range(300):
        where = somewhere(rng, exposed=number % 2 == 0)
        width, height, paths = drawings[where.point.view.value]
        x, y = where.point.x * width, where.point.y * height
        hit = {(site, side) for site, side, path in paths if inside(x, y, path)}
        assert (where.site.value, where.side.value) in hit, (where, hit)


def test_exposed_places_are_those_that_the_sun_reaches() -> None:
    rng = np.random.default_rng(6)
    seen = {somewhere(rng, exposed=True).site for _ in range(200)}
    assert Site.FACE in seen
    assert not seen & {Site.BACK, Site.CHEST, Site.ABDOMEN}
    assert {somewhere(rng, exposed=False).side for _ in range(200)} == set(Laterality)


MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "opened"),
    [
        (MONDAY + timedelta(hours=10), MONDAY + timedelta(hours=10)),
        (MONDAY + timedelta(hours=3), MONDAY + timedelta(hours=8, minutes=5)),
        (MONDAY + timedelta(hours=17), MONDAY + timedelta(days=1, hours=8, minutes=5)),
        (MONDAY - timedelta(hours=30), MONDAY + timedelta(hours=8, minutes=5)),
        (MONDAY - timedelta(days=3, hours=-18), MONDAY + timedelta(hours=8, minutes=5)),
    ],
    ids=["open", "before dawn", "evening", "Saturday", "Friday evening"],
)
def test_things_happen_while_the_clinic_is_open(at: datetime, opened: datetime) -> None:
    assert in_office_hours(at) == opened


@pytest.mark.parametrize(
    ("at", "opened"),
    [
        (MONDAY + timedelta(hours=10), MONDAY + timedelta(hours=10)),
        (MONDAY + timedelta(hours=3), MONDAY - timedelta(days=2, hours=7, minutes=55)),
        (MONDAY + timedelta(hours=17), MONDAY + timedelta(hours=16, minutes=5)),
        (MONDAY - timedelta(hours=30), MONDAY - timedelta(days=2, hours=7, minutes=55)),
    ],
    ids=["open", "before dawn on Monday", "evening", "Saturday"],
)
def test_what_happened_lately_happened_while_the_clinic_was_open(
    at: datetime, opened: datetime
) -> None:
    assert last_office_hours(at) == opened


def test_events_happen_in_order_up_to_the_end_and_time_never_goes_back() -> None:
    clock = Clock(MONDAY)
    agenda = Agenda(clock, MONDAY + timedelta(days=10))
    happened: list[tuple[str, datetime]] = []

    def note(name: str) -> None:
        happened.append((name, clock()))
        if name == "b":
            agenda.plan(MONDAY, lambda: note("at once"))

    for name, days in (("c", 5), ("b", 2), ("a", 1), ("never", 11)):
        agenda.plan(MONDAY + timedelta(days=days), lambda name=name: note(name))  # type: ignore[misc]
    agenda.run()
    assert [name for name, _ in happened] == ["a", "b", "at once", "c"]
    times = [at for _, at in happened]
    assert times == sorted(set(times))


def test_clinicians_give_only_impressions_and_verdicts_that_the_forms_and_rules_accept() -> None:
    rng, today = np.random.default_rng(9), date(2026, 11, 23)
    levels = [case("r", 0, 0.02), case("w", 0, 0.2), case("u", 0, 0.9), case("x", 0, None)]
    given: Counter[tuple[Level, bool]] = Counter()
    for lesion in lesions(120):
        for shown in levels:
            seen = opinion(rng, lesion, 0.5, careful=False)
            impression_from_form(impression_fields(rng, seen))
            parts = verdict_from_form(verdict_fields(rng, seen, shown, today))
            found = shown.analysis.decision.level
            level = found if parts.agrees or parts.level is None else parts.level
            check_verdict(
                Verdict(
                    "v",
                    START,
                    "c",
                    found,
                    level,
                    parts.agrees,
                    parts.disposition,
                    parts.reason,
                    parts.due,
                ),
                today,
            )
            given[found, parts.agrees] += 1
    assert all(given[found, agrees] > 5 for found in Level for agrees in (True, False))


def test_clinicians_worry_more_about_melanomas_than_about_naevi() -> None:
    rng = np.random.default_rng(10)
    danger = {
        kind: np.mean(
            [
                opinion(rng, lesion, 0.0, careful=False).danger
                for lesion in lesions()
                if lesion.drawn.kind is kind
            ]
        )
        for kind in (Kind.MELANOMA, Kind.DYSPLASTIC_NAEVUS, Kind.NAEVUS)
    }
    assert danger[Kind.MELANOMA] > danger[Kind.DYSPLASTIC_NAEVUS] > danger[Kind.NAEVUS]


def test_a_pathologists_report_is_a_pdf_that_says_it_is_made_up() -> None:
    outcome = Outcome(
        id="o",
        at=START,
        by="c",
        method=OutcomeMethod.HISTOPATHOLOGY,
        on=date(2026, 11, 20),
        diagnosis=Pathology.MELANOMA_INVASIVE,
        breslow_mm=0.8,
        specimen="SYN-H-0001",
        text="Margins (lateral) free.",
    )
    for made in (outcome, replace(outcome, diagnosis=Pathology.NAEVUS, breslow_mm=None)):
        (page,) = PdfReader(BytesIO(pathology_pdf(made)), strict=True).pages
        text = page.extract_text()
        assert "SYNTHETIC DATA" in text
        assert "Margins (lateral) free." in text
        assert ("0.8 mm" in text) is (made.breslow_mm is not None)
