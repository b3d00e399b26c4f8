"""nginx in front of the workstation, configured as the operator's guide says."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from triage_app.config import PROJECT_ROOT

ROOT = PROJECT_ROOT
GUIDE = ROOT / "assets" / "guides" / "nginx.conf"
NAME = "triage.example"
MAIN = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/main.log;
events {{ worker_connections 64; }}
http {{
    client_body_temp_path {folder}/buffers/body;
    proxy_temp_path {folder}/buffers/proxy;
    fastcgi_temp_path {folder}/buffers/fastcgi;
    uwsgi_temp_path {folder}/buffers/uwsgi;
    scgi_temp_path {folder}/buffers/scgi;
{guide}
}}
"""


def find_nginx() -> str | None:
    """The program: unpacked by `make proxy`, or installed."""
    places = os.pathsep.join(
        [str(ROOT / "build/nginx/usr/sbin"), os.environ.get("PATH", ""), "/usr/sbin"]
    )
    return shutil.which("nginx", path=places)


@dataclass(frozen=True)
class Proxy:
    """Where it listens, and its files."""

    tls_port: int
    plain_port: int
    certificate: Path
    logs: Path

    @property
    def origin(self) -> str:
        """What TRIAGE_PUBLIC_ORIGIN is set to."""
        return f"https://{NAME}:{self.tls_port}"

    @property
    def host(self) -> str:
        """What a browser sends as Host."""
        return f"{NAME}:{self.tls_port}"


def plan(folder: Path) -> Proxy:
    """Ports and a certificate for a proxy that is started later."""
    certificate = folder / "certificate.pem"
    make_certificate(certificate, folder / "key.pem")
    tls_port, plain_port = free_ports(2)
    return Proxy(tls_port, plain_port, certificate, folder)


@contextmanager
def running(nginx: str, proxy: Proxy, upstream_port: int) -> Iterator[None]:
    """nginx in front of ``upstream_port`` until the end of the block."""
    folder = proxy.logs
    configuration = folder / "nginx.conf"
    guide = configured(proxy, upstream_port)
    configuration.write_text(MAIN.format(folder=folder, guide=guide), encoding="utf-8")
    (folder / "buffers").mkdir()
    command = [nginx, "-p", str(folder), "-e", str(folder / "main.log"), "-c", str(configuration)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        _wait(proxy.tls_port, process)
        # Without these folders nginx cannot put a request or an answer on the disk: it fails.
        shutil.rmtree(folder / "buffers")
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


def configured(proxy: Proxy, upstream_port: int) -> str:
    """The guide's file with ports and paths of this test; nothing else is changed."""
    text = GUIDE.read_text(encoding="utf-8")
    for documented, here in (
        ("listen 443 ", f"listen 127.0.0.1:{proxy.tls_port} "),
        ("listen 80;", f"listen 127.0.0.1:{proxy.plain_port};"),
        ("server 127.0.0.1:7860;", f"server 127.0.0.1:{upstream_port};"),
        ("/etc/ssl/triage/fullchain.pem", str(proxy.certificate)),
        ("/etc/ssl/triage/key.pem", str(proxy.certificate.with_name("key.pem"))),
        ("/var/log/nginx/", f"{proxy.logs}/"),
    ):
        assert documented in text, f"the guide's nginx.conf no longer says {documented!r}"
        text = text.replace(documented, here)
    return text


def make_certificate(certificate: Path, key: Path) -> None:
    """A self-signed certificate for the documented name."""
    command = f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={NAME}"
    named = f"-addext subjectAltName=DNS:{NAME}"
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command.split(), *named.split(), *files], check=True, capture_output=True)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports: list[int] = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(200):
        if process.poll() is not None:
            said = process.stdout.read().decode() if process.stdout else ""
            raise AssertionError(f"nginx ended: {said}")
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("nginx does not listen")
