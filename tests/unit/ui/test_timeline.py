"""The drawing of a lesion's findings over time."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace
from xml.etree import ElementTree as ET

from tests.samples.loop_cases import MODEL, NEXT_MODEL, case
from triage_app.domain.case import Case
from triage_app.domain.change import Repeatability, timeline
from triage_app.ui.patients.timeline import chart, legend
from triage_app.ui.words import lesions as words

REPEATABILITY = Repeatability(0.5, 0.4, 0.6, 40, 90, "val", MODEL)
NONE_WITHHELD: frozenset[str] = frozenset()


def _drawn(
    cases: Sequence[Case],
    withheld: frozenset[str] = NONE_WITHHELD,
    repeatability: Repeatability | None = REPEATABILITY,
) -> list[ET.Element]:
    text = chart(timeline(cases, withheld, repeatability), cases)
    return list(ET.fromstring(f"<all>{text}</all>"))


def _marks(drawing: ET.Element, name: str) -> list[ET.Element]:
    return [e for e in drawing.iter() if name in (e.get("class") or "").split()]


def _levels(drawing: ET.Element) -> list[float]:
    """Heights of the levels' shapes, from the left; a greater one lies lower."""
    shapes = sorted(_marks(drawing, "shape"), key=lambda shape: float(shape.attrib["x"]))
    return [float(shape.attrib["y"]) for shape in shapes]


def test_nothing_is_drawn_of_a_lesion_without_images() -> None:
    assert chart((), ()) == ""


def test_there_is_a_drawing_for_each_width_with_the_same_marks() -> None:
    cases = [case("a", 0), case("b", 90, 0.3)]
    drawings = _drawn(cases)
    assert len(drawings) == 3
    assert {len(_levels(drawing)) for drawing in drawings} == {2}


def test_a_higher_share_stands_higher() -> None:
    low, high, middle = _levels(
        _drawn([case("a", 0, 0.01), case("b", 30, 0.9), case("c", 60, 0.2)])[0]
    )
    assert high < middle < low


def test_a_line_joins_images_of_one_model_only() -> None:
    cases = [case("a", 0), case("b", 90), case("c", 180, model=NEXT_MODEL)]
    drawing = _drawn(cases)[0]
    assert len(_marks(drawing, "join")) == 1
    assert len(_marks(drawing, "break")) == 1
    assert "model 1.1.0" in "".join(drawing.itertext())
    assert words.TIMELINE_BREAK in legend(timeline(cases, NONE_WITHHELD, REPEATABILITY))


def test_a_band_stands_behind_images_of_the_measured_model_only() -> None:
    cases = [case("a", 0), case("b", 90, model=NEXT_MODEL)]
    assert len(_marks(_drawn(cases)[0], "band")) == 1
    unknown = _drawn(cases, repeatability=None)[0]
    assert _marks(unknown, "band") == []
    assert words.TIMELINE_NO_BAND in legend(timeline(cases, NONE_WITHHELD, None))


def test_an_image_whose_findings_are_withheld_shows_neither_level_nor_height() -> None:
    urgent, routine = (
        chart(timeline(cases, frozenset({"b"}), REPEATABILITY), cases)
        for cases in (
            [case("a", 0, 0.02), case("b", 90, 0.9)],
            [case("a", 0, 0.02), case("b", 90, 0.01)],
        )
    )
    assert urgent == routine
    assert 'class="hidden"' in urgent


def test_an_image_that_could_not_be_assessed_has_no_height_on_the_scale() -> None:
    drawing = _drawn([case("a", 0), case("b", 90, None)])[0]
    assessed, refused = _levels(drawing)
    assert refused > assessed
    assert words.TIMELINE_NONE in "".join(drawing.itertext())
    assert _marks(drawing, "join") == []


def test_the_rule_out_point_of_each_image_is_drawn_at_its_own_height() -> None:
    def with_point(one: Case, value: float) -> Case:
        points = {"rule_out": {"value": value}}
        return replace(one, analysis=replace(one.analysis, operating_points=points))

    cases = [with_point(case("a", 0), 0.05), with_point(case("b", 90), 0.2)]
    lines = [line.attrib["d"] for line in _marks(_drawn(cases)[0], "rule-out")]
    first, second = (float(re.findall(r"[\d.]+", line)[1]) for line in lines)
    assert second < first


def test_many_images_of_one_day_stay_inside_of_the_drawing_and_apart() -> None:
    drawing = _drawn([case(f"{number:02}", 0) for number in range(30)])[0]
    width = float(drawing[0].attrib["viewBox"].split()[2])
    places = [float(shape.attrib["x"]) for shape in _marks(drawing, "shape")]
    assert len(set(places)) == 30
    assert min(places) > 0 and max(places) < width - 10


def test_the_first_and_the_last_day_are_written_and_no_two_days_overlap() -> None:
    drawing = _drawn([case(f"{n:02}", 20 * n) for n in range(12)])[0]
    days = sorted(_marks(drawing, "day"), key=lambda day: float(day.attrib["x"]))
    assert [days[0].text, days[-1].text] == ["2 Mar 2026", "8 Oct 2026"]
    places = [float(day.attrib["x"]) for day in days]
    assert min(b - a for a, b in itertools.pairwise(places)) >= 80


def test_a_reader_who_sees_no_drawing_is_told_what_it_is() -> None:
    picture = _drawn([case("a", 0), case("b", 90)])[0][0]
    assert picture.attrib["role"] == "img"
    assert "2 images from 2 Mar 2026 to 31 May 2026" in picture.attrib["aria-label"]
