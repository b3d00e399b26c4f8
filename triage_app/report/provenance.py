"""What was judged by what, and how a report is checked against what was issued."""

from reportlab.platypus import Flowable, KeepTogether

from triage_app.domain.files import FileKind, StoredFile
from triage_app.domain.report_code import ReportCode
from triage_app.ports.documents import ReportContent
from triage_app.report import words
from triage_app.report.codes import QrCode
from triage_app.report.layout import Desk, Rule
from triage_app.report.styles import GAP
from triage_app.report.tags import Tag

_ANCHOR_USE = "With it, the command verify shows whether the end of the trail was cut off since."
_CODE_SIDE = 84.0
_CHECK = (
    "It holds the number of this report and a hash over everything that it states. At the site "
    "that issued it, the command verify with --report and this text tells whether such a report "
    "was issued and whether a newer one replaced it; with --file it tells whether a PDF is, byte "
    "for byte, the one that was issued."
)


def provenance(desk: Desk, content: ReportContent) -> list[Flowable]:
    """Which model, image and software, how far the trail had come, and how to check it all."""
    analysis, files = content.case.analysis, content.case.files
    model = analysis.model
    original, crop = files.get(FileKind.ORIGINAL), files.get(FileKind.CROP)
    rows = [
        ["Model", f"{model.name}, version {model.version}" if model else words.NO_MODEL],
        ["Model SHA-256", model.sha256 if model else "None: no model."],
        ["Original image", words.image_size(original)],
        ["Image SHA-256", _sha256(original)],
        ["Analysed crop SHA-256", _sha256(crop)],
        ["Image notes", "; ".join(analysis.image_notes) or "None: used as it was."],
        ["Application version", analysis.app_version],
        ["Trail anchor", f"{content.anchor}\n{_ANCHOR_USE}"],
    ]
    code = ReportCode(content.report_id, content.number, content.content_hash)
    beside = desk.width - _CODE_SIDE - GAP
    widths = [0.24 * beside, 0.76 * beside]
    table = desk.listing("provenance", ["Record", "Value"], rows, widths)
    both = desk.grid([[table, QrCode(code, _CODE_SIDE)]], [beside + GAP, _CODE_SIDE])
    small = desk.styles.small_spaced
    check = [desk.text(f"Text of the code: {code}", small), desk.text(_CHECK, small)]
    title = desk.text("Model, image and software", desk.styles.heading, Tag("H2"))
    return [KeepTogether([Rule(), title, both, *check])]


def _sha256(file: StoredFile | None) -> str:
    return file.sha256 if file else words.NOT_RECORDED
