"""An attendance statement as an A4 page, beside a certificate and not to be taken for one: another heading, a plain frame, no route."""

from collections.abc import Callable
from datetime import date
from io import BytesIO
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm

from accreditation import certificate_fonts
from accreditation.certificate_fonts import BOLD, REGULAR, SEMIBOLD
from accreditation.certificate_pdf import (
    HEIGHT,
    INK,
    LANGUAGES,
    LEFT,
    LINE,
    LOWEST_ROW,
    PALE,
    RIGHT,
    SIGNAL,
    SIGNED_ROW,
    SOFT,
    WORDS as CERTIFICATE_WORDS,
    foot,
    head,
    no_pictures,
    shortened,
    signed_by,
    size_that_fits,
    watermark,
    wrapped,
    written_day,
    written_number,
)
from accreditation.tagged_canvas import TaggedCanvas

WORDS = {
    "nl": {
        "document": "Deelnameverklaring",
        "subject": "Verklaring van deelname aan bijeenkomsten van",
        "was there": "was aanwezig bij bijeenkomsten van de cursus",
        "no certificate": "Dit is geen certificaat. De cursus is hiermee niet afgerond, en deze verklaring geeft uit zichzelf geen punten in een register.",
        "demo": "Democurriculum, niet geaccrediteerd. Deze verklaring is een voorbeeld en telt in geen enkel echt register.",
        "hours": "Uren aanwezig",
        "meetings": "Bijeenkomsten",
        "provider": "Aanbieder",
        "id": "ID-nummer",
        "number": "Nummer in {register}",
        "big": "BIG-nummer",
        "none": "geen",
        "issued": "Opgemaakt op",
        "columns": ("Bijeenkomst", "Datum", "Tijd", "Aanwezig"),
        "part": "{hours} van {of} uur",
        "check": "Controleer deze verklaring",
    },
    "en": {
        "document": "Statement of attendance",
        "subject": "Statement of attendance at meetings by",
        "was there": "attended meetings of the course",
        "no certificate": "This is no certificate. The course is not completed by it, and by itself this statement gives no points in a register.",
        "demo": "Demo curriculum, not accredited. This statement is an example and counts in no real register.",
        "hours": "Hours attended",
        "meetings": "Meetings",
        "provider": "Provider",
        "id": "ID number",
        "number": "Number in {register}",
        "big": "BIG number",
        "none": "none",
        "issued": "Drawn up on",
        "columns": ("Meeting", "Date", "Time", "Attended"),
        "part": "{hours} of {of} hours",
        "check": "Check this statement",
    },
}
COLUMNS = [(LEFT + 2 * mm, 66 * mm), (LEFT + 72 * mm, 36 * mm), (LEFT + 110 * mm, 26 * mm), (LEFT + 138 * mm, 28 * mm)]


def render(
    said: dict[str, Any],
    *,
    number: str,
    check_code: str,
    address: str,
    issued_on: date,
    demo_seal: bool = False,
    picture_of: Callable[[str], bytes] | None = None,
) -> bytes:
    """The unsealed PDF. The same snapshot gives the same bytes."""
    certificate_fonts.register()
    language = said["language"]
    words, foot_words = WORDS[language], {**CERTIFICATE_WORDS[language], "check": WORDS[language]["check"]}
    out = BytesIO()
    canvas = TaggedCanvas(
        out, pagesize=A4, lang=LANGUAGES[language], pageCompression=1, pdfVersion=(1, 7), initialFontName=REGULAR, invariant=1
    )
    canvas.archive(
        title=f"{words['document']} {number}: {said['course']['title']}",
        author=f"{said['organisation']} via {said['issuer']}",
        subject=f"{words['subject']} {said['name']}",
        creator=said["issuer"],
        on=issued_on,
    )
    if said["demo"]:
        watermark(canvas)
    pictures = picture_of or no_pictures
    head(canvas, said, said["template"], pictures)
    y = _opening(canvas, said, words)
    y = _facts(canvas, said, words, issued_on=issued_on, y=y)

    def end_page() -> None:
        foot(canvas, foot_words, number=number, check_code=check_code, address=address, demo_seal=demo_seal)

    signatories = said["template"]["signatories"]
    _meetings(canvas, said, words, y=y, lowest=SIGNED_ROW if signatories else LOWEST_ROW, end_page=end_page)
    signed_by(canvas, signatories, foot_words, pictures)
    end_page()
    canvas.save()
    return out.getvalue()


def _opening(canvas: TaggedCanvas, said: dict[str, Any], words: dict[str, Any]) -> float:
    y = HEIGHT - 48 * mm
    with canvas.tag("H1"):
        canvas.setFillColor(INK)
        canvas.setFont(BOLD, 24)
        canvas.drawString(LEFT, y, words["document"])
    y -= 8 * mm
    y = _frame(canvas, words["demo"] if said["demo"] else words["no certificate"], y)
    with canvas.tag("P"):
        canvas.setFillColor(INK)
        canvas.setFont(SEMIBOLD, size_that_fits(said["name"], SEMIBOLD, 17, RIGHT - LEFT))
        canvas.drawString(LEFT, y, said["name"])
    y -= 7 * mm
    with canvas.tag("P"):
        canvas.setFillColor(SOFT)
        canvas.setFont(REGULAR, 11)
        canvas.drawString(LEFT, y, words["was there"])
    y -= 8 * mm
    with canvas.tag("H2"):
        canvas.setFillColor(INK)
        canvas.setFont(SEMIBOLD, 14)
        for line in wrapped(said["course"]["title"], SEMIBOLD, 14, RIGHT - LEFT)[:3]:
            canvas.drawString(LEFT, y, line)
            y -= 6.5 * mm
    return y - 4 * mm


def _frame(canvas: TaggedCanvas, text: str, y: float) -> float:
    lines = wrapped(text, SEMIBOLD, 9.6, RIGHT - LEFT - 8 * mm)
    height = len(lines) * 4.6 * mm + 4.4 * mm
    with canvas.artifact():
        canvas.setStrokeColor(SIGNAL)
        canvas.setLineWidth(1.2)
        canvas.rect(LEFT, y - height + 3 * mm, RIGHT - LEFT, height, stroke=1, fill=0)
    with canvas.tag("P"):
        canvas.setFillColor(SIGNAL)
        canvas.setFont(SEMIBOLD, 9.6)
        for number, line in enumerate(lines):
            canvas.drawString(LEFT + 4 * mm, y - 2.6 * mm - number * 4.6 * mm, line)
    return y - height - 7 * mm


def _facts(canvas: TaggedCanvas, said: dict[str, Any], words: dict[str, Any], *, issued_on: date, y: float) -> float:
    language = said["language"]
    facts = [
        (words["hours"], written_number(said["hours"])),
        (words["meetings"], str(len(said["meetings"]))),
        (words["provider"], said["organisation"]),
        *[
            (words["big"] if entry.get("big") else words["number"].format(register=entry["register"]), entry["number"])
            for entry in said["numbers"]
        ],
        *([(f"{words['id']} ({entry['register']})", entry["id_number"]) for entry in said["id_numbers"]] or [(words["id"], words["none"])]),
        (words["issued"], written_day(issued_on.isoformat(), language)),
    ]
    column = (RIGHT - LEFT) / 3
    with canvas.group("L"):
        for index, (label, value) in enumerate(facts):
            x, top = LEFT + (index % 3) * column, y - (index // 3) * 15 * mm
            with canvas.group("LI"), canvas.tag("LBody"):
                canvas.setFillColor(SOFT)
                canvas.setFont(REGULAR, 8.2)
                canvas.drawString(x, top, shortened(label, REGULAR, 8.2, column - 4 * mm))
                canvas.setFillColor(INK)
                canvas.setFont(SEMIBOLD, 10.2)
                for number, line in enumerate(wrapped(value, SEMIBOLD, 10.2, column - 4 * mm)[:2]):
                    canvas.drawString(x, top - 5 * mm - number * 4.2 * mm, line)
    return y - 15 * mm * ((len(facts) + 2) // 3) - 4 * mm


def _meetings(
    canvas: TaggedCanvas, said: dict[str, Any], words: dict[str, Any], *, y: float, lowest: float, end_page: Callable[[], None]
) -> None:
    with canvas.group("Table"):
        _table_head(canvas, words, y)
        y -= 8 * mm
        for meeting in said["meetings"]:
            if y < lowest:
                end_page()
                canvas.showPage()
                if said["demo"]:
                    watermark(canvas)
                y = HEIGHT - 30 * mm
            y = _meeting(canvas, meeting, words, said["language"], y)


def _table_head(canvas: TaggedCanvas, words: dict[str, Any], y: float) -> None:
    with canvas.group("TR"):
        with canvas.artifact():
            canvas.setFillColor(PALE)
            canvas.rect(LEFT, y - 2.2 * mm, RIGHT - LEFT, 7 * mm, stroke=0, fill=1)
        for (x, _width), label in zip(COLUMNS, words["columns"], strict=True):
            with canvas.tag("TH", Scope="Column"):
                canvas.setFillColor(INK)
                canvas.setFont(SEMIBOLD, 8.6)
                canvas.drawString(x, y, label)


def _meeting(canvas: TaggedCanvas, meeting: dict[str, str], words: dict[str, Any], language: str, y: float) -> float:
    cells = [
        meeting["title"],
        written_day(meeting["day"], language),
        f"{meeting['from']} – {meeting['until']}",
        words["part"].format(hours=written_number(meeting["hours"]), of=written_number(meeting["of"])),
    ]
    columns = [wrapped(text, REGULAR, 8.8, width) for text, (_x, width) in zip(cells, COLUMNS, strict=True)]
    with canvas.group("TR"):
        for lines, (x, _width) in zip(columns, COLUMNS, strict=True):
            with canvas.tag("TD"):
                canvas.setFillColor(INK)
                canvas.setFont(REGULAR, 8.8)
                for number, line in enumerate(lines):
                    canvas.drawString(x, y - number * 4 * mm, line)
    bottom = y - (max(len(lines) for lines in columns) - 1) * 4 * mm - 2.6 * mm
    with canvas.artifact():
        canvas.setStrokeColor(LINE)
        canvas.setLineWidth(0.5)
        canvas.line(LEFT, bottom, RIGHT, bottom)
    return bottom - 5 * mm
