"""Signing in, one's own credentials, and what administrators do, over a real database."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest

from tests.stations.accounts_desk import ADDRESS, PASSWORD, Desk, open_desk
from triage_app.domain.errors import (
    InvalidInput,
    NotAllowedInState,
    NotPermitted,
    NotSignedIn,
    PersonNotFound,
    SignInRefused,
)
from triage_app.domain.people import FREE_FAILURES, LOCAL_USER, Actor, Permission, Role
from triage_app.domain.trail import Action, breaks
from triage_app.services.accounts.credentials import token_hash


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return open_desk(tmp_path)


def actions(desk: Desk) -> list[str]:
    return [event.action for event in desk.trail()]


def fail(desk: Desk, name: str, times: int = 1, password: str = "wrong password") -> SignInRefused:
    for _ in range(times):
        with pytest.raises(SignInRefused) as refused:
            desk.enter(name, password)
    return refused.value


# The first start


def test_the_first_start_makes_one_administrator_and_the_next_none(desk: Desk) -> None:
    assert desk.accounts.first_start() is None
    (person,) = desk.accounts.everyone(desk.administrator)
    assert person.name == "administrator"
    assert person.roles == {Role.ADMINISTRATOR}
    assert not person.must_change_password


def test_the_one_time_password_opens_nothing_but_its_own_change(desk: Desk) -> None:
    _, one_time = desk.accounts.create(desk.administrator, "Desk Four", [Role.CLINICIAN])
    token, actor = desk.enter("Desk Four", one_time)
    assert actor.must_change_password
    assert not any(actor.may(permission) for permission in Permission)
    for closed in (
        lambda: desk.accounts.begin_totp(actor),
        lambda: desk.accounts.sessions(actor),
        lambda: desk.accounts.revoke(actor, actor.session),
        lambda: desk.accounts.drop_totp(actor, one_time),
        lambda: desk.accounts.everyone(actor),
    ):
        with pytest.raises(NotPermitted):
            closed()
    with pytest.raises(InvalidInput, match="another password"):
        desk.accounts.change_password(actor, one_time, one_time)
    desk.accounts.change_password(actor, one_time, PASSWORD)
    assert desk.accounts.who(token).may(Permission.SEE_FINDINGS)
    fail(desk, "Desk Four", password=one_time)


def test_a_one_time_password_is_worth_nothing_after_three_days(desk: Desk) -> None:
    person, one_time = desk.accounts.create(desk.administrator, "Desk Four", [Role.CLINICIAN])
    desk.clock.later(hours=73)
    fail(desk, "Desk Four", password=one_time)
    again = desk.accounts.reset_password(desk.administrator, person.id)
    assert desk.enter("Desk Four", again)[1].id == person.id


# Signing in


def test_a_person_signs_in_whatever_the_case_of_the_name(desk: Desk) -> None:
    clinician = desk.hire("Desk Four", Role.CLINICIAN)
    token, actor = desk.enter("desk FOUR")
    assert actor.id == clinician
    assert desk.accounts.who(token) == actor
    assert actor.may(Permission.SEE_FINDINGS)
    assert not actor.may(Permission.MANAGE_PEOPLE)


def test_neither_token_nor_password_lies_in_the_database(desk: Desk, tmp_path: Path) -> None:
    token, _ = desk.enter("administrator")
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("triage.sqlite3*"))
    assert token_hash(token).encode() in stored
    assert token.encode() not in stored
    assert PASSWORD.encode() not in stored
    assert desk.one_time["administrator"].encode() not in stored


def test_a_wrong_password_and_an_unknown_name_are_answered_alike(desk: Desk) -> None:
    desk.hire("Desk Four", Role.CLINICIAN)
    for _ in range(FREE_FAILURES + 3):
        known, unknown = fail(desk, "Desk Four"), fail(desk, "Nobody Here")
        assert str(known) == str(unknown)
        assert known.wait_s == unknown.wait_s
        desk.clock.later(seconds=7)
    assert known.wait_s > 0


def test_an_unknown_name_costs_the_same_work(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    passwords, checked = desk.accounts._passwords, []
    real = passwords.matches

    def counted(password: str, stored: str) -> bool:
        checked.append(stored)
        return real(password, stored)

    monkeypatch.setattr(passwords, "matches", counted)
    fail(desk, "administrator")
    fail(desk, "Nobody Here")
    assert len(checked) == 2
    assert all(stored.startswith("$argon2id$") for stored in checked)
    assert checked[0].split("$")[3] == checked[1].split("$")[3], "the same parameters"


def test_failures_lock_the_account_ever_longer_and_it_opens_by_itself(desk: Desk) -> None:
    desk.hire("Desk Four", Role.CLINICIAN)
    assert fail(desk, "Desk Four", FREE_FAILURES - 1).wait_s == 0
    assert fail(desk, "Desk Four").wait_s == 30
    desk.clock.later(seconds=29)
    locked = fail(desk, "Desk Four", 3, password=PASSWORD)
    assert locked.wait_s == 1, "attempts on a locked account do not prolong the lock"
    desk.clock.later(seconds=1)
    assert fail(desk, "Desk Four").wait_s == 60
    desk.clock.later(seconds=60)
    desk.enter("Desk Four")
    assert fail(desk, "Desk Four").wait_s == 0, "a success starts the count again"


def test_a_lock_set_by_a_clock_that_jumped_does_not_last(desk: Desk) -> None:
    desk.hire("Desk Four", Role.CLINICIAN)
    desk.clock.later(days=400)
    fail(desk, "Desk Four", FREE_FAILURES)
    desk.clock.later(days=-400)
    assert desk.enter("Desk Four")[1].name == "Desk Four"


@pytest.mark.parametrize("name", ["", "\x00", "\ud800", "x" * 100_000, "administrator\x00"])
def test_no_name_makes_the_sign_in_fail_in_another_way(desk: Desk, name: str) -> None:
    fail(desk, name)
    fail(desk, "administrator", password=name)


def test_what_was_typed_at_the_sign_in_is_not_in_the_trail(desk: Desk) -> None:
    fail(desk, "my-secret-typed-as-name")
    with pytest.raises(SignInRefused):
        desk.accounts.sign_in("administrator", "wrong password", "", "<made up address>")
    unknown, wrong = desk.trail()[-2:]
    assert json.loads(unknown.details) == {"reason": "unknown", "address": ADDRESS}
    assert json.loads(wrong.details) == {"reason": "password", "address": ""}
    assert (unknown.actor, unknown.subject) == ("", "")
    assert (wrong.actor, wrong.subject) == ("", desk.administrator.id)


def test_a_shut_account_is_refused_like_a_wrong_password(desk: Desk) -> None:
    clinician = desk.hire("Desk Four", Role.CLINICIAN)
    desk.accounts.change(desk.administrator, clinician, [Role.CLINICIAN], active=False)
    assert str(fail(desk, "Desk Four", password=PASSWORD)) == str(fail(desk, "Nobody Here"))


def test_no_session_opens_when_the_trail_cannot_be_written(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from triage_app.domain.errors import StorageUnavailable
    from triage_app.storage.repositories.trail import SqlTrailRepository

    def broken(*_: object) -> None:
        raise StorageUnavailable("The disk is full.")

    monkeypatch.setattr(SqlTrailRepository, "append", broken)
    before = desk.accounts.sessions(desk.administrator)
    with pytest.raises(StorageUnavailable):
        desk.enter("administrator")
    assert desk.accounts.sessions(desk.administrator) == before


# Sessions


def test_a_session_ends_when_idle_when_too_old_and_on_signing_out(desk: Desk) -> None:
    token, _ = desk.enter("administrator")
    desk.clock.later(minutes=29)
    desk.accounts.who(token)
    desk.clock.later(minutes=29)
    desk.accounts.who(token)
    desk.clock.later(minutes=31)
    with pytest.raises(NotSignedIn):
        desk.accounts.who(token)

    token, _ = desk.enter("administrator")
    for _ in range(36):
        desk.clock.later(minutes=20)
        desk.accounts.who(token)
    desk.clock.later(minutes=1)
    with pytest.raises(NotSignedIn):
        desk.accounts.who(token)

    token, _ = desk.enter("administrator")
    desk.accounts.sign_out(token)
    desk.accounts.sign_out(token)
    with pytest.raises(NotSignedIn):
        desk.accounts.who(token)
    assert actions(desk)[-1] == Action.SIGNED_OUT


def test_what_a_page_does_by_itself_keeps_no_session_alive(desk: Desk) -> None:
    token, _ = desk.enter("administrator")
    for _ in range(6):
        desk.clock.later(minutes=5)
        desk.accounts.who(token, touch=False)
    desk.clock.later(seconds=1)
    with pytest.raises(NotSignedIn):
        desk.accounts.who(token, touch=False)


def test_use_is_noted_at_most_once_a_minute(desk: Desk) -> None:
    token, actor = desk.enter("administrator")

    def seen() -> object:
        return next(s.last_seen_at for s in desk.accounts.sessions(actor) if s.id == actor.session)

    first = seen()
    desk.clock.later(seconds=59)
    desk.accounts.who(token)
    assert seen() == first
    desk.clock.later(seconds=1)
    desk.accounts.who(token)
    assert seen() == first + timedelta(seconds=60)  # type: ignore[operator]


def test_a_clock_that_jumped_back_ends_the_session(desk: Desk) -> None:
    token, _ = desk.enter("administrator")
    desk.clock.later(minutes=29)
    desk.accounts.who(token)
    desk.clock.later(minutes=-20)
    with pytest.raises(NotSignedIn):
        desk.accounts.who(token)


@pytest.mark.parametrize("token", ["", "x", "\x00", "\ud800", "x" * 100_000])
def test_a_made_up_token_is_nobody(desk: Desk, token: str) -> None:
    with pytest.raises(NotSignedIn):
        desk.accounts.who(token)
    desk.accounts.sign_out(token)


def test_people_end_their_own_sessions_and_administrators_anybodys(desk: Desk) -> None:
    desk.hire("Desk Four", Role.CLINICIAN)
    other = desk.hire("Desk Five", Role.CLINICIAN)
    first_token, four = desk.enter("Desk Four")
    second_token, _ = desk.enter("Desk Four")
    five_token, five = desk.enter("Desk Five")

    with pytest.raises(NotPermitted):
        desk.accounts.sessions(four, other)
    with pytest.raises(NotPermitted):
        desk.accounts.revoke(four, five.session)
    desk.accounts.revoke(four, desk.accounts.who(second_token).session)
    with pytest.raises(NotSignedIn):
        desk.accounts.who(second_token)
    desk.accounts.who(first_token)

    found = [s.id for s in desk.accounts.sessions(desk.administrator, other)]
    assert five.session in found
    desk.accounts.revoke(desk.administrator, five.session)
    with pytest.raises(NotSignedIn):
        desk.accounts.who(five_token)
    last = desk.trail()[-1]
    assert (last.action, last.actor) == (Action.SESSION_REVOKED, desk.administrator.id)
    desk.accounts.revoke(desk.administrator, five.session)
    assert desk.trail()[-1] == last, "an ended session is not ended again"


def test_sessions_that_ended_long_ago_are_forgotten(desk: Desk) -> None:
    desk.enter("administrator")
    desk.clock.later(days=91)
    assert desk.accounts.forget_old_sessions() >= 1
    assert desk.accounts.forget_old_sessions() == 0


# One's own password


def test_a_new_password_ends_the_other_sessions_only(desk: Desk) -> None:
    desk.hire("Desk Four", Role.CLINICIAN)
    token, actor = desk.enter("Desk Four")
    other, _ = desk.enter("Desk Four")
    desk.accounts.change_password(actor, PASSWORD, "another wooden ladder 8")
    desk.accounts.who(token)
    with pytest.raises(NotSignedIn):
        desk.accounts.who(other)
    fail(desk, "Desk Four", password=PASSWORD)
    desk.enter("Desk Four", "another wooden ladder 8")


def test_guessing_the_password_at_an_open_session_locks_too(desk: Desk) -> None:
    desk.hire("Desk Four", Role.CLINICIAN)
    _, actor = desk.enter("Desk Four")
    for _ in range(FREE_FAILURES):
        with pytest.raises(InvalidInput, match="present password") as refused:
            desk.accounts.change_password(actor, "a guess", "another wooden ladder 8")
        assert refused.value.field == "old"
    with pytest.raises(SignInRefused):
        desk.accounts.change_password(actor, PASSWORD, "another wooden ladder 8")
    with pytest.raises(SignInRefused):
        desk.accounts.drop_totp(actor, PASSWORD)


@pytest.mark.parametrize("new", ["short", "x" * 200, "aaaaaaaaaaaaaaaa", "my desk four word"])
def test_a_weak_password_is_refused_by_name(desk: Desk, new: str) -> None:
    desk.hire("Desk Four", Role.CLINICIAN)
    _, actor = desk.enter("Desk Four")
    with pytest.raises(InvalidInput) as refused:
        desk.accounts.change_password(actor, PASSWORD, new)
    assert refused.value.field == "password"
    desk.enter("Desk Four", PASSWORD)


def test_an_accent_may_be_typed_in_either_way(desk: Desk) -> None:
    desk.hire("Desk Four", Role.CLINICIAN)
    _, actor = desk.enter("Desk Four")
    desk.accounts.change_password(actor, PASSWORD, "la fen\u00eatre du caf\u00e9")
    assert desk.enter("Desk Four", "la fene\u0302tre du cafe\u0301")[1].id == actor.id


def test_the_local_user_has_no_password(desk: Desk) -> None:
    with pytest.raises(PersonNotFound):
        desk.accounts.change_password(LOCAL_USER, PASSWORD, "another wooden ladder 8")


# The authenticator


def enrolled(desk: Desk, name: str) -> tuple[Actor, pyotp.TOTP]:
    _, actor = desk.enter(name)
    begun = desk.accounts.begin_totp(actor)
    totp = pyotp.TOTP(begun.secret)
    desk.accounts.confirm_totp(actor, begun.secret, totp.at(desk.clock.at), PASSWORD)
    return actor, totp


def test_with_an_authenticator_the_password_alone_opens_nothing(desk: Desk) -> None:
    desk.hire("Desk Four", Role.CLINICIAN)
    _, totp = enrolled(desk, "Desk Four")
    desk.clock.later(seconds=60)
    fail(desk, "Desk Four", password=PASSWORD)
    with pytest.raises(SignInRefused):
        desk.enter("Desk Four", "wrong password", totp.at(desk.clock.at))
    assert desk.enter("Desk Four", PASSWORD, totp.at(desk.clock.at))[1].name == "Desk Four"


def test_a_code_works_once_even_the_one_that_confirmed(desk: Desk) -> None:
    desk.hire("Desk Four", Role.CLINICIAN)
    _, totp = enrolled(desk, "Desk Four")
    with pytest.raises(SignInRefused):
        desk.enter("Desk Four", PASSWORD, totp.at(desk.clock.at))
    desk.clock.later(seconds=30)
    code = totp.at(desk.clock.at)
    desk.enter("Desk Four", PASSWORD, f"{code[:3]} {code[3:]}")
    with pytest.raises(SignInRefused):
        desk.enter("Desk Four", PASSWORD, code)


@pytest.mark.parametrize(("shift", "counts"), [(-30, True), (30, True), (-60, False), (60, False)])
def test_a_device_may_be_one_step_off(desk: Desk, shift: int, counts: bool) -> None:
    desk.hire("Desk Four", Role.CLINICIAN)
    _, totp = enrolled(desk, "Desk Four")
    desk.clock.later(minutes=10)
    code = totp.at(desk.clock.at + timedelta(seconds=shift))
    if counts:
        desk.enter("Desk Four", PASSWORD, code)
    else:
        with pytest.raises(SignInRefused):
            desk.enter("Desk Four", PASSWORD, code)


def test_nothing_is_set_up_before_a_code_and_the_password_prove_it(desk: Desk) -> None:
    desk.hire("Desk Four", Role.CLINICIAN)
    token, actor = desk.enter("Desk Four")
    begun = desk.accounts.begin_totp(actor)
    right = pyotp.TOTP(begun.secret).at(desk.clock.at)
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    for secret, code, password, field in (
        (begun.secret, wrong, PASSWORD, "code"),
        (begun.secret, "", PASSWORD, "code"),
        ("A" * 24, pyotp.TOTP("A" * 24).at(desk.clock.at), PASSWORD, "code"),
        (begun.secret, right, "wrong password", "old"),
    ):
        with pytest.raises(InvalidInput) as refused:
            desk.accounts.confirm_totp(actor, secret, code, password)
        assert refused.value.field == field
    assert not desk.accounts.own(actor).totp_secret
    desk.accounts.who(token)
    assert desk.enter("Desk Four")[1].id == actor.id


def test_the_enrolment_names_person_and_site_and_needs_no_network(desk: Desk) -> None:
    begun = desk.accounts.begin_totp(desk.administrator)
    parsed = pyotp.parse_uri(begun.uri)
    assert isinstance(parsed, pyotp.TOTP)
    assert (parsed.name, parsed.issuer) == ("administrator", "Dermoscopy triage")
    assert begun.svg.startswith("<svg")
    assert begun.secret not in begun.svg


def test_the_authenticator_goes_with_the_password_or_by_a_reset(desk: Desk) -> None:
    person = desk.hire("Desk Four", Role.CLINICIAN)
    actor, _ = enrolled(desk, "Desk Four")
    assert desk.accounts.own(actor).totp_secret == "set"
    with pytest.raises(InvalidInput):
        desk.accounts.drop_totp(actor, "wrong password")
    desk.accounts.drop_totp(actor, PASSWORD)
    desk.enter("Desk Four")

    enrolled(desk, "Desk Four")
    one_time = desk.accounts.reset_password(desk.administrator, person)
    assert desk.enter("Desk Four", one_time)[1].must_change_password
    assert json.loads(desk.trail()[-2].details)["authenticator_dropped"] is True


def test_of_many_who_use_one_code_at_once_only_one_gets_in(desk: Desk) -> None:
    desk.hire("Desk Four", Role.CLINICIAN)
    _, totp = enrolled(desk, "Desk Four")
    desk.clock.later(seconds=30)
    code = totp.at(desk.clock.at)

    def attempt(_: int) -> bool:
        try:
            desk.enter("Desk Four", PASSWORD, code)
        except SignInRefused:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(4))) == 1


def test_attempts_made_at_once_are_all_counted(desk: Desk) -> None:
    desk.hire("Desk Four", Role.CLINICIAN)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: fail(desk, "Desk Four"), range(FREE_FAILURES)))
    assert fail(desk, "Desk Four", password=PASSWORD).wait_s == 30
    assert breaks(desk.trail()) == []


# What administrators do


@pytest.mark.parametrize("role", [Role.CLINICIAN, Role.PHOTOGRAPHER, Role.AUDITOR])
def test_only_administrators_manage_people(desk: Desk, role: Role) -> None:
    desk.hire("Desk Four", role)
    _, actor = desk.enter("Desk Four")
    before = desk.trail()
    for closed in (
        lambda: desk.accounts.everyone(actor),
        lambda: desk.accounts.create(actor, "Desk Five", [Role.ADMINISTRATOR]),
        lambda: desk.accounts.change(actor, actor.id, [Role.ADMINISTRATOR], True),
        lambda: desk.accounts.reset_password(actor, desk.administrator.id),
        lambda: desk.accounts.sessions(actor, desk.administrator.id),
    ):
        with pytest.raises(NotPermitted):
            closed()
    assert desk.trail() == before


@pytest.mark.parametrize("name", ["", "ab", "x" * 65, "Desk\u202eFour", "Desk\x00Four"])
def test_a_name_that_cannot_be_used_is_refused(desk: Desk, name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        desk.accounts.create(desk.administrator, name, [Role.CLINICIAN])
    assert refused.value.field == "name"


def test_a_name_is_taken_whatever_its_case(desk: Desk) -> None:
    desk.hire("Desk Four", Role.CLINICIAN)
    with pytest.raises(InvalidInput) as refused:
        desk.accounts.create(desk.administrator, "DESK four", [Role.CLINICIAN])
    assert refused.value.field == "name"
    with pytest.raises(InvalidInput) as refused:
        desk.accounts.create(desk.administrator, "Desk Five", [])
    assert refused.value.field == "roles"


def test_lost_rights_end_sessions_and_gained_ones_count_at_once(desk: Desk) -> None:
    person = desk.hire("Desk Four", Role.CLINICIAN)
    token, _ = desk.enter("Desk Four")
    both = [Role.CLINICIAN, Role.AUDITOR]
    desk.accounts.change(desk.administrator, person, both, active=True)
    assert desk.accounts.who(token).may(Permission.READ_TRAIL)
    desk.accounts.change(desk.administrator, person, [Role.AUDITOR], active=True)
    with pytest.raises(NotSignedIn):
        desk.accounts.who(token)
    token, actor = desk.enter("Desk Four")
    assert not actor.may(Permission.SEE_FINDINGS)
    desk.accounts.change(desk.administrator, person, [Role.AUDITOR], active=False)
    with pytest.raises(NotSignedIn):
        desk.accounts.who(token)


def test_the_last_active_administrator_stays(desk: Desk) -> None:
    me = desk.administrator
    for roles, active in (([Role.CLINICIAN], True), ([Role.ADMINISTRATOR], False)):
        with pytest.raises(NotAllowedInState, match="last active administrator"):
            desk.accounts.change(me, me.id, roles, active)
    second = desk.hire("Desk Five", Role.ADMINISTRATOR)
    desk.accounts.change(me, second, [Role.ADMINISTRATOR], active=False)
    with pytest.raises(NotAllowedInState):
        desk.accounts.change(me, me.id, [Role.CLINICIAN], active=True)
    desk.accounts.change(me, second, [Role.ADMINISTRATOR], active=True)
    desk.accounts.change(me, me.id, [Role.CLINICIAN], active=True)


def test_no_account_is_handed_out_with_its_secrets(desk: Desk) -> None:
    desk.hire("Desk Four", Role.CLINICIAN)
    actor, _ = enrolled(desk, "Desk Four")
    created, _ = desk.accounts.create(desk.administrator, "Desk Five", [Role.AUDITOR])
    changed = desk.accounts.change(desk.administrator, actor.id, [Role.CLINICIAN], True)
    for person in (*desk.accounts.everyone(desk.administrator), created, changed):
        assert person.password_hash == ""
        assert person.totp_secret in ("", "set")


def test_everything_is_in_the_trail_by_id_and_the_chain_holds(desk: Desk) -> None:
    person = desk.hire("Desk Four", Role.CLINICIAN)
    enrolled(desk, "Desk Four")
    desk.accounts.reset_password(desk.administrator, person)
    desk.accounts.change(desk.administrator, person, [Role.AUDITOR], active=False)
    events = desk.trail()
    assert breaks(events) == []
    assert [e.action for e in events if e.subject == person] == [
        Action.PERSON_CREATED,
        Action.SIGNED_IN,
        Action.PASSWORD_CHANGED,
        Action.SIGNED_IN,
        Action.TOTP_CHANGED,
        Action.PASSWORD_CHANGED,
        Action.PERSON_CHANGED,
    ]
    text = "".join(f"{e.actor}{e.subject}{e.details}" for e in events)
    for name in ("Desk", "Four", PASSWORD, desk.one_time["administrator"]):
        assert name not in text


def test_a_change_and_its_event_are_stored_together_or_not_at_all(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from triage_app.domain.errors import StorageUnavailable
    from triage_app.storage.repositories.trail import SqlTrailRepository

    person = desk.hire("Desk Four", Role.CLINICIAN)
    before = desk.accounts.everyone(desk.administrator)

    def broken(*_: object) -> None:
        raise StorageUnavailable("The disk is full.")

    monkeypatch.setattr(SqlTrailRepository, "append", broken)
    attempts: list[Callable[[], object]] = [
        lambda: desk.accounts.create(desk.administrator, "Desk Five", [Role.AUDITOR]),
        lambda: desk.accounts.change(desk.administrator, person, [Role.AUDITOR], True),
        lambda: desk.accounts.reset_password(desk.administrator, person),
        lambda: desk.accounts.change_password(desk.administrator, PASSWORD, PASSWORD + "!"),
    ]
    for attempt in attempts:
        with pytest.raises(StorageUnavailable):
            attempt()
    assert desk.accounts.everyone(desk.administrator) == before


def test_an_actor_made_up_from_an_old_session_is_checked_by_its_permissions(desk: Desk) -> None:
    nobody = replace(desk.administrator, permissions=frozenset())
    with pytest.raises(NotPermitted):
        desk.accounts.everyone(nobody)
