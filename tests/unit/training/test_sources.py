"""One source left out, or looked at alone."""

import pytest

from triage_app.training.data import Record
from triage_app.training.errors import UnknownSource
from triage_app.training.sources import only, without

RECORDS = [
    Record(f"{n}.jpg", str(n), "nv", "train", source=source)
    for n, source in enumerate(["vienna", "athens", "vienna", ""])
]


def test_a_source_left_out_and_the_same_source_alone_make_up_all() -> None:
    assert [r.image for r in without(RECORDS, "vienna")] == ["1.jpg", "3.jpg"]
    assert [r.image for r in only(RECORDS, "vienna")] == ["0.jpg", "2.jpg"]


def test_without_a_name_everything_takes_part() -> None:
    assert without(RECORDS, "") == only(RECORDS, "") == RECORDS


@pytest.mark.parametrize("choose", [only, without])
def test_a_source_that_is_not_there_is_an_error_that_names_those_that_are(choose: object) -> None:
    with pytest.raises(UnknownSource, match=r"\(none\), athens, vienna"):
        choose(RECORDS, "rome")  # type: ignore[operator]
