"""What a model analyses of a framed photograph is for its card to say."""

from collections.abc import Iterator
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tests.samples import images
from tests.stations.service_station import POINTS, Station, open_station
from triage_app.domain.case import ModelIdentity
from triage_app.domain.context import NO_CONTEXT
from triage_app.domain.findings import Findings
from triage_app.domain.triage import Policy
from triage_app.imaging.decoding.pool import DecoderPool
from triage_app.imaging.intake import IntakeLimits
from triage_app.services.images.assessment import FRAME_LEFT_OUT, Assessor, ModelInService

SIDE = 240


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    with (
        DecoderPool(IntakeLimits()) as decoder,
        open_station(tmp_path_factory.mktemp("station"), decoder) as opened,
    ):
        yield opened


def framed() -> bytes:
    rows, columns = (np.mgrid[0:SIDE, 0:SIDE] + 0.5) / SIDE - 0.5
    lit = np.hypot(rows, columns) < 0.5
    return images.encoded(np.where(lit[..., None], images.square(SIDE), 5).astype(np.uint8), "PNG")


def assessor(station: Station, *, lit: bool) -> Assessor:
    model = ModelInService(
        station.classifier,  # type: ignore[arg-type]
        ModelIdentity("scripted", "0", "0" * 64),
        Policy(rule_out=0.1, rule_in=0.4),
        POINTS,
        (),
        lit_field=lit,
    )
    return Assessor(station.decoder, model, "", Policy(0.5, 0.5))


def test_a_model_of_today_analyses_the_lit_square_and_says_so(station: Station) -> None:
    found = assessor(station, lit=True).assess(framed(), NO_CONTEXT)
    side = found.decoded.crop.shape[0]
    assert 0.6 * SIDE < side < 0.8 * SIDE
    assert FRAME_LEFT_OUT in found.decoded.notes
    assert (found.decoded.width, found.decoded.height) == (SIDE, SIDE)


def test_the_stored_crop_is_the_analysed_one(station: Station) -> None:
    found = assessor(station, lit=True).assess(framed(), NO_CONTEXT)
    with Image.open(BytesIO(found.crop_jpeg)) as stored:
        assert stored.size == found.decoded.crop.shape[:2]


def test_without_a_frame_and_for_a_model_of_the_first_edition_all_is_analysed(
    station: Station,
) -> None:
    plain = images.encoded(images.square(SIDE), "PNG")
    for data, lit in ((plain, True), (framed(), False)):
        found = assessor(station, lit=lit).assess(data, NO_CONTEXT)
        assert found.decoded.crop.shape[0] == SIDE
        assert FRAME_LEFT_OUT not in found.decoded.notes
        assert isinstance(found.evidence.findings, Findings)
