"""Errors as answers: a status, a code for the page's script, and a sentence for the reader."""

import logging

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.requests import Request

from triage_app.domain import errors

log = logging.getLogger(__name__)

UNEXPECTED = (
    "Something went wrong in the program, and the step was not carried out. "
    "What was stored before is safe. Try again; if it happens again, tell whoever runs the system."
)
_STATUS: tuple[tuple[type[errors.TriageError], int, str], ...] = (
    (errors.UploadTooLarge, 413, "too_large"),
    (errors.ImageRejected, 422, "image_rejected"),
    (errors.InvalidInput, 422, "invalid_input"),
    (errors.NotSignedIn, 401, "not_signed_in"),
    (errors.SignInRefused, 401, "sign_in_refused"),
    (errors.NotPermitted, 403, "not_permitted"),
    (errors.TooManyRequests, 429, "too_many"),
    (errors.Busy, 503, "busy"),
    (errors.BatchNotFound, 404, "batch_not_found"),
    (errors.PersonNotFound, 404, "person_not_found"),
    (errors.LegalHold, 409, "legal_hold"),
    (errors.StalePerson, 409, "stale"),
    (errors.CaseNotFound, 404, "case_not_found"),
    (errors.CertificateNotFound, 404, "certificate_not_found"),
    (errors.ReportNotFound, 404, "report_not_found"),
    (errors.DocumentNotFound, 404, "document_not_found"),
    (errors.LesionNotFound, 404, "lesion_not_found"),
    (errors.PatientNotFound, 404, "patient_not_found"),
    (errors.FileMissing, 404, "file_missing"),
    (errors.StaleCase, 409, "stale"),
    (errors.StaleRecord, 409, "stale"),
    (errors.FindingsWithheld, 409, "findings_withheld"),
    (errors.NotAllowedInState, 409, "not_allowed"),
    (errors.StorageUnavailable, 503, "storage_unavailable"),
    (errors.ModelRefused, 503, "model_refused"),
)


class MalformedRequest(errors.TriageError):
    """The request is not one that the pages send."""


def describe(error: errors.TriageError) -> tuple[int, dict[str, str]]:
    """Status and body for an expected error; ``field`` names the form field, where there is one."""
    status, code = 400, "malformed"
    for kind, known_status, known_code in _STATUS:
        if isinstance(error, kind):
            status, code = known_status, known_code
            break
    body = {"error": str(error), "code": code}
    if isinstance(error, errors.ImageRejected):
        body["code"] = error.code
    if isinstance(error, errors.InvalidInput):
        # As sent, for a field that does not exist: then anything, even half a character.
        body["field"] = ascii(error.field)[1:-1]
    return status, body


async def _expected(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, errors.TriageError)
    status, body = describe(error)
    headers = {"retry-after": f"{error.wait_s:.0f}"} if isinstance(error, errors.Busy) else None
    return JSONResponse(body, status, headers)


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    log.error("request failed", exc_info=error, extra={"route": request.scope.get("route")})
    return JSONResponse({"error": UNEXPECTED, "code": "internal"}, 500)


async def _malformed(_: Request, __: Exception) -> JSONResponse:
    # FastAPI's own answer would repeat what was sent.
    error = MalformedRequest("The page sent something unexpected. Reload it and try again.")
    status, body = describe(error)
    return JSONResponse(body, status)


def install(web: FastAPI) -> None:
    """Let ``web`` answer every error with JSON."""
    web.add_exception_handler(errors.TriageError, _expected)
    web.add_exception_handler(RequestValidationError, _malformed)
    web.add_exception_handler(Exception, _unexpected)
