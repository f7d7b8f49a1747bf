"""A tool on one sheet of A4, drawn as a route along the left margin; the type shrinks until everything fits."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph

from cms import paper
from cms.models import ToolPage

WIDTH, HEIGHT = A4
LEFT, RIGHT, TOP, BOTTOM = 18 * mm, 16 * mm, 14 * mm, 12 * mm
SIZES = [10.5, 10, 9.5, 9, 8.5, 8, 7.5, 7, 6.5]


class TooLong(Exception):
    """The tool does not fit on one sheet, even in the smallest type."""


def draw(tool: ToolPage, *, address: str) -> bytes:
    """The sheet as a PDF: title, use, content, sources. Raises TooLong."""
    paper.register_fonts()
    body = {ToolPage.Kind.CONVERSATION: _conversation, ToolPage.Kind.DECISION: _decision, ToolPage.Kind.FORMAT: _format}[
        ToolPage.Kind(tool.kind)
    ]
    with translation.override(tool.content_language):
        # A form needs room to write in more than large type.
        for size in [size for size in SIZES if tool.kind != ToolPage.Kind.FORMAT or size <= 8.5]:
            # Drawn once to measure, so that the sheet that is kept never runs into its own foot.
            if _sheet(Canvas(BytesIO(), pagesize=A4), tool, address, size, body) >= 0:
                kept = BytesIO()
                canvas = Canvas(kept, pagesize=A4, lang=tool.content_language)
                canvas.setTitle(tool.title)
                canvas.setSubject(tool.summary)
                canvas.setCreator("Vakwijs")
                _sheet(canvas, tool, address, size, body)
                canvas.showPage()
                canvas.save()
                return kept.getvalue()
    raise TooLong(tool.title)


Body = Callable[["Pen", ToolPage], None]


class Pen:
    """Writes paragraphs downwards in a column."""

    def __init__(self, canvas: Canvas, size: float, y: float, floor: float) -> None:
        self.canvas, self.size, self.y, self.floor = canvas, size, y, floor

    def write(
        self,
        text: str,
        *,
        x: float,
        width: float,
        bold: bool = False,
        scale: float = 1,
        colour: Any = paper.INK,
        after: float = 0.35,
        lead: str = "",
    ) -> float:
        """One paragraph at x; gives the height it took. `after` is white space in lines; `lead` goes bold before it."""
        font = paper.BOLD if bold else paper.REGULAR
        size = self.size * scale
        style = ParagraphStyle("text", fontName=font, fontSize=size, leading=size * 1.28, textColor=colour)
        markup = (f"<b>{paper.marked_up(lead, font=paper.BOLD)}</b> " if lead else "") + paper.marked_up(text, font=font)
        paragraph = Paragraph(markup, style)
        _width, height = paragraph.wrap(width, HEIGHT)
        paragraph.drawOn(self.canvas, x, self.y - height)
        taken = height + after * self.size
        self.y -= taken
        return taken

    def station(self, label: str, y: float) -> None:
        """A stop on the route in the margin."""
        self.canvas.setStrokeColor(paper.ACTION)
        self.canvas.setFillColorRGB(1, 1, 1)
        self.canvas.setLineWidth(1.6)
        self.canvas.circle(LEFT + 3 * mm, y, 3 * mm, stroke=1, fill=1)
        self.canvas.setFillColor(paper.ACTION)
        self.canvas.setFont(paper.BOLD, 9)
        self.canvas.drawCentredString(LEFT + 3 * mm, y - 3.2, label)


def _sheet(canvas: Canvas, tool: ToolPage, address: str, size: float, body: Body) -> float:
    """Draw the sheet in this size of type; gives the room that is left, negative when it does not fit."""
    width = WIDTH - LEFT - RIGHT
    paper.draw_wordmark(canvas, WIDTH - RIGHT - 28 * mm, HEIGHT - TOP - 8.5 * mm, 8.5 * mm)
    floor = _foot(canvas, tool, address)
    pen = Pen(canvas, size, HEIGHT - TOP, floor)
    pen.write(tool.get_kind_display(), x=LEFT, width=width - 34 * mm, colour=paper.SOFT, after=0.1)
    pen.write(tool.title, x=LEFT, width=width - 34 * mm, bold=True, scale=1.9, after=0.4)
    pen.write(tool.when, x=LEFT, width=width, lead=_("Wanneer"), after=0.6)
    canvas.setStrokeColor(paper.LINE)
    canvas.setLineWidth(0.5)
    canvas.line(LEFT, pen.y, WIDTH - RIGHT, pen.y)
    pen.y -= size
    body(pen, tool)
    return pen.y - floor


def _foot(canvas: Canvas, tool: ToolPage, address: str) -> float:
    """Sources, date of review and address at the bottom; gives where the content has to stop."""
    named = "; ".join(", ".join(part for part in (s["title"], s["publisher"], s["date"], s["locator"]) if part) for s in tool.source_values)
    pen = Pen(canvas, 6.5, 0, 0)
    review = _("We kijken de feiten opnieuw na voor %(date)s.") % {"date": date_format(tool.review_by, "j F Y")}
    style = ParagraphStyle("foot", fontName=paper.REGULAR, fontSize=6.5, leading=8.2, textColor=paper.SOFT)
    text = Paragraph(paper.marked_up(f"{_('Bronnen:')} {named}. {review} {address}"), style)
    _width, height = text.wrap(WIDTH - LEFT - RIGHT, HEIGHT)
    text.drawOn(canvas, LEFT, BOTTOM)
    pen.y = BOTTOM + height + 2.5 * mm
    canvas.setStrokeColor(paper.LINE)
    canvas.setLineWidth(0.5)
    canvas.line(LEFT, pen.y - 1 * mm, WIDTH - RIGHT, pen.y - 1 * mm)
    return pen.y + 1 * mm


def _conversation(pen: Pen, tool: ToolPage) -> None:
    """Each step a stop: what to say on the left, what to listen for on the right."""
    x = LEFT + 11 * mm
    whole = WIDTH - RIGHT - x
    left, gap = whole * 0.56, 6 * mm
    stops = []
    for number, step in enumerate(tool.steps, start=1):
        stops.append((str(number), pen.y - pen.size * 0.7))
        pen.write(step["title"], x=x, width=whole, bold=True, scale=1.15, after=0.05)
        pen.write(step["purpose"], x=x, width=whole, colour=paper.SOFT, after=0.3)
        top = pen.y
        for line in step["say"]:
            pen.write(f"“{line}”", x=x, width=left, after=0.22)
        lowest, pen.y = pen.y, top
        for line in step["listen_for"]:
            height = pen.write(line, x=x + left + gap + 3 * mm, width=whole - left - gap - 3 * mm, after=0.22)
            pen.canvas.setFillColor(paper.SIGNAL)
            pen.canvas.circle(x + left + gap + 1 * mm, pen.y + height - pen.size * 0.72, 1.1, stroke=0, fill=1)
        pen.y = min(lowest, pen.y)
        if step["note_prompt"]:
            pen.write(step["note_prompt"], x=x, width=whole, lead=_("Dossier:"), after=0.2)
        pen.y -= pen.size * 0.75
    _route(pen, stops)


def _decision(pen: Pen, tool: ToolPage) -> None:
    """Questions down the route; the outcomes in two columns beneath."""
    x = LEFT + 11 * mm
    whole = WIDTH - RIGHT - x
    answers = 62 * mm
    stops = []
    for question in tool.decision["questions"]:
        stops.append((str(question["number"]), pen.y - pen.size * 0.7))
        top = pen.y
        pen.write(question["text"], x=x, width=whole - answers - 6 * mm, bold=True, after=0.05)
        if question["help"]:
            pen.write(question["help"], x=x, width=whole - answers - 6 * mm, colour=paper.SOFT, scale=0.92, after=0.2)
        lowest, pen.y = pen.y, top
        for choice in question["choices"]:
            pen.write(choice["leads_to"], x=x + whole - answers, width=answers, lead=f"{choice['text']}:", after=0.2)
        pen.y = min(lowest, pen.y) - pen.size * 0.6
    _route(pen, stops)
    pen.y -= pen.size * 0.3
    column = (WIDTH - LEFT - RIGHT - 8 * mm) / 2
    columns = [[LEFT, pen.y], [LEFT + column + 8 * mm, pen.y]]
    for outcome in tool.decision["outcomes"]:
        place = max(columns, key=lambda one: one[1])
        pen.y = place[1]
        top = pen.y
        pen.write(outcome["title"], x=place[0] + 8 * mm, width=column - 8 * mm, bold=True, lead=f"{outcome['letter']}.", after=0.1)
        pen.write(outcome["text"], x=place[0] + 8 * mm, width=column - 8 * mm, scale=0.94, after=0.15)
        for number, line in enumerate(outcome["next_steps"], start=1):
            pen.write(line, x=place[0] + 8 * mm, width=column - 8 * mm, scale=0.94, lead=f"{number}.", after=0.1)
        pen.canvas.setStrokeColor(paper.ACTION)
        pen.canvas.setLineWidth(1.6)
        pen.canvas.line(place[0] + 4 * mm, top, place[0] + 4 * mm, pen.y + pen.size * 0.2)
        pen.y -= pen.size * 0.8
        place[1] = pen.y
    pen.y = min(place[1] for place in columns)


def _format(pen: Pen, tool: ToolPage) -> None:
    """Each part a heading with its hint and lines to write on; the lines share the room that is left."""
    x = LEFT + 11 * mm
    whole = WIDTH - RIGHT - x
    heads = sum(
        _height(field["label"], whole, pen.size) + (_height(field["hint"], whole, pen.size * 0.92) if field["hint"] else 0)
        for field in tool.fields
    )
    room = pen.y - pen.floor - heads - len(tool.fields) * pen.size * 1.2
    # Lines of at least 6 mm can be written on; when there are too many, each part gives up some of its own.
    asked = sum(field["rows"] for field in tool.fields)
    share = min(1.0, room / (5.8 * mm * asked))
    lines = [max(1, round(field["rows"] * share)) for field in tool.fields]
    between = min(room / sum(lines), 9 * mm)
    stops = []
    for number, (field, count) in enumerate(zip(tool.fields, lines, strict=True), start=1):
        stops.append((str(number), pen.y - pen.size * 0.7))
        pen.write(field["label"], x=x, width=whole, bold=True, after=0.05)
        if field["hint"]:
            pen.write(field["hint"], x=x, width=whole, colour=paper.SOFT, scale=0.92, after=0)
        pen.canvas.setStrokeColor(paper.LINE)
        pen.canvas.setLineWidth(0.4)
        for _row in range(count):
            pen.y -= between
            pen.canvas.line(x, pen.y, x + whole, pen.y)
        pen.y -= pen.size * 0.9
    _route(pen, stops)


def _height(text: str, width: float, size: float) -> float:
    style = ParagraphStyle("measure", fontName=paper.REGULAR, fontSize=size, leading=size * 1.28)
    return float(Paragraph(paper.marked_up(text), style).wrap(width, HEIGHT)[1])


def _route(pen: Pen, stops: list[tuple[str, float]]) -> None:
    """The line through the stops, and the stops on it."""
    if stops:
        pen.canvas.setStrokeColor(paper.ACTION)
        pen.canvas.setLineWidth(1.6)
        pen.canvas.line(LEFT + 3 * mm, stops[0][1], LEFT + 3 * mm, stops[-1][1])
    for label, y in stops:
        pen.station(label, y)
