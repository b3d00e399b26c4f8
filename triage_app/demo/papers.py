"""A pathologist's report of the made-up clinic, as a small PDF that says what it is."""

from collections.abc import Sequence

from triage_app.domain.outcome import Outcome
from triage_app.domain.pathology import PATHOLOGY_LABELS

NOTICE = "SYNTHETIC DATA - made up, no patient"


def pathology_pdf(outcome: Outcome) -> bytes:
    """One page with the diagnosis of an outcome by histopathology."""
    assert outcome.diagnosis is not None, "only histopathology has a report"
    lines = [
        NOTICE,
        f"Specimen {outcome.specimen}, reported on {outcome.on.isoformat()}",
        f"Diagnosis: {PATHOLOGY_LABELS[outcome.diagnosis]}",
    ]
    if outcome.breslow_mm is not None:
        lines.append(f"Breslow thickness: {outcome.breslow_mm:g} mm")
    return _page([*lines, outcome.text])


def _page(lines: Sequence[str]) -> bytes:
    """A PDF of one A4 page in Helvetica; ``lines`` in ASCII."""
    escaped = [line.translate({ord(c): f"\\{c}" for c in "()\\"}) for line in lines]
    shown = "".join(f"({line}) Tj T*\n" for line in escaped)
    stream = f"BT /F1 12 Tf 20 TL 60 760 Td\n{shown}ET".encode("ascii", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    tail = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return out + head + table + tail % (len(objects) + 1, len(out))
