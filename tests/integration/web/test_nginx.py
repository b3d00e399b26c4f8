"""The workstation behind nginx, with TLS, as the operator's guide says."""

import json
import os
import re
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import pytest
from playwright.sync_api import expect, sync_playwright

from tests.samples import images, tiny_model
from tests.samples.patience import BROWSER_MS, SECONDS
from tests.stations import reverse_proxy
from tests.stations.reverse_proxy import NAME, ROOT, Proxy
from triage_app.domain.trail import TrailFilter
from triage_app.storage.database.engine import open_engine, session_factory
from triage_app.storage.unit_of_work import SqlUnitOfWork

NGINX = reverse_proxy.find_nginx()
CHROMIUM = Path("/usr/bin/chromium")
ONE_TIME = re.compile(r"\b(?:[a-z2-9]{4}-){3}[a-z2-9]{4}\b")
CLINICIAN = "clinician-1"
OWN_PASSWORD = "seven blue lamps"
FAR_CLIENT = "127.0.0.2"
LIMIT_MB = 6

pytestmark = pytest.mark.skipif(
    NGINX is None, reason="nginx is missing; `make proxy` fetches it where it can"
)


@dataclass(frozen=True)
class Site:
    """A served workstation with a clinician, and the proxy in front of it."""

    proxy: Proxy
    data: Path

    def client(self, address: str = FAR_CLIENT, name: str = NAME) -> httpx.Client:
        """Somebody at ``address`` who trusts the certificate and calls the server ``name``."""
        trusted = ssl.create_default_context(cafile=str(self.proxy.certificate))
        trusted.check_hostname = True
        transport = httpx.HTTPTransport(verify=trusted, local_address=address)
        headers = {"host": f"{name}:{self.proxy.tls_port}", "origin": self.proxy.origin}
        base = f"https://127.0.0.1:{self.proxy.tls_port}"
        client = httpx.Client(transport=transport, base_url=base, headers=headers, timeout=SECONDS)
        client.event_hooks["request"].append(_named)
        return client


def _named(request: httpx.Request) -> None:
    request.extensions["sni_hostname"] = NAME


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The real application in a process of its own, behind the real nginx."""
    model, data = tmp_path_factory.mktemp("model"), tmp_path_factory.mktemp("data")
    tiny_model.write(model, tiny_model.weights(seed=3))
    proxy = reverse_proxy.plan(tmp_path_factory.mktemp("proxy"))
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("TRIAGE_")}
    env = inherited | {
        "TRIAGE_DATA_DIR": str(data),
        "TRIAGE_MODEL_DIR": str(model),
        "TRIAGE_PORT": "0",
        "TRIAGE_PUBLIC_ORIGIN": proxy.origin,
        "TRIAGE_MAX_UPLOAD_MB": str(LIMIT_MB),
    }
    assert NGINX is not None
    with _served(env) as port, reverse_proxy.running(NGINX, proxy, port):
        found = Site(proxy, data)
        _make_clinician(found, env)
        yield found


@contextmanager
def _served(env: dict[str, str]) -> Iterator[int]:
    process = subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env=env,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    printed: list[str] = []
    try:
        for line in process.stdout:
            printed.append(line)
            found = re.search(r"http://[0-9.]+:(\d+)/", line)
            if found:
                break
        else:
            raise AssertionError("the server ended: " + "".join(printed))
        # Keep reading, or a full pipe would stop the server.
        threading.Thread(target=process.stdout.read, daemon=True).start()
        yield int(found[1])
    finally:
        process.terminate()
        process.wait(timeout=SECONDS)


def _make_clinician(site: Site, env: dict[str, str]) -> None:
    command = [sys.executable, "-m", "triage_app", "people", "add", CLINICIAN]
    said = subprocess.run(
        [*command, "--role", "clinician"],
        cwd=ROOT,
        env=env,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    one_time = ONE_TIME.search(said)
    assert one_time is not None, said
    with site.client() as client:
        assert sign_in(client, one_time[0]).headers["location"]
        words = {"old": one_time[0], "new": OWN_PASSWORD, "repeat": OWN_PASSWORD}
        assert client.post("/password", data=words).status_code == 303


def sign_in(client: httpx.Client, password: str = OWN_PASSWORD, **headers: str) -> httpx.Response:
    """The answer to the form, with the session in the client's cookies."""
    words = {"name": CLINICIAN, "password": password, "code": ""}
    answer = client.post("/sign-in", data=words, headers=headers)
    # The browser takes the cookie for the name that it called; here it was the address.
    assert answer.status_code == 303, answer.text
    return answer


@pytest.fixture
def client(site: Site) -> Iterator[httpx.Client]:
    """A clinician who is signed in."""
    with site.client() as found:
        sign_in(found)
        yield found


def test_plain_http_leads_to_tls(site: Site) -> None:
    answer = httpx.get(
        f"http://127.0.0.1:{site.proxy.plain_port}/case?id=1", headers={"host": NAME}
    )
    assert (answer.status_code, answer.headers["location"]) == (301, f"https://{NAME}/case?id=1")


def test_without_a_session_pages_lead_to_the_sign_in_and_the_rest_is_closed(site: Site) -> None:
    with site.client() as stranger:
        page = stranger.get("/history")
        assert page.status_code == 303
        assert page.headers["location"].startswith("/sign-in")
        assert stranger.get("/api/me").status_code == 401
        assert stranger.post("/api/uploads", content=b"x").status_code == 401


def test_every_answer_says_tls_only_and_keeps_the_workstations_headers(site: Site) -> None:
    with site.client() as stranger:
        for path in ("/sign-in", "/nothing", "/healthz"):
            headers = stranger.get(path).headers
            assert headers["strict-transport-security"] == "max-age=31536000"
            assert "default-src 'none'" in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["cache-control"] == "no-store"
            assert headers["server"] == "nginx"


def test_a_handshake_with_another_name_gets_no_certificate(site: Site) -> None:
    for name in ("other.example", None):
        with pytest.raises(httpx.ConnectError, match=r"(?i)unrecognized|handshake"):
            _handshake(site.proxy.tls_port, name)


def _handshake(port: int, name: str | None) -> None:
    unchecked = ssl.create_default_context()
    unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
    extensions = {"sni_hostname": name} if name else {}
    with httpx.Client(verify=unchecked) as stranger:
        stranger.get(f"https://127.0.0.1:{port}/", extensions=extensions)


def test_another_host_behind_the_right_handshake_is_refused_before_the_workstation(
    site: Site,
) -> None:
    for name in ("other.example", "127.0.0.1", "localhost"):
        with site.client(name=name) as stranger:
            answer = stranger.get("/sign-in")
            assert answer.status_code == 421
            assert "content-security-policy" not in answer.headers


def test_the_cookie_is_for_tls_and_this_host_alone(site: Site) -> None:
    with site.client() as client:
        cookie = sign_in(client).headers["set-cookie"]
    assert cookie.startswith("__Host-")
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"secure", "httponly", "samesite=strict", "path=/"} <= attributes
    assert not any(part.startswith("domain") for part in attributes)


def test_another_origin_is_refused_also_the_same_host_without_tls(client: httpx.Client) -> None:
    plain = str(client.headers["origin"]).replace("https:", "http:")
    for origin in ("https://other.example", plain, f"https://{NAME}", "null"):
        answer = client.post("/api/uploads", content=b"x", headers={"origin": origin})
        assert answer.status_code == 403, origin


def test_the_trail_has_the_clients_own_address_whatever_it_claims(site: Site) -> None:
    claims = {"x-forwarded-for": "203.0.113.9", "forwarded": "for=203.0.113.9"}
    with site.client("127.0.0.3") as client:
        sign_in(client, **claims, **{"x-real-ip": "203.0.113.9"})
    engine = open_engine(f"sqlite:///{site.data / 'triage.sqlite3'}")
    with SqlUnitOfWork(session_factory(engine)) as unit:
        events = unit.trail.page(TrailFilter(), None, 20)
    engine.dispose()
    seen = [json.loads(e.details)["address"] for e in events if e.action == "signed_in"]
    assert seen[0] == "127.0.0.3"


def test_a_large_photograph_goes_through_without_touching_nginxs_disk(
    site: Site, client: httpx.Client
) -> None:
    photograph = large_photograph()
    # Above nginx's own limit of 1 MB, and far above what it holds in memory before it writes.
    assert 2_000_000 < len(photograph) < LIMIT_MB * 1_000_000
    answer = client.post(
        "/api/uploads", content=photograph, headers={"x-file-name": "secret-name.png"}
    )
    assert answer.status_code == 201, answer.text
    case = answer.json()["case"]
    original = client.get(f"/cases/{case}/images/original")
    assert original.content == photograph
    assert original.headers["cache-control"] == "no-store"
    assert not (site.proxy.logs / "buffers").exists()


def large_photograph() -> bytes:
    """A drawn lesion under noise that no format can compress."""
    noise = np.random.default_rng(1).integers(-60, 60, (1024, 1024, 3))
    pixels = np.clip(images.square(1024, images.Lesion(seed=1)) + noise, 0, 255)
    return images.encoded(pixels.astype(np.uint8), "PNG")


def test_a_file_above_the_limit_is_refused_by_the_workstation_itself(client: httpx.Client) -> None:
    answer = client.post("/api/uploads", content=b"x" * (LIMIT_MB * 1_000_000 + 1))
    assert answer.status_code == 413
    assert f"larger than {LIMIT_MB} MB" in answer.json()["error"]


def test_events_of_a_page_arrive_while_their_stream_stays_open(client: httpx.Client) -> None:
    event, inputs = load_event(client.get("/history").text)
    window = "window1"
    joined = client.post(
        "/gradio_api/queue/join",
        json={"data": [""] * inputs, "fn_index": event, "session_hash": window},
    )
    assert joined.status_code == 200, joined.text
    with client.stream("GET", f"/gradio_api/queue/data?session_hash={window}") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        told = messages(stream)
    assert told[-2:] == ["process_completed", "close_stream"]
    with client.stream("GET", f"/gradio_api/heartbeat/{window}") as beats:
        # The server never ends this one: with buffering in between, nothing would arrive.
        assert next(line for line in beats.iter_lines() if line).startswith("data:")


def load_event(page: str) -> tuple[int, int]:
    """An event that the page asks for when it opens, and how many texts it takes."""
    config = json.loads(page.partition("window.gradio_config = ")[2].partition(";</script>")[0])
    for event in config["dependencies"]:
        if any(name == "load" for _, name in event["targets"]):
            return event["id"], len(event["inputs"])
    raise AssertionError("the page has no such event")


def messages(stream: httpx.Response) -> list[str]:
    """What kinds of messages come, until the server closes the stream."""
    lines = (line.removeprefix("data: ") for line in stream.iter_lines() if line)
    return [json.loads(line)["msg"] for line in lines]


def test_logs_hold_neither_queries_nor_names(site: Site, client: httpx.Client) -> None:
    client.get("/history?patient=SECRET-REFERENCE&text=naevus", headers={"referer": "SECRET"})
    client.get("/nothing?patient=SECRET-REFERENCE")
    logs = "".join(path.read_text() for path in site.proxy.logs.glob("*.log"))
    assert "GET /history 200" in logs
    assert "SECRET" not in logs
    assert CLINICIAN not in logs
    assert "secret-name" not in logs


def test_a_browser_signs_in_analyses_and_leaves(site: Site, tmp_path: Path) -> None:
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed; `make browser` installs it")
    photograph = tmp_path / "lesion.png"
    photograph.write_bytes(large_photograph())
    # In a thread of its own: where the browser tests have run before, this one has an event loop.
    with ThreadPoolExecutor(1) as pool:
        errors = pool.submit(_whole_visit, site, photograph).result()
    assert errors == []


def _whole_visit(site: Site, photograph: Path) -> list[str]:
    """Sign in, analyse, sign out; the errors that the page reported."""
    errors: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", f"--host-resolver-rules=MAP {NAME} 127.0.0.1"],
        )
        page = browser.new_context(ignore_https_errors=True).new_page()
        page.set_default_timeout(BROWSER_MS)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{site.proxy.origin}/analyse")
        page.get_by_label("Name").fill(CLINICIAN)
        page.get_by_label("Password").fill(OWN_PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/analyse")
        page.locator("input[type=file]").first.set_input_files(photograph)
        expect(page.locator(".level-word").first).to_be_visible(timeout=BROWSER_MS)
        assert page.url.startswith(site.proxy.origin)
        page.locator("triage-nav summary").click()
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/sign-in?out")
        browser.close()
    return errors
