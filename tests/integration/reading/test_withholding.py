"""Verdict before reveal: until an impression is recorded, no channel tells a finding, to anybody.

Three sites have the same story; only the findings differ. On the first the image in question is
urgent and another patient's is routine, on the second the other way round, on the third neither
can be assessed. Before the impression every channel answers the same on all three, byte for byte
but for random ids. Afterwards each channel that can tell findings answers differently.
"""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

import pytest

from tests.conftest import Tell
from tests.tables.withheld_channels import CHANNELS, NEVER, SETTING, WHEN, Channel, ask_all
from tests.tables.withheld_world import World, without_random, world
from triage_app.config import PROJECT_ROOT
from triage_app.domain.reading import REVEAL_LABELS, RevealCause

KINDS = (("dark", "mild"), ("mild", "dark"), ("unlike", "unlike"))


@dataclass(frozen=True)
class Answers:
    """What each site said by each channel."""

    before: list[dict[str, str]]
    after: list[dict[str, str]]
    late: list[dict[str, str]]
    without_setting: dict[str, str]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """Ask three sites before and after an impression, and one that asks for none."""
    before, after, late = [], [], []
    for target, other in KINDS:
        with world(
            tmp_path_factory.mktemp(target), target, other, impression_first=True
        ) as withheld:
            before.append(_plain(withheld))
            withheld.reveal()
            after.append(_plain(withheld))
            withheld.clock.at += timedelta(hours=25)
            withheld.house.station.worklist.page(withheld.actor())
            late.append(
                {
                    who: without_random(
                        withheld.event("CasePage.open", [], who, address=f"id={withheld.other}")
                    )
                    for who in ("clinician", "photographer")
                }
            )
    with world(tmp_path_factory.mktemp("open"), *KINDS[0], impression_first=False) as shown:
        return Answers(before, after, late, _plain(shown))


def _plain(asked: World) -> dict[str, str]:
    return {name: without_random(text) for name, text in ask_all(asked).items()}


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda c: c.name)
def test_a_channel_tells_nothing_before_the_impression(answers: Answers, channel: Channel) -> None:
    urgent, routine, not_assessed = (said[channel.name] for said in answers.before)
    assert urgent == routine
    assert urgent == not_assessed


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda c: c.name)
def test_a_channel_that_can_tell_does_so_when_it_may(answers: Answers, channel: Channel) -> None:
    shown = {said[channel.name] for said in answers.after}
    if channel.tells == NEVER:
        assert len(shown) == 1
    elif channel.tells == SETTING:
        assert "urgent" in answers.without_setting[channel.name]
        assert "urgent" not in answers.before[0][channel.name]
    else:
        assert len(shown) > 1


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda c: c.name)
def test_an_event_of_a_page_was_answered_and_not_refused(
    answers: Answers, channel: Channel
) -> None:
    if channel.name.startswith("event "):
        assert answers.before[0][channel.name].startswith("True")


def test_an_urgent_image_that_nobody_read_in_time_is_shown_as_unblinded(answers: Answers) -> None:
    routine, urgent, not_assessed = (said["clinician"] for said in answers.late)
    assert REVEAL_LABELS[RevealCause.ESCALATED] in urgent and "level-urgent" in urgent
    assert routine == not_assessed
    assert REVEAL_LABELS[RevealCause.ESCALATED] not in routine and "level-" not in routine


def test_whoever_took_the_photograph_does_not_notice_that_it_was_escalated(
    answers: Answers,
) -> None:
    # The version counts every step, also that somebody takes the case, and so tells no cause.
    routine, urgent, _ = (
        re.sub(r"^data: \d+$", "data: version", said["photographer"], flags=re.MULTILINE)
        for said in answers.late
    )
    assert urgent == routine
    assert "Findings are shown to clinicians" in urgent


def test_the_readme_lists_the_channels() -> None:
    text = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
    for group, count in Counter(channel.group for channel in CHANNELS).items():
        assert f"| {group} | {count} |" in text


def test_the_table_of_channels_is_told(tell: Tell, answers: Answers) -> None:
    assert len(answers.before[0]) == len(CHANNELS)
    tell(
        f"withholding: {len(CHANNELS)} channels, each asked on three sites that differ in findings "
        "only: before an impression all answers are the same"
    )
    for channel in CHANNELS:
        tell(f"    {channel.name}: tells findings {WHEN[channel.tells]}")
