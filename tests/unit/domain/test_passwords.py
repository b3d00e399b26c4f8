"""What everybody takes as a password is refused, and what few think of is taken."""

import pytest

from triage_app.domain.passwords import is_guessable


@pytest.mark.parametrize(
    "password",
    [
        "Password1234!",
        "passwordpassword",
        "PASSWORT-2026!!",
        "administrator1",
        "Welcome2Hospital",
        "letmeinletmein12",
        "qwertyuiop123456",
        "1qaz2wsx3edc4rfv",
        "abcdefghijklmnop",
        "zyxwvutsrqponm",
        "1234567890123",
        "987654321098",
        "2026-11-23 08:00",
        "blueblueblueblue",
        "bluebluebluebl",
        "xyxyxyxyxyxyxy",
        "!!!!????....,,,,",
        "dermoscopytriage",
        "desk four's own word",
    ],
)
def test_what_is_guessed_first_is_known(password: str) -> None:
    assert is_guessable(password, "Desk Four")


@pytest.mark.parametrize(
    "password",
    [
        "plain wooden ladder 7",
        "seven blue lamps",
        "correct horse battery staple",
        "k7m2-9bv6-wkxk-5ck2",
        "4711 Kölnisch Wasser",
        "痣は早めに皮膚科で診てもらう",
        "my password is a green tram",
    ],
)
def test_what_few_think_of_will_do(password: str) -> None:
    assert not is_guessable(password, "Desk Four")
