"""A reportlab canvas that writes a tagged PDF: reading order, headings, table cells and alternative text (ISO 32000-1, 14.8).

reportlab draws but does not tag. This adds what is needed for documents of ours: each piece of text or picture is drawn inside
`tag(...)`, decoration inside `artifact()`; nesting follows the `with` blocks.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape

from PIL import ImageCms
from reportlab.pdfbase import pdfdoc
from reportlab.pdfgen.canvas import Canvas

XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
   <pdfaid:part>2</pdfaid:part>
   <pdfaid:conformance>B</pdfaid:conformance>
   <dc:format>application/pdf</dc:format>
   <dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
   <dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>
   <dc:description><rdf:Alt><rdf:li xml:lang="x-default">{subject}</rdf:li></rdf:Alt></dc:description>
   <xmp:CreatorTool>{creator}</xmp:CreatorTool>
   <xmp:CreateDate>{moment}</xmp:CreateDate>
   <xmp:ModifyDate>{moment}</xmp:ModifyDate>
   <pdf:Producer>{producer}</pdf:Producer>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""


@lru_cache(maxsize=1)
def _srgb() -> bytes:
    """The profile of sRGB as Little CMS makes it: nobody's file, so nothing to license."""
    return bytes(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())


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

    def archive(self, *, title: str, author: str, subject: str, creator: str, on: date) -> None:
        """Title and maker, in the information of the document and as XMP, and the colour profile: what PDF/A-2 asks beyond the page.

        The dates are that of the document, not of the moment the file is made: the same content gives the same bytes.
        """
        self.setTitle(title)
        self.setAuthor(author)
        self.setSubject(subject)
        self.setCreator(creator)
        document = self._doc
        # Noon in UTC, so that no zone makes another day of it.
        moment = datetime.combine(on, time(12), tzinfo=UTC)
        stamp = document._timeStamp
        stamp.YMDhms, stamp.dhh, stamp.dmm, stamp.t, stamp.tzname = moment.timetuple()[:6], 0, 0, moment.timestamp(), "UTC"
        fields = {"title": title, "author": author, "subject": subject, "creator": creator, "producer": document.info.producer}
        packet = XMP.format(moment=f"{moment:%Y-%m-%dT%H:%M:%SZ}", **{name: escape(value) for name, value in fields.items()})
        metadata = pdfdoc.PDFStream(
            pdfdoc.PDFDictionary({"Type": pdfdoc.PDFName("Metadata"), "Subtype": pdfdoc.PDFName("XML")}), packet.encode(), filters=[]
        )
        profile = pdfdoc.PDFStream(pdfdoc.PDFDictionary({"N": 3}), _srgb())
        intent = pdfdoc.PDFDictionary(
            {
                "Type": pdfdoc.PDFName("OutputIntent"),
                "S": pdfdoc.PDFName("GTS_PDFA1"),
                "OutputConditionIdentifier": pdfdoc.PDFString("sRGB"),
                "Info": pdfdoc.PDFString("sRGB"),
                "DestOutputProfile": document.Reference(profile, "DestOutputProfile"),
            }
        )
        document.Catalog.Metadata = document.Reference(metadata, "Metadata")
        document.Catalog.__NoDefault__ = [*document.Catalog.__NoDefault__, "OutputIntents"]
        document.Catalog.OutputIntents = pdfdoc.PDFArray([intent])

    def _addAnnotation(self, annotation: Any, *args: Any, **kwargs: Any) -> None:
        (annotation.dict if isinstance(annotation, pdfdoc.PDFDictionary) else annotation.otherkw)["F"] = (
            4  # printed with the page: PDF/A-2 asks it of every annotation
        )
        super()._addAnnotation(annotation, *args, **kwargs)

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
