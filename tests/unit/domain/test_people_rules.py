"""What roles allow, how long an account stays locked, when a session ends, which passwords do."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from triage_app.domain.errors import InvalidInput, NotPermitted
from triage_app.domain.people import (
    EVERYTHING,
    FREE_FAILURES,
    LONGEST_LOCK,
    ROLE_LABELS,
    ROLE_PERMISSIONS,
    Actor,
    Permission,
    Person,
    Role,
    SignIn,
    check_password,
    is_current,
    locked_until,
)

AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
SECOND = timedelta(seconds=1)

READS_PATIENTS = {
    Permission.SEE_OWN_UPLOADS,
    Permission.SEE_FINDINGS,
    Permission.CHANGE_CASES,
    Permission.ISSUE_REPORTS,
}


def person(*roles: Role) -> Person:
    return Person("a" * 32, "Anna", frozenset(roles), "", AT, AT)


def session(created: timedelta = timedelta(), seen: timedelta = timedelta()) -> SignIn:
    return SignIn("s", "h", "a" * 32, AT - created, AT - seen, "::1")


def test_every_role_has_a_label_and_permissions() -> None:
    assert set(ROLE_LABELS) == set(ROLE_PERMISSIONS) == set(Role)


def test_a_photographer_may_upload_and_see_the_own_uploads_and_nothing_else() -> None:
    assert person(Role.PHOTOGRAPHER).permissions == {Permission.UPLOAD, Permission.SEE_OWN_UPLOADS}


def test_an_auditor_reads_the_trail_and_counts_but_nothing_of_a_patient() -> None:
    allowed = person(Role.AUDITOR).permissions
    assert allowed == {Permission.READ_TRAIL, Permission.READ_STATISTICS}


def test_an_administrator_reads_no_case_and_a_clinician_runs_no_site() -> None:
    assert not person(Role.ADMINISTRATOR).permissions & READS_PATIENTS
    runs = {Permission.MANAGE_PEOPLE, Permission.MANAGE_SITE, Permission.ERASE}
    assert not person(Role.CLINICIAN).permissions & runs


def test_nobody_but_an_auditor_reads_the_trail() -> None:
    readers = [role for role in Role if Permission.READ_TRAIL in person(role).permissions]
    assert readers == [Role.AUDITOR]


def test_roles_add_up_and_no_role_allows_nothing() -> None:
    both = person(Role.PHOTOGRAPHER, Role.AUDITOR).permissions
    assert both == ROLE_PERMISSIONS[Role.PHOTOGRAPHER] | ROLE_PERMISSIONS[Role.AUDITOR]
    assert person().permissions == frozenset()


@pytest.mark.parametrize("permission", list(Permission))
def test_what_is_not_allowed_is_refused_and_before_a_forced_change_all_is(
    permission: Permission,
) -> None:
    Actor("a", "Anna", frozenset({permission})).require(permission)
    for refused in (
        Actor("a", "Anna", EVERYTHING - {permission}),
        Actor("a", "Anna", EVERYTHING, must_change_password=True),
    ):
        with pytest.raises(NotPermitted):
            refused.require(permission)


def test_some_failures_are_free_and_then_each_doubles_the_lock() -> None:
    assert [locked_until(n, AT) for n in range(FREE_FAILURES)] == [None] * FREE_FAILURES
    locks = [locked_until(FREE_FAILURES + n, AT) for n in range(4)]
    assert [until and (until - AT).total_seconds() for until in locks] == [30, 60, 120, 240]


@pytest.mark.parametrize("failures", [12, 100, 10**6, 10**12])
def test_no_number_of_failures_locks_an_account_for_good(failures: int) -> None:
    assert locked_until(failures, AT) == AT + LONGEST_LOCK


def test_a_session_ends_after_idling_and_after_its_longest_time() -> None:
    assert is_current(session(), AT, IDLE, LONGEST)
    assert is_current(session(LONGEST, IDLE), AT, IDLE, LONGEST)
    assert not is_current(session(LONGEST, IDLE + SECOND), AT, IDLE, LONGEST)
    assert not is_current(session(LONGEST + SECOND), AT, IDLE, LONGEST)


def test_a_revoked_session_is_over_at_once() -> None:
    assert not is_current(replace(session(), revoked_at=AT), AT, IDLE, LONGEST)


def test_a_clock_that_jumped_back_ends_a_session_and_a_small_step_does_not() -> None:
    assert is_current(session(), AT - timedelta(minutes=1), IDLE, LONGEST)
    assert not is_current(session(), AT - timedelta(hours=1), IDLE, LONGEST)
    assert not is_current(session(LONGEST), AT - timedelta(hours=1), IDLE, LONGEST)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "Kännchen-Tee 4711",
        "密码很长也可以用来登录的啊",
        "pass phrase " * 9,
    ],
)
def test_a_long_password_of_any_characters_will_do(password: str) -> None:
    check_password(password, "Anna")


@pytest.mark.parametrize(
    "password",
    ["", "short", "x" * 11, "x" * 129, "abababababababab", "i am ANNA, let me in", "annaannaanna"],
)
def test_a_password_that_is_guessed_or_too_long_is_refused(password: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_password(password, "Anna")
    assert refusal.value.field == "password"
    assert not password or password not in str(refusal.value)
