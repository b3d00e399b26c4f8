"""The PDF documents: the only ReportLab. Draws what is stored, and nothing else.

``render``, ``render_letter`` and ``render_certificate`` are what the use cases are given;
``pdf.PdfReport`` draws with fonts of another folder.
"""

from triage_app.report.pdf import PdfReport, render, render_certificate, render_letter

__all__ = ["PdfReport", "render", "render_certificate", "render_letter"]
