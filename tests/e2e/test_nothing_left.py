"""What is left of a patient outside of the store: in the browser after signing out, and in files
beside it while people work."""

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.e2e import people, screen
from tests.e2e.conftest import DESKTOP, Workstation
from tests.samples import images
from tests.samples.patience import BROWSER_MS

REFERENCE, NOTE = "LEFT-BEHIND-7731", "a note that nobody else may read"
FILE_NAME = "Surname-Forename-1931.jpg"
ARTIST = "Patient Named In Exif 4471"
STORAGE = """async () => ({
  local: Object.entries(localStorage), session: Object.entries(sessionStorage),
  databases: (await indexedDB.databases()).map((one) => one.name),
  caches: await caches.keys(), cookies: document.cookie,
})"""
Picture = Callable[[str, bytes], Path]


def _photograph(seed: int) -> bytes:
    """A picture whose metadata name a patient, as those of a camera may."""
    out = BytesIO()
    exif = Image.Exif()
    exif[0x013B] = ARTIST
    Image.open(BytesIO(images.jpeg(seed=seed))).save(out, "JPEG", exif=exif, quality=92)
    assert ARTIST.encode() in out.getvalue()
    return out.getvalue()


def _files(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path, path.read_bytes()


def _holding(folder: Path, *secrets: bytes) -> list[str]:
    """Files under ``folder`` that hold any of the secrets, in their content or in their name."""
    wanted = [*secrets, *(secret.decode("latin-1").encode("utf-16-le") for secret in secrets)]
    return [
        str(path.relative_to(folder))
        for path, content in _files(folder)
        if any(secret in content or secret in str(path).encode() for secret in wanted)
    ]


def _sign_in_first(page: Page, clinic: Workstation) -> None:
    """A clinician of this test, taken on by the administrator when there is none yet."""
    page.goto(f"{clinic.address}/sign-in")
    people.enter_first(page, clinic)
    page.goto(f"{clinic.address}/people")
    once = people.hire(page, "Nina Leaves", "Clinician")
    people.leave(page)
    people.enter(page, "Nina Leaves", once)
    people.change(page, once)
    expect(page.locator("triage-uploader")).to_be_visible()


def _work(page: Page, clinic: Workstation, picture: Picture) -> bytes:
    """Everything that a clinician does with a patient; the bytes of the shown crop."""
    screen.field(page, "patient_reference").fill(REFERENCE)
    case = screen.analyse(page, picture(FILE_NAME, _photograph(70)))
    screen.field(page, "note").fill(NOTE)
    screen.saved(page)
    page.get_by_role("button", name="File case").click()
    expect(page.get_by_text("Filed. It is in the review history.")).to_be_visible()
    page.goto(f"{clinic.address}/history")
    screen.find_patient(page, REFERENCE)
    expect(page.locator("a.line")).to_have_count(1)
    assert REFERENCE not in page.url
    page.locator("a.line").click()
    page.locator("triage-viewer").get_by_role("slider").fill("60")
    page.get_by_role("button", name="Issue report").click()
    expect(page.get_by_text("Report 1 is issued")).to_be_visible()
    crop = page.request.get(f"{clinic.address}/cases/{case}/images/crop")
    assert crop.ok
    return crop.body()


def test_nothing_of_a_patient_is_left_in_the_browser_or_in_temporary_files(
    clinic: Workstation, browser: Browser, tmp_path: Path, picture: Picture
) -> None:
    profile = tmp_path / "profile"
    context = browser.browser_type.launch_persistent_context(
        profile,
        executable_path="/usr/bin/chromium",
        args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-quic"],
        viewport=DESKTOP,
    )
    page = context.new_page()
    page.set_default_timeout(BROWSER_MS)
    _sign_in_first(page, clinic)
    crop = _work(page, clinic, picture)
    pixels = crop[len(crop) // 2 :][:64]

    assert clinic.temporary is not None
    secrets = (REFERENCE.encode(), NOTE.encode(), FILE_NAME.encode(), ARTIST.encode(), pixels)
    assert _holding(clinic.temporary, *secrets) == []
    # In the store the original is as it came; the database holds what was typed, and the name.
    stored = _holding(clinic.data, ARTIST.encode(), FILE_NAME.encode(), REFERENCE.encode())
    assert stored, "the scan finds nothing at all"
    assert all(name.startswith(("files/", "triage.sqlite3")) for name in stored), stored
    for path, _ in _files(clinic.data / "files"):
        assert path.stat().st_mode & 0o777 == 0o600

    people.leave(page)
    assert page.evaluate(STORAGE) == {
        "local": [],
        "session": [],
        "databases": [],
        "caches": [],
        "cookies": "",
    }
    page.go_back()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert REFERENCE not in page.content()
    assert context.cookies() == []
    context.close()
    assert list(_files(profile)), "the browser has kept nothing at all"
    assert _holding(profile, REFERENCE.encode(), NOTE.encode(), ARTIST.encode(), pixels) == []
