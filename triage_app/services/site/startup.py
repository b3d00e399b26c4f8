"""What the trail keeps of a start: which version, which model, and which settings are new."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from triage_app.domain.people import SYSTEM
from triage_app.domain.trail import Action, Entry, TrailFilter, Value
from triage_app.ports.adapters import UnitOfWork, UnitOfWorkFactory

ENVIRONMENT = "environment"
# Kept in the database: what holds there holds for every command, whatever its own settings say.
IMPRESSION_FIRST = "impression_first"
SYNTHETIC = "synthetic"


def record_start(
    units: UnitOfWorkFactory,
    at: datetime,
    environment: Mapping[str, str],
    usual: Mapping[str, str],
    details: Mapping[str, Value],
) -> timedelta:
    """Append what changed in the ``environment`` since the last start, and the start itself.

    The first start compares with ``usual``, the defaults. Neither may hold free text. Returns how
    long after the newest event this is: far more than the machine was off means that its clock was
    moved.
    """
    with units() as unit:
        unit.lock()
        newest = unit.trail.page(TrailFilter(), None, 1)
        _record_changes(unit, at, environment, usual)
        unit.trail.append(Entry(Action.STARTED, SYSTEM.id, "", details), at)
        unit.commit()
    return at - newest[0].at if newest else timedelta()


def record_migration(units: UnitOfWorkFactory, at: datetime, before: str, after: str) -> None:
    """Append that the database was brought from one revision to another."""
    with units() as unit:
        details: dict[str, Value] = {"from": before, "to": after}
        unit.trail.append(Entry(Action.MIGRATED, SYSTEM.id, "", details), at)
        unit.commit()


def is_set(units: UnitOfWorkFactory, name: str) -> bool:
    """Whether the database says yes to ``name``."""
    with units() as unit:
        return unit.site.setting(name) == "yes"


def keep(units: UnitOfWorkFactory, at: datetime, name: str, *, wanted: bool) -> None:
    """Store yes or no for ``name``."""
    with units() as unit:
        unit.lock()
        unit.site.set(name, "yes" if wanted else "no", at)
        unit.commit()


def _record_changes(
    unit: UnitOfWork, at: datetime, environment: Mapping[str, str], usual: Mapping[str, str]
) -> None:
    stored = unit.site.setting(ENVIRONMENT)
    before = json.loads(stored) if stored else usual
    changed = [name for name in environment if environment[name] != before.get(name)]
    for name in changed:
        details: dict[str, Value] = {"name": name, "value": environment[name]}
        unit.trail.append(Entry(Action.SETTING_CHANGED, SYSTEM.id, "", details), at)
    if changed:
        unit.site.set(ENVIRONMENT, json.dumps(dict(environment), sort_keys=True), at)
