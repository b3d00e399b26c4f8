"""`make setup` of a bundle: from its own wheels alone, and only if they are what was packed."""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from triage_app.config import PROJECT_ROOT

ROOT = PROJECT_ROOT
WHEEL = "harmless-1.0-py3-none-any.whl"
NOWHERE = {
    "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
    "PIP_EXTRA_INDEX_URL": "http://127.0.0.1:9/more",
    "PIP_FIND_LINKS": "",
    "PIP_RETRIES": "0",
}

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """An unpacked bundle whose only library is a wheel of one line."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements.txt").write_text("harmless==1.0\n")
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    content = {
        "harmless.py": "WORD = 'installed'\n",
        "harmless-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: harmless\nVersion: 1.0\n",
        "harmless-1.0.dist-info/WHEEL": (
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        ),
        "harmless-1.0.dist-info/RECORD": "",
    }
    with zipfile.ZipFile(wheels / WHEEL, "w") as archive:
        for name, text in content.items():
            archive.writestr(name, text)
    write_sums(wheels)
    return tmp_path


def write_sums(wheels: Path) -> None:
    """What `make bundle` writes beside the wheels."""
    digest = hashlib.sha256((wheels / WHEEL).read_bytes()).hexdigest()
    (wheels / "SHA256SUMS").write_text(f"{digest}  {WHEEL}\n")


def make_setup(bundle: Path) -> "subprocess.CompletedProcess[str]":
    """`make setup` where every index is unreachable."""
    command = ["make", "setup", f"PYTHON={sys.executable}"]
    environment = dict(os.environ) | NOWHERE
    return subprocess.run(
        command,
        cwd=bundle,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_a_bundle_sets_itself_up_without_a_network(bundle: Path) -> None:
    done = make_setup(bundle)
    assert done.returncode == 0, done.stderr
    python = bundle / ".venv" / "bin" / "python"
    said = subprocess.check_output([python, "-c", "import harmless; print(harmless.WORD)"])
    assert said == b"installed\n"


@pytest.mark.parametrize("damage", ["changed", "missing", "unlisted sums"])
def test_a_bundle_that_is_not_what_was_packed_installs_nothing(bundle: Path, damage: str) -> None:
    wheel, sums = bundle / "wheels" / WHEEL, bundle / "wheels" / "SHA256SUMS"
    if damage == "changed":
        wheel.write_bytes(wheel.read_bytes() + b"x")
    elif damage == "missing":
        wheel.unlink()
    else:
        sums.write_text("no line of a checksum\n")
    done = make_setup(bundle)
    assert done.returncode != 0
    assert not (bundle / ".venv").exists()
