"""The one middleware in front of everything, pages included."""

import secrets

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from triage_app.web import policy
from triage_app.web.access import authorise


class Guard:
    """Refuses what is not asked for by our own pages, and puts the headers on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; web sockets are refused, since no page uses them."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        nonce = secrets.token_urlsafe(18).replace("-", "a").replace("_", "b")
        answer = _Answer(send, scope["path"], nonce)
        refusal = _refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, answer)
            return
        authorise(HTTPConnection(scope))
        # The page is rewritten on its way out, so it must not be compressed before.
        if not policy.is_cacheable(scope["path"]):
            kept = [(k, v) for k, v in scope["headers"] if k != b"accept-encoding"]
            scope = {**scope, "headers": kept}
        await self._app(scope, receive, answer)


def _refusal(scope: Scope) -> Response | None:
    headers = Headers(scope=scope)
    method, path, host = scope["method"], scope["path"], headers.get("host", "")
    if not policy.is_own_host(host):
        return PlainTextResponse("This address is not served here.", 421)
    if not policy.is_known(method, path, scope["query_string"].decode("latin-1")):
        return PlainTextResponse("There is nothing at this address.", 404)
    site = headers.get("sec-fetch-site", "")
    if not policy.is_same_origin(method, scope["scheme"], host, headers.get("origin"), site):
        return PlainTextResponse("Requests from other sites are refused.", 403)
    if method not in policy.SAFE_METHODS and path != policy.UPLOAD_PATH:
        return _body_refusal(headers.get("content-length"))
    return None


def _body_refusal(length: str | None) -> Response | None:
    if length is None or not length.isdigit():
        return PlainTextResponse("The length of the request is missing.", 411)
    if int(length) > policy.OTHER_BODIES_LIMIT:
        return PlainTextResponse("The request is too large.", 413)
    return None


class _Answer:
    """Adds headers to an answer, and this answer's nonce to the scripts of a page."""

    def __init__(self, send: Send, path: str, nonce: str) -> None:
        self._send = send
        self._path = path
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
