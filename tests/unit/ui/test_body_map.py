"""The drawing of the body map: every place has a site and a side, and both halves are equal."""

import re
from dataclasses import dataclass
from xml.etree import ElementTree as ET

import pytest

from triage_app.config import PROJECT_ROOT
from triage_app.domain.context import Laterality, Site
from triage_app.domain.lesion import BodyView

STATIC = PROJECT_ROOT / "triage_app" / "ui" / "static"
SVG = "{http://www.w3.org/2000/svg}"
DRAWING = ET.parse(STATIC / "bodymap.svg").getroot()
WORDS = (STATIC / "words-lesions.js").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Region:
    """A part of a drawing that can be chosen, with the place that the keyboard chooses."""

    view: str
    part: str
    site: str
    side: str
    seen: str
    opens: str
    x: float
    y: float


def _views() -> dict[str, tuple[float, float, list[Region]]]:
    views = {}
    for drawn in DRAWING.iter(f"{SVG}svg"):
        name = drawn.get("data-view")
        if name is None:
            continue
        _, _, width, height = (float(number) for number in drawn.attrib["viewBox"].split())
        found = [
            _region(name, path) for path in drawn.iter(f"{SVG}path") if "data-part" in path.attrib
        ]
        views[name] = (width, height, found)
    return views


def _region(view: str, path: ET.Element) -> Region:
    x, y = (float(number) for number in path.attrib["data-at"].split())
    named = {
        name: path.get(f"data-{name}", "") for name in ("part", "site", "side", "seen", "opens")
    }
    return Region(view=view, x=x, y=y, **named)


VIEWS = _views()
REGIONS = [region for _, _, regions in VIEWS.values() for region in regions]


def test_there_is_a_drawing_for_each_view_of_the_domain() -> None:
    assert set(VIEWS) == {view.value for view in BodyView}


def test_every_region_has_a_body_site_and_a_side_of_the_domain() -> None:
    assert {region.site for region in REGIONS} <= {site.value for site in Site}
    assert {region.side for region in REGIONS} == {side.value for side in Laterality}


def test_every_body_site_can_be_marked() -> None:
    marked = {region.site for region in REGIONS if not region.opens}
    assert marked == {site.value for site in Site}


@pytest.mark.parametrize("view", VIEWS)
def test_the_place_that_the_keyboard_chooses_lies_on_the_drawing(view: str) -> None:
    width, height, regions = VIEWS[view]
    assert all(0 < region.x < width and 0 < region.y < height for region in regions)


def test_left_and_right_have_the_same_parts() -> None:
    def parts(side: str) -> list[tuple[str, str, str, str]]:
        # In profile each side is a drawing of its own.
        return sorted(
            (r.view, r.part, r.site, "" if r.seen == side else r.seen)
            for r in REGIONS
            if r.side == side
        )

    assert parts("left") == parts("right")


@pytest.mark.parametrize(("view", "right_is_on_the_left"), [("front", True), ("back", False)])
def test_sides_are_those_of_the_patient(view: str, right_is_on_the_left: bool) -> None:
    width, _, regions = VIEWS[view]
    sided = [region for region in regions if region.side != "midline"]
    assert all(
        (region.x < width / 2) == ((region.side == "right") == right_is_on_the_left)
        for region in sided
    )
    middle = [region for region in regions if region.side == "midline"]
    assert all(abs(region.x - width / 2) < 1 for region in middle)


@pytest.mark.parametrize("view", ["front", "back"])
def test_both_halves_of_the_body_mirror_each_other(view: str) -> None:
    width, _, regions = VIEWS[view]
    left = sorted((r.part, width - r.x, r.y) for r in regions if r.side == "left")
    right = sorted((r.part, r.x, r.y) for r in regions if r.side == "right")
    assert left == right
    corners = _corners(view)
    for x, y in corners:
        assert min(abs(width - x - other) + abs(y - level) for other, level in corners) < 0.25


def _corners(view: str) -> list[tuple[float, float]]:
    """All points of the outline of a drawing that has only one."""
    outline = next(e for e in DRAWING.iter(f"{SVG}path") if e.get("id") == f"{view}-0")
    numbers = [float(number) for number in re.findall(r"-?[\d.]+", outline.attrib["d"])]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def test_a_part_that_is_too_small_leads_to_a_drawing_that_has_its_place() -> None:
    for region in REGIONS:
        if region.opens:
            assert region.opens in VIEWS
            sites = {other.site for other in VIEWS[region.opens][2]}
            assert region.site in sites


def test_every_part_has_a_name_to_be_read_out() -> None:
    unnamed = {region.part for region in REGIONS if f"  {region.part}: " not in WORDS}
    assert unnamed == set()


def test_the_drawing_holds_no_script_and_no_reference_to_elsewhere() -> None:
    for element in DRAWING.iter():
        assert element.tag != f"{SVG}script"
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            if name.endswith("href"):
                assert value.startswith("#")
