"""Signing in and out in the browser, so that the tests read as steps."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Workstation
from tests.stations.accounts_desk import PASSWORD

ADMINISTRATOR = "administrator"
ONE_TIME = re.compile(r"\b(?:[a-z0-9]{4}-){3}[a-z0-9]{4}\b")


def first_password(workstation: Workstation) -> str:
    """The one-time password that the first start printed."""
    found = ONE_TIME.search("".join(workstation.printed))
    assert found is not None, workstation.printed
    return found.group()


def enter(page: Page, name: str, password: str = PASSWORD) -> None:
    """Fill in the form for signing in and send it."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def enter_first(page: Page, workstation: Workstation) -> None:
    """Sign in as the administrator, also right after the first start."""
    enter(page, ADMINISTRATOR)
    ready, refused = page.locator("triage-nav nav"), page.get_by_role("alert")
    expect(ready.or_(refused).first).to_be_visible()
    if refused.count():
        once = first_password(workstation)
        enter(page, ADMINISTRATOR, once)
        change(page, once)
    expect(ready).to_be_visible()


def change(page: Page, old: str) -> None:
    """Choose the own password on the page that asks for it."""
    expect(page.get_by_role("heading", name="Change your password")).to_be_visible()
    page.get_by_label("Present password").fill(old)
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_label("New password again").fill(PASSWORD)
    page.get_by_role("button", name="Change password").click()


def hire(page: Page, name: str, *roles: str) -> str:
    """Create an account on the page of people; its one-time password."""
    page.get_by_label("Sign-in name").fill(name)
    for role in roles:
        page.locator("#new-roles").get_by_label(role).check()
    page.get_by_role("button", name="Create account").click()
    shown = page.locator(".one-time")
    expect(shown).to_contain_text(name)
    return shown.locator("code").inner_text()


def menu(page: Page) -> Locator:
    """The menu with the way out."""
    return page.locator("triage-nav details.menu")


def leave(page: Page) -> None:
    """Sign out through the menu."""
    menu(page).locator("summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
