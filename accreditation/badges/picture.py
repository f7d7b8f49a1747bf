"""The picture of a badge: the route that was travelled, the course and who gave it."""

from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from accreditation import certificate_fonts
from accreditation.certificate_fonts import BOLD, REGULAR, SEMIBOLD

SIZE = 600
SCALE = 2  # drawn larger and made smaller: smooth edges
TEAL, DEEP, PAPER, PALE = (15, 92, 102), (11, 66, 74), (252, 251, 248), (234, 243, 242)


@lru_cache(maxsize=64)
def picture(*, title: str, organisation: str, demo: bool) -> bytes:
    """A PNG of 600 by 600 points, round, on nothing."""
    size = SIZE * SCALE
    image = Image.new("RGBA", (size, size), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.ellipse((8, 8, size - 8, size - 8), fill=TEAL)
    draw.ellipse((44, 44, size - 44, size - 44), outline=PALE, width=6)
    _route(draw, size)
    lines, font = _lines(draw, title)
    height = int(font.size * 1.22)
    top = size * 0.50 - height * len(lines) / 2
    for number, line in enumerate(lines):
        draw.text((size / 2, top + number * height), line, font=font, fill=PAPER, anchor="ma")
    small = _font(REGULAR, 26 * SCALE)
    draw.text((size / 2, size * 0.735), _shortened(draw, organisation, small, size * 0.62), font=small, fill=PALE, anchor="ma")
    last = "DEMO, niet geaccrediteerd" if demo else "Vakwijs"
    draw.text((size / 2, size * 0.82), last, font=_font(SEMIBOLD, 23 * SCALE), fill=PALE, anchor="ma")
    out = BytesIO()
    image.resize((SIZE, SIZE), Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
    return out.getvalue()


def _route(draw: ImageDraw.ImageDraw, size: int) -> None:
    y, xs = size * 0.26, [size * part for part in (0.34, 0.45, 0.56)]
    end = size * 0.675
    draw.line((xs[0], y, end, y), fill=PAPER, width=12)
    for x in xs:
        draw.ellipse((x - 20, y - 20, x + 20, y + 20), fill=TEAL, outline=PAPER, width=10)
    draw.ellipse((end - 42, y - 42, end + 42, y + 42), fill=PAPER)
    draw.line((end - 19, y + 1, end - 5, y + 16, end + 21, y - 16), fill=TEAL, width=11, joint="curve")


def _lines(draw: ImageDraw.ImageDraw, title: str) -> tuple[list[str], ImageFont.FreeTypeFont]:
    for points in (52, 46, 40, 34, 30):
        font = _font(BOLD, points * SCALE)
        lines = _wrapped(draw, title, font, SIZE * SCALE * 0.76)
        if len(lines) <= 3:
            return lines, font
    return [*lines[:3], _shortened(draw, lines[3] + "…", font, SIZE * SCALE * 0.7)], font


def _wrapped(draw: ImageDraw.ImageDraw, text: str, font: ImageFont.FreeTypeFont, width: float) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        together = f"{lines[-1]} {word}" if lines else word
        if lines and draw.textlength(together, font=font) <= width:
            lines[-1] = together
        else:
            lines.append(_shortened(draw, word, font, width))
    return lines or [""]


def _shortened(draw: ImageDraw.ImageDraw, text: str, font: ImageFont.FreeTypeFont, width: float) -> str:
    if draw.textlength(text, font=font) <= width:
        return text
    while text and draw.textlength(text + "…", font=font) > width:
        text = text[:-1]
    return text + "…"


def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(certificate_fonts.path_of(name)), size)
