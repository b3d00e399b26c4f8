"""The PDF report: the only ReportLab. Draws what is stored, and nothing else.

``render`` is what the use cases are given; ``pdf.PdfReport`` draws with fonts of another folder.
"""

from triage_app.report.pdf import PdfReport, render

__all__ = ["PdfReport", "render"]
