"""Clients that work on the server until it is killed under them."""

import hashlib
import random
import threading
from http.client import HTTPException

from tests.crash.browser import Refused, Window
from tests.crash.ledger import Ledger
from tests.samples import images

CLIENTS = 4
# Share of steps that send a new image; analysing it takes longer than all other steps.
UPLOADS = 0.2
# A client goes on with its newest cases, so that they come to their end.
OPEN_CASES = 6


class Client(threading.Thread):
    """Uploads, types, files, issues reports, bins, restores and erases; one step after another.

    Works on every ``CLIENTS``-th case that is there, and on the own uploads, so that no two clients
    change one case. ``asking`` says whether an answer is outstanding, ``fault`` what went wrong
    before the server was killed.
    """

    def __init__(self, address: tuple[str, int], ledger: Ledger, turn: int, number: int) -> None:
        super().__init__(daemon=True)
        self._address = address
        self._ledger = ledger
        self._rng = random.Random(f"{turn} {number}")
        self._name = f"{turn}-{number}"
        self._own = [i for i in ledger.cases if int(i, 16) % CLIENTS == number]
        self._count = 0
        self.asking = False
        self.fault: Exception | None = None
        self.killed = threading.Event()

    def run(self) -> None:
        """Work until the connection breaks."""
        window = Window(self._address)
        try:
            self._read_back(window)
            while not self.killed.is_set():
                self.asking = True
                self._next_step(window)
                self.asking = False
        except (OSError, HTTPException) as error:
            if not self.killed.is_set():
                self.fault = error
        except (Refused, ValueError, KeyError) as error:
            self.fault = error
        finally:
            window.close()

    def _next_step(self, window: Window) -> None:
        if not self._own or self._rng.random() < UPLOADS:
            self._own.append(self._upload(window))
            return
        case_id = self._rng.choice(self._own[-OPEN_CASES:])
        known = self._ledger.cases[case_id]
        if known.erased:
            self._own.remove(case_id)
        elif known.binned and self._rng.random() < 0.3:
            self._press(window, "restore", case_id, binned=False)
        elif known.binned:
            self._press(window, "erase", case_id, erased=True)
        elif known.filed and self._rng.random() < 0.3 and not known.reports:
            self._press(window, "issue", case_id, reports=1)
        elif known.filed and self._rng.random() < 0.5:
            self._press(window, "delete", case_id, binned=True)
        elif known.filed or self._rng.random() < 0.6:
            self._type(window, case_id, note=f"note {self._rng.random()}")
        else:
            self._file(window, case_id)

    def _read_back(self, window: Window) -> None:
        """The server that follows a killed one hands out what was acknowledged by that one.

        Own cases only: another client may be erasing its own meanwhile.
        """
        own = [self._ledger.cases[case_id] for case_id in self._own]
        kept = [known for known in own if not known.erased]
        for known in self._rng.sample(kept, min(2, len(kept))):
            data = window.ask("GET", f"/cases/{known.id}/images/original")
            if hashlib.sha256(data).hexdigest() != known.sent:
                raise Refused(f"{known} has other bytes")

    def _file(self, window: Window, case_id: str) -> None:
        self._type(window, case_id, patient_reference=f"P-{self._name}")
        known = self._ledger.cases[case_id]
        with self._ledger.step(case_id, version=known.version + 1, filed=True):
            window.send("POST", f"/api/cases/{case_id}/file", {"version": known.version})

    def _upload(self, window: Window) -> str:
        self._count += 1
        name = f"lesion-{self._name}-{self._count}.jpg"
        data = images.jpeg(seed=self._rng.randrange(6), width=200, height=150) + name.encode()
        self._ledger.upload_asked(name, hashlib.sha256(data).hexdigest())
        answer = window.ask("POST", "/api/uploads", data, {"X-File-Name": name})
        case_id = str(Window.parsed(answer)["case"])
        self._ledger.upload_acknowledged(name, case_id)
        return case_id

    def _type(self, window: Window, case_id: str, **fields: str) -> None:
        known = self._ledger.cases[case_id]
        changes = {"note": fields["note"]} if "note" in fields else {}
        with self._ledger.step(case_id, version=known.version + 1, **changes):
            sent = {"version": known.version, "fields": fields}
            window.send("PUT", f"/api/cases/{case_id}/draft", sent)

    def _press(self, window: Window, event: str, case_id: str, **changes: object) -> None:
        known = self._ledger.cases[case_id]
        with self._ledger.step(case_id, version=known.version + 1, **changes):
            shown = window.press(event, case_id, known.version)
            if 'role="alert"' in str(shown[0]):
                raise Refused(f"{event}: {shown[0]}")
