"""Passwords, tokens and codes as they are at work, without a database."""

from datetime import UTC, datetime, timedelta
from threading import Thread

import pyotp
import pytest
from argon2 import PasswordHasher, Type, extract_parameters

from triage_app.domain.errors import TooManyRequests
from triage_app.services.accounts import credentials
from triage_app.services.accounts.credentials import (
    Passwords,
    accepted_step,
    enrolment,
    is_secret,
    new_token,
    one_time_password,
    token_hash,
)

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_passwords_are_hashed_with_argon2id_at_the_cost_that_rfc_9106_asks_for() -> None:
    passwords = Passwords()
    stored = passwords.hash("plain wooden ladder 7")
    parameters = extract_parameters(stored)
    assert parameters.type is Type.ID
    assert (parameters.time_cost, parameters.memory_cost, parameters.parallelism) == (3, 65536, 4)
    assert passwords.matches("plain wooden ladder 7", stored)
    assert not passwords.matches("plain wooden ladder 8", stored)
    assert not passwords.outdated(stored)
    assert passwords.hash("plain wooden ladder 7") != stored, "each has a salt of its own"


def test_a_hash_made_with_less_work_is_known_as_such() -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("x")
    assert Passwords().outdated(weak)


@pytest.mark.parametrize("stored", ["", "plain", "$argon2id$v=19$broken"])
def test_a_damaged_hash_lets_nobody_in(stored: str) -> None:
    assert not Passwords().matches("plain", stored)


def test_only_a_few_passwords_are_checked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "LONGEST_WAIT_S", 0.05)
    passwords = Passwords()
    with passwords._slot(), passwords._slot():
        refused: list[TooManyRequests] = []

        def third() -> None:
            try:
                passwords.hash("x")
            except TooManyRequests as error:
                refused.append(error)

        thread = Thread(target=third)
        thread.start()
        thread.join()
    assert len(refused) == 1
    assert passwords.hash("x")


def test_one_time_passwords_and_tokens_cannot_be_guessed_or_misread() -> None:
    many = {one_time_password() for _ in range(500)}
    assert len(many) == 500
    for password in many:
        groups = password.split("-")
        assert [len(group) for group in groups] == [4] * 4
        assert not set(password) & set("01ilo")
    tokens = {new_token() for _ in range(500)}
    assert len(tokens) == 500
    assert all(len(token) >= 43 for token in tokens)
    assert len(token_hash(tokens.pop())) == 64


def test_codes_of_a_known_secret_agree_with_rfc_6238() -> None:
    # RFC 6238, appendix B, SHA-1, shortened to six digits.
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    for seconds, code in ((59, "287082"), (1111111109, "081804"), (2000000000, "279037")):
        at = datetime.fromtimestamp(seconds, UTC)
        assert accepted_step(secret, code, at, 0) == seconds // 30


def test_a_code_counts_within_one_step_and_never_twice() -> None:
    secret = enrolment("Desk", "Clinic").secret
    totp, step = pyotp.TOTP(secret), int(AT.timestamp()) // 30
    for shift in (-1, 0, 1):
        code = totp.at(AT + timedelta(seconds=30 * shift))
        assert accepted_step(secret, code, AT, 0) == step + shift
        assert accepted_step(secret, code, AT, step + shift) is None
    for shift in (-2, 2):
        assert accepted_step(secret, totp.at(AT + timedelta(seconds=30 * shift)), AT, 0) is None


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "abcdef", "\u0661\u0662\u0663\u0664\u0665\u0666"]
)
def test_what_is_not_six_digits_is_no_code(code: str) -> None:
    assert accepted_step(enrolment("Desk", "Clinic").secret, code, AT, 0) is None


def test_only_secrets_that_were_made_here_are_taken() -> None:
    assert is_secret(enrolment("Desk", "Clinic").secret)
    for text in ("", "A" * 31, "a" * 32, "A" * 33, "A" * 31 + "1", "A" * 32 + "\n"):
        assert not is_secret(text)
