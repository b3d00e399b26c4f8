"""Cases as a CSV file that is made while it is sent."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from triage_app.domain.calendar import UTC_ZONE, Zone
from triage_app.domain.case import Case, CaseFilter, Order
from triage_app.domain.errors import CaseNotFound
from triage_app.domain.people import Actor, Permission
from triage_app.domain.site import PatientRecord
from triage_app.domain.trail import Action, Entry, Value
from triage_app.ports.adapters import UnitOfWork, UnitOfWorkFactory
from triage_app.services.cases.viewing import listed_for, shown_to
from triage_app.services.exchange.csv_cells import BOM, csv_line
from triage_app.services.exchange.export_columns import COLUMNS, ExportLine
from triage_app.services.images.storing import now

PORTION = 100


class CaseExport:
    """The use case of exporting cases; ``synthetic`` marks each line of made-up data."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        clock: Callable[[], datetime] = now,
        *,
        synthetic: bool = False,
        zone: Zone = UTC_ZONE,
    ) -> None:
        self._zone = zone
        self._units = units
        self._clock = clock
        self._synthetic = synthetic

    def stream(self, actor: Actor, wanted: CaseFilter) -> Iterator[bytes]:
        """The cases of a list, newest first, as UTF-8 bytes with a byte order mark, in portions.

        Days and times are those of the site; times say how far they are from UTC. What is
        withheld stands as "withheld". Raises NotPermitted and InvalidInput at once, before
        the first portion; each portion is recorded before it is handed out.
        """
        actor.require(Permission.EXPORT_CASES)
        wanted, _ = listed_for(actor, replace(wanted, zone=self._zone), Order.NEWEST)
        first = self._portion(actor, wanted, None)
        return self._portions(actor, wanted, first)

    def _portions(
        self, actor: Actor, wanted: CaseFilter, first: tuple[bytes, str | None]
    ) -> Iterator[bytes]:
        yield BOM.encode() + csv_line(column.name for column in COLUMNS)
        lines, cursor = first
        yield lines
        while cursor is not None:
            lines, cursor = self._portion(actor, wanted, cursor)
            yield lines

    def _portion(
        self, actor: Actor, wanted: CaseFilter, cursor: str | None
    ) -> tuple[bytes, str | None]:
        with self._units() as unit:
            page = unit.cases.page(wanted, Order.NEWEST, cursor, PORTION)
            cases = _shown(unit, actor, [line.id for line in page.items])
            lines = [self._line(unit, case) for case in cases]
            details: dict[str, Value] = {"cases": [case.id for case in cases]}
            unit.trail.append(Entry(Action.CASES_EXPORTED, actor.id, "", details), self._clock())
            unit.commit()
        return b"".join(lines), page.next_cursor

    def _line(self, unit: UnitOfWork, case: Case) -> bytes:
        reference = case.details.patient_reference
        line = ExportLine(
            case=case,
            record=unit.site.patient(reference) if reference else PatientRecord(""),
            lesion=unit.lesions.get(case.lesion_id) if case.lesion_id else None,
            synthetic=self._synthetic,
            zone=self._zone,
        )
        return csv_line(column.of(line) for column in COLUMNS)


def _shown(unit: UnitOfWork, actor: Actor, case_ids: list[str]) -> list[Case]:
    cases = []
    for case_id in case_ids:
        try:
            cases.append(shown_to(actor, unit.cases.get(case_id)))
        except CaseNotFound:  # erased between the list and the look
            continue
    return cases
