"""The structure tree that makes a PDF readable aloud (ISO 32000-1, 14.7).

ReportLab writes no tags. Here each drawn piece is wrapped in marked content, and the tree of
headings, paragraphs, tables and figures is added when the document is saved. Header and footer are
marked as artefacts: a screen reader skips them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from reportlab.pdfbase import pdfdoc


@dataclass(frozen=True)
class Tag:
    """What a piece is: ``role`` is a standard structure type such as "P", "H1" or "Figure".

    ``alternative`` replaces a picture in words. ``table`` and ``row`` place a cell ("TH", "TD"):
    cells with the same table and row are grouped. ``actual`` is the text in reading order where
    the glyphs stand in another one.
    """

    role: str = "P"
    alternative: str = ""
    actual: str = ""
    table: str = ""
    row: int = 0


@dataclass
class _Element:
    role: str
    alternative: str = ""
    actual: str = ""
    content: tuple[int, int] | None = None  # page index, number on that page
    children: list["_Element"] = field(default_factory=list)


class TagTree:
    """Structure of one document, filled in drawing order."""

    def __init__(self, canvas: Any) -> None:
        self._canvas = canvas
        self._root = _Element("Document")
        self._groups: dict[tuple[str, int], _Element] = {}
        self._marked: list[list[_Element]] = []

    @contextmanager
    def piece(self, tag: Tag) -> Iterator[None]:
        """Everything drawn inside belongs to one element."""
        page = self._canvas.getPageNumber() - 1
        while len(self._marked) <= page:
            self._marked.append([])
        number = len(self._marked[page])
        element = _Element(tag.role, tag.alternative, tag.actual, (page, number))
        self._marked[page].append(element)
        self._parent(tag).children.append(element)
        self._canvas.addLiteral(f"/{tag.role} <</MCID {number}>> BDC")
        yield
        self._canvas.addLiteral("EMC")

    @contextmanager
    def artefact(self) -> Iterator[None]:
        """Everything drawn inside is decoration or furniture."""
        self._canvas.addLiteral("/Artifact BMC")
        yield
        self._canvas.addLiteral("EMC")

    def write(self, document: Any) -> None:
        """Add the tree to the document. To be called once, after the last page."""
        tree = pdfdoc.PDFDictionary({"Type": pdfdoc.PDFName("StructTreeRoot")})
        references: dict[int, Any] = {}
        tree_reference = document.Reference(tree)
        tree["K"] = self._add(document, self._root, tree_reference, references)
        tree["ParentTree"] = document.Reference(self._parents(references))
        tree["ParentTreeNextKey"] = len(self._marked)
        document.Catalog.StructTreeRoot = tree
        document.Catalog.MarkInfo = pdfdoc.PDFDictionary({"Marked": "true"})
        for index, page in enumerate(document.Pages.pages):
            # The page class writes only the keys that it knows.
            page.__NoDefault__ = [*page.__NoDefault__, "StructParents", "Tabs"]
            page.StructParents = index
            page.Tabs = pdfdoc.PDFName("S")

    def _parent(self, tag: Tag) -> _Element:
        if not tag.table:
            return self._root
        table = self._group(self._root, "Table", (tag.table, -1))
        return self._group(table, "TR", (tag.table, tag.row))

    def _group(self, parent: _Element, role: str, key: tuple[str, int]) -> _Element:
        if key not in self._groups:
            self._groups[key] = _Element(role)
            parent.children.append(self._groups[key])
        return self._groups[key]

    def _add(self, document: Any, element: _Element, parent: Any, found: dict[int, Any]) -> Any:
        entry = pdfdoc.PDFDictionary({"Type": pdfdoc.PDFName("StructElem"), "P": parent})
        entry["S"] = pdfdoc.PDFName(element.role)
        reference = found[id(element)] = document.Reference(entry)
        if element.alternative:
            entry["Alt"] = pdfdoc.PDFString(element.alternative)
        if element.actual:
            entry["ActualText"] = pdfdoc.PDFString(element.actual)
        if element.content:
            page, number = element.content
            entry["Pg"] = pdfdoc.PDFObjectReference(f"Page{page + 1}")
            entry["K"] = number
        else:
            kids = [self._add(document, child, reference, found) for child in element.children]
            entry["K"] = pdfdoc.PDFArray(kids)
        return reference

    def _parents(self, references: dict[int, Any]) -> Any:
        numbers: list[Any] = []
        for index, elements in enumerate(self._marked):
            marked = [references[id(element)] for element in elements]
            numbers.extend((index, pdfdoc.PDFArray(marked)))
        return pdfdoc.PDFDictionary({"Nums": pdfdoc.PDFArray(numbers)})
