"""What the bench puts in the network's place must be called as the network is."""

import inspect

from tests.bench.keras_reference import KerasNetwork
from triage_app.inference.runtime import Network


def test_the_reference_takes_what_the_network_takes() -> None:
    ours, theirs = (inspect.signature(kind.forward) for kind in (Network, KerasNetwork))
    assert theirs == ours
