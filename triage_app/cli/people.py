"""Accounts from the terminal: ``people list|add|reset|shut``."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from triage_app.config import Settings
from triage_app.domain.errors import PersonNotFound
from triage_app.domain.people import TERMINAL, Person, Role
from triage_app.services.accounts.accounts import Accounts
from triage_app.wiring import bootstrap

Commands = argparse._SubParsersAction  # the type that add_subparsers returns has no public name


def add_people(sub: "Commands[argparse.ArgumentParser]") -> None:
    """``people``."""
    people = sub.add_parser(
        "people",
        help="list, add, reset or shut accounts",
        description="Accounts. The trail notes these changes as made from the terminal.",
    )
    kinds = people.add_subparsers(dest="step", required=True, metavar="STEP")
    kinds.add_parser("list", help="all accounts").set_defaults(run=list_people)
    add = kinds.add_parser("add", help="create an account; prints its one-time password")
    add.add_argument("name", metavar="NAME")
    add.add_argument(
        "--role",
        action="append",
        required=True,
        choices=[role.value for role in Role],
        help="may be repeated",
    )
    add.set_defaults(run=add_person)
    for step, text, run in (
        ("reset", "new one-time password; ends sessions, lock and authenticator", reset_person),
        ("shut", "shut an account and end its sessions", shut_person),
    ):
        command = kinds.add_parser(step, help=text)
        command.add_argument("name", metavar="NAME")
        command.set_defaults(run=run)


def list_people(_: argparse.Namespace, settings: Settings) -> int:
    """One line for each account."""
    with _accounts(settings) as accounts:
        for person in accounts.everyone(TERMINAL):
            print(f"{person.id}  {person.name}  ({_roles(person)}){_state(person)}")
    return 0


def add_person(arguments: argparse.Namespace, settings: Settings) -> int:
    """Create an account."""
    roles = [Role(name) for name in arguments.role]
    with _accounts(settings) as accounts:
        person, password = accounts.create(TERMINAL, arguments.name, roles)
    _print_password(person.name, password)
    return 0


def reset_person(arguments: argparse.Namespace, settings: Settings) -> int:
    """Give a new one-time password."""
    with _accounts(settings) as accounts:
        person = _named(accounts, arguments.name)
        password = accounts.reset_password(TERMINAL, person.id)
    _print_password(person.name, password)
    return 0


def shut_person(arguments: argparse.Namespace, settings: Settings) -> int:
    """Shut an account; an administrator can open it again in the browser."""
    with _accounts(settings) as accounts:
        person = _named(accounts, arguments.name)
        accounts.change(TERMINAL, person.id, person.roles, active=False)
    print(f"{person.name} is shut, and its sessions have ended.")
    return 0


@contextmanager
def _accounts(settings: Settings) -> Iterator[Accounts]:
    with bootstrap.opened(settings) as store:
        yield bootstrap.accounts_of(settings, store)


def _named(accounts: Accounts, name: str) -> Person:
    for person in accounts.everyone(TERMINAL):
        if person.name.casefold() == name.casefold():
            return person
    raise PersonNotFound


def _roles(person: Person) -> str:
    return ", ".join(role.value for role in sorted(person.roles))


def _state(person: Person) -> str:
    states = {
        "shut": not person.active,
        "must change the password": person.must_change_password,
        "authenticator": bool(person.totp_secret),
    }
    return "".join(f"; {name}" for name, holds in states.items() if holds)


def _print_password(name: str, password: str) -> None:
    print(f"name:               {name}")
    print(f"one-time password:  {password}")
    print("It works for 72 hours and has to be changed at the first sign-in.")
