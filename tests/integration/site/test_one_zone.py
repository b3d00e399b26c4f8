"""Every use case that counts days is given the zone of the site, and a start records it."""

import json
from pathlib import Path

from triage_app.config import Settings
from triage_app.domain.calendar import Zone
from triage_app.domain.trail import Action
from triage_app.wiring import bootstrap

# What takes a zone; a new use case that names days belongs here.
COUNTING = {
    "cases",
    "exports",
    "intake",
    "lesions",
    "letters",
    "outcome_import",
    "outcomes",
    "privacy",
    "reading",
    "reports",
    "statistics",
    "worklist",
}


def test_all_use_cases_and_pages_are_in_the_zone_of_the_settings(tmp_path: Path) -> None:
    settings = Settings.from_env(
        {"TRIAGE_DATA_DIR": str(tmp_path), "TRIAGE_TIME_ZONE": "Asia/Kathmandu"}
    )
    with bootstrap.build(settings) as app:
        zones = {name: part._zone for name, part in vars(app).items() if hasattr(part, "_zone")}
        assert zones == dict.fromkeys(COUNTING, Zone("Asia/Kathmandu"))
        assert app.time_zone.zone == Zone("Asia/Kathmandu")
        assert app.time_zone.origin == "set by TRIAGE_TIME_ZONE"
    with bootstrap.opened(settings, migrated=False) as store, store.units() as unit:
        (start,) = (event for event in unit.trail.every() if event.action == Action.STARTED)
        assert json.loads(start.details)["time_zone"] == "Asia/Kathmandu"
