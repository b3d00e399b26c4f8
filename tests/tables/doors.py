"""The one table of what is open to whom; the matrix test walks it, and all else must be shut.

People: nobody (no session), forced (every role, but a one-time password), and one of each role.
"own" and "other" are the two cases that a photographer meets: the own upload, and a clinician's.
"""

from dataclasses import dataclass, field
from typing import Any

from triage_app.ui.kit import components

PEOPLE = ("nobody", "forced", "administrator", "clinician", "photographer", "auditor")
ALL = frozenset(PEOPLE)
SIGNED_IN = frozenset({"administrator", "clinician", "photographer", "auditor"})
HOLDING_A_SESSION = SIGNED_IN | {"forced"}
ADMINISTRATOR = frozenset({"administrator"})
CLINICIAN = frozenset({"clinician"})
AUDITOR = frozenset({"auditor"})
UPLOADERS = frozenset({"clinician", "photographer"})
PATIENTS = frozenset({"administrator", "clinician"})
COUNTERS = frozenset({"administrator", "clinician", "auditor"})
NO_ONE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Door:
    """A request to an own route: who gets in, and with which status.

    ``route`` is the route's own template, ``path`` what is asked for, with {own}, {other},
    {own_batch}, {other_batch}, {report}, {certificate}, {outcome} and {letter} for the objects of
    the test.
    """

    method: str
    route: str
    who: frozenset[str]
    status: int = 200
    path: str = ""
    sent: dict[str, Any] = field(default_factory=dict)

    @property
    def asked(self) -> str:
        """The address, with objects still to be filled in."""
        return self.path or self.route


def _image(kind: str, case: str, who: frozenset[str], status: int = 200) -> Door:
    return Door(
        "GET",
        "/cases/{case_id}/images/{kind}",
        who,
        status,
        path=f"/cases/{{{case}}}/images/{kind}",
    )


def _draft(case: str, who: frozenset[str]) -> Door:
    # A version that was never stored: whoever may write is told so, and nothing is changed.
    sent = {"json": {"version": 99, "fields": {"note": "x"}}}
    return Door("PUT", "/api/cases/{case_id}/draft", who, 409, f"/api/cases/{{{case}}}/draft", sent)


def _file(case: str, who: frozenset[str]) -> Door:
    sent = {"json": {"version": 99}}
    return Door("POST", "/api/cases/{case_id}/file", who, 409, f"/api/cases/{{{case}}}/file", sent)


def _document(case: str, who: frozenset[str], status: int) -> Door:
    route = "/api/cases/{case_id}/outcomes/{outcome_id}/document"
    path = f"/api/cases/{{{case}}}/outcomes/{{outcome}}/document"
    return Door("POST", route, who, status, path, {"content": b"%PDF-1.7"})


def _batch(step: str, whose: str, who: frozenset[str]) -> Door:
    # No file is named, so nothing is done.
    route, path = f"/api/batches/{{batch_id}}{step}", f"/api/batches/{{{whose}}}{step}"
    if not step:
        return Door("GET", route, who, path=path)
    return Door("POST", route, who, path=path, sent={"json": {"files": []}})


def _batch_file(whose: str, who: frozenset[str]) -> Door:
    # A number that was given before: the file is known and nothing is stored.
    sent = {"content": b"no picture", "headers": {"x-upload": f"{{{whose}_upload}}"}}
    path = f"/api/batches/{{{whose}_batch}}/files"
    return Door("POST", "/api/batches/{batch_id}/files", who, 202, path, sent)


BATCH_STEPS = ("", "/retry", "/dismiss", "/stop")
FORM = {"name": "", "password": "", "old": "", "new": "x", "repeat": "y"}
DOORS = (
    Door("GET", "/", SIGNED_IN, 303),
    Door("GET", "/healthz", ALL),
    Door("GET", "/favicon.ico", ALL),
    Door("GET", "/components/{version}/{name}", ALL, path=components.address("main.js")),
    Door("GET", "/sign-in", frozenset({"nobody"})),
    Door("POST", "/sign-in", ALL, 401, sent={"data": FORM}),
    Door("GET", "/password", HOLDING_A_SESSION),
    Door("POST", "/password", HOLDING_A_SESSION, 422, sent={"data": FORM}),
    Door("GET", "/two-factor", SIGNED_IN),
    Door("POST", "/two-factor", SIGNED_IN, 422, sent={"data": FORM}),
    Door("GET", "/api/me", SIGNED_IN),
    Door("POST", "/api/uploads", UPLOADERS, 422, sent={"content": b"no picture"}),
    _batch_file("own", frozenset({"photographer"})),
    _batch_file("other", CLINICIAN),
    *(_batch(step, "own_batch", UPLOADERS) for step in BATCH_STEPS),
    *(_batch(step, "other_batch", CLINICIAN) for step in BATCH_STEPS),
    _draft("own", UPLOADERS),
    _draft("other", CLINICIAN),
    _file("own", CLINICIAN),
    _file("other", CLINICIAN),
    *(_image(kind, "own", UPLOADERS) for kind in ("original", "crop", "thumbnail")),
    *(_image(kind, "other", CLINICIAN) for kind in ("original", "crop", "thumbnail", "overlay")),
    _image("overlay", "own", CLINICIAN),
    Door("GET", "/reports/{report_id}.pdf", CLINICIAN, path="/reports/{report}.pdf"),
    # The outcome is the other case's, and has its document already.
    _document("own", CLINICIAN, 404),
    _document("other", CLINICIAN, 409),
    Door("GET", "/outcomes/{outcome_id}.pdf", CLINICIAN, path="/outcomes/{outcome}.pdf"),
    Door("GET", "/letters/{letter_id}.pdf", CLINICIAN, path="/letters/{letter}.pdf"),
    Door("POST", "/cases/export", CLINICIAN, sent={"data": {"patient": "{patient}"}}),
    Door("POST", "/patients/export", ADMINISTRATOR, sent={"data": {"reference": "{patient}"}}),
    Door(
        "GET",
        "/certificates/{certificate_id}.pdf",
        ADMINISTRATOR,
        path="/certificates/{certificate}.pdf",
    ),
)
# Signing out ends the session, so it has a test of its own.
APART = frozenset({("POST", "/sign-out")})

PAGES = {
    "/analyse": UPLOADERS,
    "/batch": UPLOADERS,
    "/patients": CLINICIAN,
    "/patient": CLINICIAN,
    "/lesion": CLINICIAN,
    "/worklist": CLINICIAN,
    "/recall": CLINICIAN,
    "/outcomes": CLINICIAN,
    "/history": UPLOADERS,
    "/case": UPLOADERS,
    "/privacy": PATIENTS,
    "/people": ADMINISTRATOR,
    "/trail": AUDITOR,
    "/site": ADMINISTRATOR,
    "/statistics": COUNTERS,
    "/account": SIGNED_IN,
    "/about": SIGNED_IN,
}
# Of Gradio's own routes, beside the pages. The queue and the heartbeat have tests of their own.
GRADIO = {
    ("GET", "/theme.css"): ALL,
    ("GET", "/gradio_api/app_id"): SIGNED_IN,
    ("GET", "/gradio_api/startup-events"): SIGNED_IN,
    # Files of the front end; the address that the test makes up holds no file.
    ("GET", "/static/{path:path}"): ALL,
    ("GET", "/assets/{path:path}"): ALL,
}
QUEUE = frozenset(
    {
        ("POST", "/gradio_api/queue/join"),
        ("GET", "/gradio_api/queue/data"),
        ("GET", "/gradio_api/heartbeat/{session_hash}"),
    }
)


@dataclass(frozen=True)
class Event:
    """An event of a page: who may send it, with which values.

    ``case`` marks an event about one case, whose id stands first in the values or, for an element
    of the page, in the event's data.
    """

    who: frozenset[str]
    values: tuple[Any, ...] = ()
    case: bool = False
    data: bool = False


FILTER: tuple[Any, ...] = ("newest", [], "", "", "", "", "", "")
TRAIL: tuple[Any, ...] = ("", "", "", "", "")
SCORES: tuple[Any, ...] = (None, None, None, None, [])
# A place on the body map, the name of a lesion, its site and side.
PLACE: tuple[Any, ...] = ("", "", "", "", "back", None)
NOT_STORED = "f" * 32
EVENTS = {
    "AnalysePage.open": Event(UPLOADERS),
    "AnalysePage.uploaded": Event(UPLOADERS, case=True, data=True),
    "AnalysePage.redecided": Event(UPLOADERS, case=True, data=True),
    "AnalysePage.file": Event(CLINICIAN, (99,), case=True),
    "BatchPage.open": Event(UPLOADERS, (0,)),
    "BatchPage.added": Event(UPLOADERS, (0,), data=True),
    "Renderable.apply": Event(UPLOADERS, ("", 0, 0, "")),
    "AssignPart.overwrite": Event(UPLOADERS, ("", 0, 0, "[{{}}, {{}}]")),
    "AssignPart.leave": Event(UPLOADERS, ("",)),
    "AssignPart.undo": Event(UPLOADERS, ("", 0, 0)),
    "HistoryPage.open": Event(UPLOADERS, ("", "")),
    "HistoryPage.search": Event(UPLOADERS, FILTER),
    "HistoryPage.clear": Event(UPLOADERS),
    "HistoryPage.turn": Event(UPLOADERS, (*FILTER, "")),
    "CasePage.open": Event(UPLOADERS),
    "CasePage.redecided": Event(UPLOADERS, case=True, data=True),
    "CasePage.file": Event(CLINICIAN, (99,), case=True),
    "CasePage.issue": Event(CLINICIAN, (99,), case=True),
    "CasePage.keep_copy": Event(CLINICIAN, (99,), case=True),
    "CasePage.delete": Event(CLINICIAN, (99,), case=True),
    "CasePage.restore": Event(CLINICIAN, (99,), case=True),
    "CasePage.erase": Event(CLINICIAN, (99,), case=True),
    "CasePage.ask_delete": Event(CLINICIAN),
    "CasePage.ask_erase": Event(CLINICIAN),
    "CasePage.keep": Event(CLINICIAN),
    "ImpressionPart.score": Event(CLINICIAN, SCORES),
    "ImpressionPart.record": Event(CLINICIAN, (99, None, None, None, *SCORES), case=True),
    "VerdictPart.record": Event(CLINICIAN, (99, None, "", None, "", ""), case=True),
    "StepsPart.end": Event(CLINICIAN, (99, None, None, "", "", None), case=True),
    "OutcomePart.histology": Event(CLINICIAN, (99, "", None, "", "", ""), case=True),
    "OutcomePart.follow_up": Event(CLINICIAN, (99, "", None, ""), case=True),
    "WithdrawPart.withdraw": Event(CLINICIAN, (99, NOT_STORED, ""), case=True),
    "OutcomePart.attached": Event(CLINICIAN, case=True, data=True),
    "ReviewPanel.take": Event(CLINICIAN, (99,), case=True),
    "ReviewPanel.release": Event(CLINICIAN, (99,), case=True),
    "ReviewPanel.close": Event(CLINICIAN, (99,), case=True),
    "ReviewPanel.reopen": Event(CLINICIAN, (99,), case=True),
    "ReviewPanel.letter": Event(CLINICIAN, (99,), case=True),
    "LesionChoice.choose": Event(CLINICIAN, case=True),
    "LesionChoice.assign": Event(CLINICIAN, (99, NOT_STORED, ""), case=True),
    "LesionChoice.create": Event(CLINICIAN, (99, *PLACE), case=True),
    "PlaceForm.placed": Event(CLINICIAN, data=True),
    "PatientsPage.open": Event(CLINICIAN),
    "PatientsPage.search": Event(CLINICIAN, ("",)),
    "PatientsPage.create": Event(CLINICIAN, ("", "")),
    "PatientsPage.pick": Event(CLINICIAN, data=True),
    "PatientPage.open": Event(CLINICIAN),
    "PatientPage.create": Event(CLINICIAN, (NOT_STORED, *PLACE)),
    "PatientPage.save": Event(CLINICIAN, (NOT_STORED, 1, "", "", "", [], "", "")),
    "PatientPage.assign": Event(CLINICIAN, (NOT_STORED,), data=True),
    "LesionPage.open": Event(CLINICIAN),
    "LesionPage.compare": Event(CLINICIAN, (NOT_STORED, NOT_STORED, NOT_STORED)),
    "LesionPage.move": Event(CLINICIAN, (NOT_STORED, NOT_STORED, "", "")),
    "LesionPage.change": Event(CLINICIAN, (NOT_STORED, 1, *PLACE)),
    "OutcomesPage.open": Event(CLINICIAN),
    "OutcomesPage.read": Event(CLINICIAN, data=True),
    "OutcomesPage.apply": Event(CLINICIAN, ("specimen,date", "", "")),
    "WorklistPage.open": Event(CLINICIAN),
    "WorklistPage.act": Event(CLINICIAN, data=True),
    "RecallPage.open": Event(CLINICIAN),
    "RecallPage.search": Event(CLINICIAN, ("", "")),
    "wire.<locals>.report_problem": Event(CLINICIAN, ("other", "x"), case=True),
    "VerdictPart._in.<locals>.typed_in": Event(CLINICIAN),
    "LookAlikes.open": Event(CLINICIAN),
    "LookAlikes.turn": Event(CLINICIAN, (1,)),
    "LookAlikes.merge": Event(CLINICIAN, (NOT_STORED, 1, "clinic_record", True)),
    "LookAlikes.keep_apart": Event(CLINICIAN, (NOT_STORED, 1, "clinic_record", "P-2")),
    "wire_hint.<locals>.look": Event(UPLOADERS, ("P-1", "")),
    "wire_hint.<locals>.use": Event(UPLOADERS, data=True),
    "PrivacyPage.find": Event(PATIENTS, ("{patient}",)),
    "PrivacyPage.consent": Event(PATIENTS, ("{patient}", "care", "2026-01-31")),
    "PrivacyPage.hold": Event(ADMINISTRATOR, ("{patient}", "")),
    "PrivacyPage.erase": Event(ADMINISTRATOR, ("{patient}", "patient_request", "no")),
    "PeoplePage.open": Event(ADMINISTRATOR),
    "PeoplePage.create": Event(ADMINISTRATOR, ("", [])),
    "PeoplePage.choose": Event(ADMINISTRATOR, ("{person}",)),
    "PeoplePage.change": Event(ADMINISTRATOR, ("{person}", [], True)),
    "PeoplePage.ask_reset": Event(ADMINISTRATOR, ("{person}",)),
    "PeoplePage.keep": Event(ADMINISTRATOR),
    "PeoplePage.reset": Event(ADMINISTRATOR, ("",)),
    "PeoplePage.end": Event(ADMINISTRATOR, ("{person}", "")),
    "TrailPage.open": Event(AUDITOR),
    "TrailPage.search": Event(AUDITOR, TRAIL),
    "TrailPage.turn": Event(AUDITOR, (*TRAIL, None)),
    "TrailPage.anchor": Event(AUDITOR),
    "SitePage.open": Event(ADMINISTRATOR),
    "SitePage.suspend": Event(ADMINISTRATOR, ("",)),
    "SitePage.resume": Event(ADMINISTRATOR),
    "SitePage.back_up": Event(ADMINISTRATOR),
    "StatisticsPage.open": Event(COUNTERS),
    "AccountPage.open": Event(SIGNED_IN),
    "AccountPage.end": Event(SIGNED_IN, ("",)),
}
