"""What the server acknowledged, kept outside of it: who is told "stored" must find it stored."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from triage_app.domain.case import Case, CaseState


@dataclass(frozen=True)
class Known:
    """A case as the last acknowledgement left it. ``sent`` is the SHA-256 of the uploaded bytes."""

    id: str
    sent: str
    version: int = 1
    note: str = ""
    filed: bool = False
    binned: bool = False
    erased: bool = False
    reports: int = 0

    def is_stored_as(self, case: Case | None) -> bool:
        """Whether this is what the database holds."""
        if self.erased or case is None:
            return self.erased and case is None
        return self == Known(
            id=case.id,
            sent=self.sent,
            version=case.version,
            note=case.details.note,
            filed=case.state is CaseState.FILED,
            binned=case.deleted_at is not None,
            reports=len(case.reports),
        )


@dataclass
class Ledger:
    """All cases, and for each one the step that was asked for and not acknowledged yet.

    ``uploads`` holds uploads under way: the SHA-256 of their bytes by their file names. Every
    acknowledgement is written to ``log`` before the next step is asked for.
    """

    log: Path
    cases: dict[str, Known] = field(default_factory=dict)
    pending: dict[str, Known] = field(default_factory=dict)
    uploads: dict[str, str] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    acknowledged: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def step(self, case_id: str, **changes: object) -> Iterator[None]:
        """Around a request that changes a case; only a block that ends well acknowledges it."""
        after = replace(self.cases[case_id], **changes)  # type: ignore[arg-type]
        with self._lock:
            self.pending[case_id] = after
            self.touched.add(case_id)
        yield
        with self._lock:
            del self.pending[case_id]
            self._keep(after)

    def upload_asked(self, name: str, sent: str) -> None:
        """An upload is on its way."""
        with self._lock:
            self.uploads[name] = sent

    def upload_acknowledged(self, name: str, case_id: str) -> None:
        """The server said that it is stored."""
        with self._lock:
            self.touched.add(case_id)
            self._keep(Known(case_id, self.uploads.pop(name)))

    def settle(self, case_id: str, stored: Known | None) -> None:
        """After a crash, take what is stored for what is known."""
        self.pending.pop(case_id, None)
        if stored is not None:
            self.cases[case_id] = stored

    def _keep(self, known: Known) -> None:
        self.cases[known.id] = known
        self.acknowledged += 1
        with self.log.open("a", encoding="utf-8") as log:
            log.write(json.dumps(asdict(known)) + "\n")
