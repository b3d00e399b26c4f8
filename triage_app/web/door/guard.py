"""The one middleware in front of everything, pages included."""

import logging
import secrets
from dataclasses import dataclass
from urllib.parse import quote

from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from triage_app.domain.errors import NotPermitted, NotSignedIn, TriageError
from triage_app.domain.people import Actor
from triage_app.ui.kit import places
from triage_app.web.door import failures, plain, policy
from triage_app.web.door.access import ACTOR, Access
from triage_app.web.door.events import EventGate, replayed, whole_body

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Request:
    """A request with the rule that fits it and, once known, the person who asks."""

    scope: Scope
    rule: policy.Rule
    actor: Actor | None = None

    @property
    def path(self) -> str:
        path: str = self.scope["path"]
        return path

    @property
    def query(self) -> str:
        raw: bytes = self.scope["query_string"]
        return raw.decode("latin-1")


class Guard:
    """Refuses what is not asked for by our own pages or by somebody who may, and puts the headers
    on every answer."""

    def __init__(self, app: ASGIApp, access: Access, gate: EventGate) -> None:
        self._app = app
        self._access = access
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; web sockets are refused, since no page uses them."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        scope = self._access.seen_from_outside(scope)
        nonce = secrets.token_urlsafe(18).replace("-", "a").replace("_", "b")
        answer = _Answer(send, scope, nonce)
        request = _fitting(scope, self._access.public_host)
        if isinstance(request, _Request):
            request = await self._admitted(request)
        if isinstance(request, Response):
            await request(scope, receive, answer)
            return
        await self._serve(request, receive, answer)

    async def _admitted(self, request: _Request) -> _Request | Response:
        """The request of a person who may send it, or the refusal."""
        if request.rule.public:
            return request
        connection = HTTPConnection(request.scope)
        try:
            actor = await to_thread.run_sync(
                lambda: self._access.identify(connection, touch=not request.rule.quiet)
            )
            _require(actor, request)
            self._gate.follow(actor, request.path, request.query)
        except TriageError as error:
            return _refused(error, request)
        return _Request({**request.scope, ACTOR: actor}, request.rule, actor)

    async def _serve(self, request: _Request, receive: Receive, answer: "_Answer") -> None:
        scope = request.scope
        if request.path == policy.JOIN_PATH and request.actor is not None:
            body = await whole_body(receive)
            try:
                self._gate.join(request.actor, body or b"")
            except TriageError as error:
                await _refused(error, request)(scope, receive, answer)
                return
            receive = replayed(body or b"", receive)
        # The page is rewritten on its way out, so it must not be compressed before.
        if not policy.is_cacheable(scope["path"]):
            kept = [(k, v) for k, v in scope["headers"] if k != b"accept-encoding"]
            scope = {**scope, "headers": kept}
        await self._app(scope, receive, answer)


def _fitting(scope: Scope, public_host: str) -> _Request | Response:
    """The request with its rule, or why it is refused whoever sends it."""
    headers = Headers(scope=scope)
    method, path, host = scope["method"], scope["path"], headers.get("host", "")
    if not policy.is_own_host(host, public_host):
        return PlainTextResponse("This address is not served here.", 421)
    rule = policy.rule_for(method, path, scope["query_string"].decode("latin-1"))
    if rule is None:
        return PlainTextResponse("There is nothing at this address.", 404)
    site = headers.get("sec-fetch-site", "")
    if not policy.is_same_origin(method, scope["scheme"], host, headers.get("origin"), site):
        return PlainTextResponse("Requests from other sites are refused.", 403)
    if method not in policy.SAFE_METHODS and not policy.takes_a_file(path):
        refusal = _body_refusal(headers.get("content-length"))
        if refusal is not None:
            return refusal
    return _Request(scope, rule)


def _body_refusal(length: str | None) -> Response | None:
    if length is None or not length.isdigit():
        return PlainTextResponse("The length of the request is missing.", 411)
    if int(length) > policy.OTHER_BODIES_LIMIT:
        return PlainTextResponse("The request is too large.", 413)
    return None


def _require(actor: Actor, request: _Request) -> None:
    leads_out = request.path in (policy.PASSWORD_PATH, policy.SIGN_OUT_PATH)
    if actor.must_change_password and not leads_out:
        raise _PasswordFirst
    if not places.may_open(actor, request.rule.any_of):
        raise NotPermitted


class _PasswordFirst(NotPermitted):
    """A one-time password opens nothing but the page that replaces it."""


def _refused(error: TriageError, request: _Request) -> Response:
    log.info("request refused", extra={"code": type(error).__name__, "path": request.path})
    if request.rule.page and isinstance(error, NotSignedIn):
        return RedirectResponse(f"{policy.SIGN_IN_PATH}{_back_to(request)}", 303)
    if request.rule.page and isinstance(error, _PasswordFirst):
        return RedirectResponse(policy.PASSWORD_PATH, 303)
    if request.rule.page and isinstance(error, NotPermitted):
        return plain.forbidden(str(error))
    status, body = failures.describe(error)
    return JSONResponse(body, status)


def _back_to(request: _Request) -> str:
    if request.scope["method"] not in policy.SAFE_METHODS or request.path == "/":
        return ""
    query = f"?{request.query}" if request.query else ""
    return f"?next={quote(request.path + query, safe='')}"


class _Answer:
    """Adds headers to an answer, and this answer's nonce to the scripts of a page."""

    def __init__(self, send: Send, scope: Scope, nonce: str) -> None:
        self._send = send
        self._path: str = scope["path"]
        self._query: str = scope["query_string"].decode("latin-1")
        self._nonce = nonce
        self._start: Message | None = None
        self._page = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif self._start is not None:
            self._page += message.get("body", b"")
            if not message.get("more_body", False):
                await self._finish_page(self._start)
        else:
            await self._send(message)

    async def _begin(self, message: Message) -> None:
        headers = MutableHeaders(raw=list(message["headers"]))
        for name, value in policy.security_headers(self._path, self._nonce).items():
            headers[name] = value
        if message["status"] == 200 and policy.is_unchanging(self._path, self._query):
            headers["cache-control"] = policy.FOR_GOOD
        started = {**message, "headers": headers.raw}
        if headers.get("content-type", "").startswith("text/html"):
            self._start = started
        else:
            await self._send(started)

    async def _finish_page(self, start: Message) -> None:
        # Unquoted on purpose: a "<script" inside a quoted string of the page stays well formed.
        body = bytes(self._page).replace(b"<script", b"<script nonce=" + self._nonce.encode())
        headers = MutableHeaders(raw=list(start["headers"]))
        headers["content-length"] = str(len(body))
        await self._send({**start, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": body})
