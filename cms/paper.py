"""What everything on paper shares: our fonts, colours, wordmark and foot of the page. Readable in black and white."""

from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

from django.conf import settings
from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas

INK = HexColor("#16323B")
SOFT = HexColor("#48606A")
ACTION = HexColor("#0F5C66")
PALE = HexColor("#EAF3F2")
LINE = HexColor("#6B8088")
SIGNAL = HexColor("#B84516")

REGULAR, BOLD, ITALIC = "Atkinson", "Atkinson-Bold", "Atkinson-Italic"
_FILES = {REGULAR: "regular", BOLD: "bold", ITALIC: "italic"}
_FOLDER = Path(settings.BASE_DIR) / "frontend" / "dist" / "fonts"


class FontsMissing(Exception):
    """The front end has not been built, so that there are no fonts to embed."""


@cache
def register_fonts() -> None:
    """Make our typeface known to reportlab; each style also as "<name>-Ext" for letters such as ć and ő."""
    try:
        for name, style in _FILES.items():
            pdfmetrics.registerFont(TTFont(name, _FOLDER / f"atkinson-latin-{style}.ttf"))
            pdfmetrics.registerFont(TTFont(f"{name}-Ext", _FOLDER / f"atkinson-latin-ext-{style}.ttf"))
    except (TTFError, OSError) as error:
        raise FontsMissing("Run `node build.mjs` in frontend/ first: paper embeds the fonts that it makes.") from error
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=ITALIC, boldItalic=BOLD)


def marked_up(text: str, *, font: str = REGULAR) -> str:
    """Text for a reportlab Paragraph: escaped, and letters outside the main font set from its companion."""
    register_fonts()
    known = pdfmetrics.getFont(font).face.charToGlyph
    extra = pdfmetrics.getFont(f"{font}-Ext").face.charToGlyph
    out, run = [], ""
    for letter in text:
        if ord(letter) not in known and ord(letter) in extra:
            run += letter
            continue
        if run:
            out.append(f'<font name="{font}-Ext">{escape(run)}</font>')
            run = ""
        out.append(escape(letter))
    if run:
        out.append(f'<font name="{font}-Ext">{escape(run)}</font>')
    return "".join(out)


def draw_wordmark(canvas: Canvas, x: float, y: float, height: float = 9 * mm) -> None:
    """The wordmark with its lower left corner at x, y: the same drawing as on the screen."""
    scale = height / 60
    canvas.saveState()
    canvas.translate(x, y + height)
    canvas.scale(scale, -scale)
    canvas.setLineCap(1)
    canvas.setLineJoin(1)
    canvas.setStrokeColor(INK)
    canvas.setLineWidth(5)
    letters = canvas.beginPath()
    for points in (
        [(5, 12), (17.5, 45), (30, 12)],
        [(58, 22), (58, 45)],
        [(71, 7), (71, 45)],
        [(88, 22), (71, 37)],
        [(77.5, 31.5), (89, 45)],
        [(97, 22), (105, 45), (113, 24), (121, 45), (129, 22)],
        [(142, 22), (142, 45)],
    ):
        letters.moveTo(*points[0])
        for point in points[1:]:
            letters.lineTo(*point)
    letters.circle(46.5, 33.5, 11.5)
    letters.moveTo(157, 22)
    letters.lineTo(157, 48)
    letters.curveTo(157, 53.5, 154, 55.8, 148, 55.5)
    letters.moveTo(186, 25.5)
    letters.curveTo(184, 23, 181, 21.7, 177.5, 21.7)
    letters.curveTo(172.5, 21.7, 169.5, 24, 169.5, 27.5)
    letters.curveTo(169.5, 35.5, 187, 31.2, 187, 39.3)
    letters.curveTo(187, 43, 184, 45.3, 178, 45.3)
    letters.curveTo(173.5, 45.3, 170, 43.7, 168, 40.6)
    canvas.drawPath(letters, stroke=1, fill=0)
    canvas.setStrokeColor(ACTION)
    canvas.setFillColor(ACTION)
    canvas.setLineWidth(2.5)
    canvas.line(142, 9, 189, 9)
    canvas.circle(142, 9, 5, stroke=0, fill=1)
    canvas.circle(189, 9, 2.5, stroke=0, fill=1)
    canvas.setFillColorRGB(1, 1, 1)
    canvas.circle(157, 9, 4.5, stroke=1, fill=1)
    canvas.restoreState()
