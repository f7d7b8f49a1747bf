"""A reportlab canvas that writes a tagged PDF: reading order, headings, table cells and alternative text (ISO 32000-1, 14.8).

reportlab draws but does not tag. This adds what is needed for documents of ours: each piece of text or picture is drawn inside
`tag(...)`, decoration inside `artifact()`; nesting follows the `with` blocks.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from reportlab.pdfbase import pdfdoc
from reportlab.pdfgen.canvas import Canvas


@dataclass
class Element:
    """A node of the structure tree: children are elements, or (page index, marked-content id)."""

    role: str
    alt: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Element | tuple[int, int]"] = field(default_factory=list)


class TaggedCanvas(Canvas):
    """`with canvas.tag("H1"): canvas.drawString(…)` for content, `with canvas.artifact(): …` for decoration."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._root = Element("Document")
        self._open = [self._root]
        self._marked: list[list[Element]] = [[]]

    @contextmanager
    def group(self, role: str, **attributes: str) -> Iterator[None]:
        """An element that holds other elements: Table, TR, Sect, L."""
        element = Element(role, attributes=attributes)
        self._open[-1].children.append(element)
        self._open.append(element)
        try:
            yield
        finally:
            self._open.pop()

    @contextmanager
    def tag(self, role: str, *, alt: str = "", **attributes: str) -> Iterator[None]:
        """An element with what is drawn inside the block as its content."""
        element = Element(role, alt=alt, attributes=attributes)
        self._open[-1].children.append(element)
        page = len(self._marked) - 1
        number = len(self._marked[page])
        self._marked[page].append(element)
        element.children.append((page, number))
        self.addLiteral(f"/{role} <</MCID {number}>> BDC")
        try:
            yield
        finally:
            self.addLiteral("EMC")

    @contextmanager
    def artifact(self) -> Iterator[None]:
        """Decoration, which a screen reader passes over."""
        self.addLiteral("/Artifact BMC")
        try:
            yield
        finally:
            self.addLiteral("EMC")

    def showPage(self) -> None:
        super().showPage()
        page = self._doc.Pages.pages[-1]
        page.__NoDefault__ = [*page.__NoDefault__, "StructParents", "Tabs"]
        page.StructParents = len(self._marked) - 1
        page.Tabs = pdfdoc.PDFName("S")
        self._marked.append([])

    def save(self) -> None:
        if self._code:
            self.showPage()
        self._write_structure()
        super().save()

    def _write_structure(self) -> None:
        document = self._doc
        pages = [document.Reference(page) for page in document.Pages.pages]
        objects: dict[int, Any] = {}
        tree = pdfdoc.PDFDictionary({"Type": pdfdoc.PDFName("StructTreeRoot")})
        tree_reference = document.Reference(tree, "StructTreeRoot")
        top = self._write_element(self._root, tree_reference, pages, objects)
        numbers: list[Any] = []
        for index, marked in enumerate(self._marked[: len(pages)]):
            numbers += [index, pdfdoc.PDFArray([objects[id(element)] for element in marked])]
        tree.dict.update(
            {"K": top, "ParentTree": pdfdoc.PDFDictionary({"Nums": pdfdoc.PDFArray(numbers)}), "ParentTreeNextKey": len(pages)}
        )
        document.Catalog.StructTreeRoot = tree_reference
        document.Catalog.MarkInfo = document.Reference(pdfdoc.PDFDictionary({"Marked": "true"}), "MarkInfo")
        self.setViewerPreference("DisplayDocTitle", "true")

    def _write_element(self, element: Element, parent: Any, pages: list[Any], objects: dict[int, Any]) -> Any:
        node = pdfdoc.PDFDictionary({"Type": pdfdoc.PDFName("StructElem"), "S": pdfdoc.PDFName(element.role), "P": parent})
        reference = self._doc.Reference(node, f"StructElem{len(objects)}")
        objects[id(element)] = reference
        children: list[Any] = []
        for child in element.children:
            if isinstance(child, Element):
                children.append(self._write_element(child, reference, pages, objects))
            else:
                page, number = child
                node.dict["Pg"] = pages[page]
                children.append(number)
        node.dict["K"] = pdfdoc.PDFArray(children)
        if element.alt:
            node.dict["Alt"] = pdfdoc.PDFString(element.alt)
        if element.attributes:
            node.dict["A"] = pdfdoc.PDFDictionary(
                {"O": pdfdoc.PDFName("Table"), **{name: pdfdoc.PDFName(value) for name, value in element.attributes.items()}}
            )
        return reference
