"""A site may make the operating points stricter, and never laxer."""

import pytest

from tests.samples import tiny_model
from triage_app.config import Settings
from triage_app.domain.errors import ConfigurationError
from triage_app.inference.classifier import Classifier
from triage_app.wiring.model import in_service


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    """A model whose card has the rule-out point at 0.3 and the rule-in point at 0.6."""
    folder = tmp_path_factory.mktemp("model")
    tiny_model.write(folder)
    return Classifier.load(folder, 1)


@pytest.mark.parametrize(("name", "card"), [("RULE_OUT", 0.3), ("RULE_IN", 0.6)])
def test_a_point_above_the_cards_stops_the_start(
    classifier: Classifier, name: str, card: float
) -> None:
    laxer = Settings.from_env({f"TRIAGE_{name}": str(card + 0.0001)})
    with pytest.raises(ConfigurationError, match=f"TRIAGE_{name}.*only make the rule stricter"):
        in_service(classifier, laxer)


def test_a_stricter_point_counts_and_the_cards_own_stays_beside_it(classifier: Classifier) -> None:
    settings = Settings.from_env({"TRIAGE_RULE_OUT": "0.1", "TRIAGE_RULE_IN": "0.6"})
    model = in_service(classifier, settings)
    assert (model.policy.rule_out, model.policy.rule_in) == (0.1, 0.6)
    assert model.operating_points["rule_out"]["value"] == 0.1
    assert model.operating_points["rule_out"]["card_value"] == 0.3
