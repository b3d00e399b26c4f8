"""The certificate that a patient's data were erased, without a word about whose they were."""

from collections.abc import Sequence

from reportlab.platypus import CondPageBreak, Flowable

from triage_app.domain.calendar import utc_minute
from triage_app.domain.site import ERASURE_REASONS, Certificate
from triage_app.report import words
from triage_app.report.document import Sheet
from triage_app.report.layout import Desk, Rule
from triage_app.report.tags import Tag

_HEADING_AND_ROWS = 80.0
TITLE = "Certificate of erasure"
_STATEMENT = (
    "The data of one patient were erased from this site's dermoscopy workstation: what was typed, "
    "findings, images, overlays and reports of the cases listed below, and the patient's consent "
    "record. This certificate does not say whose data they were; whoever asked for the erasure "
    "keeps it with the request."
)
_BACKUPS = (
    "Backups that were made before the erasure still hold the data until the site's backup "
    "retention removes them. After a restore from such a backup the erasure has to be repeated."
)
_HASHES = (
    "SHA-256 of the files that were removed. A copy of such a file, kept elsewhere, has the same "
    "hash, so it can be shown that it was among them."
)


def sheet(erased: Certificate, site_name: str) -> Sheet:
    """Header, footer and metadata."""
    return Sheet(
        id=erased.id,
        at=erased.erased_at,
        title=f"{TITLE} {erased.id}",
        author=site_name,
        subject=TITLE,
        keywords=f"trail anchor {_event(erased)}",
        heading=TITLE,
        label=f"Certificate {erased.id}",
        notice=words.RESEARCH,
    )


def story(desk: Desk, erased: Certificate, site_name: str) -> list[Flowable]:
    """What was erased, when, why and by whom, and the row of the trail that proves it."""
    return [
        desk.text(site_name, desk.styles.site),
        desk.text(TITLE, desk.styles.title, Tag("H1")),
        desk.text(_STATEMENT, desk.styles.typed_spaced),
        *_record(desk, erased),
        desk.text(_BACKUPS, desk.styles.small_spaced),
        *_listed(desk, "Cases that were erased", "Case id", erased.cases),
        *_listed(desk, "Files that were erased", "SHA-256", erased.sha256),
        desk.text(_HASHES, desk.styles.small_spaced),
    ]


def _record(desk: Desk, erased: Certificate) -> list[Flowable]:
    rows = [
        ["Certificate id", erased.id],
        # A certificate is kept as facts and drawn anew: its bytes must not hang on the site's zone.
        ["Erased", utc_minute(erased.erased_at)],
        ["Reason", ERASURE_REASONS.get(erased.reason, erased.reason)],
        ["Erased by account", erased.erased_by],
        ["Cases", str(len(erased.cases))],
        ["Files", str(len(erased.sha256))],
        ["Row of the trail", _event(erased)],
    ]
    widths = [0.26 * desk.width, 0.74 * desk.width]
    return desk.section("Erasure", [desk.listing("erasure", ["Record", "Value"], rows, widths)])


def _listed(desk: Desk, heading: str, column: str, items: Sequence[str]) -> list[Flowable]:
    title = desk.text(heading, desk.styles.heading, Tag("H2"))
    if not items:
        return [Rule(), title, desk.text("None.")]
    rows = [[str(number), item] for number, item in enumerate(items, start=1)]
    table = desk.listing(heading, ["No.", column], rows, [0.1 * desk.width, 0.9 * desk.width])
    # A list of many pages begins where it stands; only its heading needs company.
    return [CondPageBreak(_HEADING_AND_ROWS), Rule(), title, table]


def _event(erased: Certificate) -> str:
    return f"{erased.event_number}:{erased.event_hash}"
