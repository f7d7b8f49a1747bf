"""A certificate as a designed A4 page. Everything on it comes from the snapshot; nothing is read from the database here.

The words are in the language that the issuer chose, whatever that of the session: a certificate is a document, and its language is recorded
in it. The file keeps to PDF/A-2 where reportlab can: fonts embedded, colours with a profile, XMP beside the title (docs/operations.md).
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from io import BytesIO
from typing import Any

import qrcode
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase.pdfmetrics import stringWidth

from accreditation import certificate_fonts
from accreditation.certificate_fonts import BOLD, REGULAR, SEMIBOLD
from accreditation.tagged_canvas import TaggedCanvas

INK, TEAL, PALE, LINE = HexColor("#16323B"), HexColor("#0F5C66"), HexColor("#EAF3F2"), HexColor("#BFD3D3")
SIGNAL, SOFT, WATERMARK = HexColor("#B84516"), HexColor("#4A626A"), HexColor("#F6E7DF")
WIDTH, HEIGHT = A4
LANGUAGES = {"nl": "nl-NL", "en": "en-GB"}
LOWEST_ROW = 66 * mm  # below it a register's row would run into the foot of the page
LEFT, RIGHT = 22 * mm, WIDTH - 22 * mm
SIGNED_ROW = 92 * mm  # the same above signatures
MONTHS = ["januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"]
ENGLISH_MONTHS = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
]  # fmt: skip
WORDS = {
    "nl": {
        "document": "Certificaat",
        "subject": "Bewijs van afgeronde scholing voor",
        "completed": "heeft op {day} afgerond",
        "demo": "Democurriculum, niet geaccrediteerd. Dit certificaat is een voorbeeld en telt in geen enkel echt register.",
        "not accredited": "Niet geaccrediteerd: dit certificaat bewijst de afronding en geeft geen registerpunten.",
        "route": "De route van de cursus: {stations}. Alles is afgerond.",
        "provider": "Aanbieder",
        "issuer": "Uitgegeven door",
        "form": "Vorm",
        "study": "Studielast",
        "release": "Uitgave van de cursus",
        "issued": "Uitgegeven op",
        "valid": "Geldig tot en met",
        "accreditation": "Accreditatie",
        "example": "Accreditatie (voorbeeld, niet echt)",
        "columns": ("Register", "ID-nummer", "Registernummer", "Toegekend"),
        "hours": ("uur", "uur"),  # of one, of more
        "points": ("punt", "punten"),
        "no number": "niet bijgeschreven: nummer onbekend",
        "not credited": "niet bijgeschreven",
        "period": "geaccrediteerd van {start} t/m {end}",
        "unknown": "niet bekend",
        "qr": "QR-code naar de controlepagina: {address}",
        "check": "Controleer dit certificaat",
        "scan": "Scan de code, of ga naar {host}",
        "fill in": "Vul daar het nummer en de controlecode in, of lever dit bestand in.",
        "number": "Nummer {number}",
        "code": "Controlecode {code}",
        "demo seal": "Verzegeld met een DEMO-zegel van deze installatie: alleen om te proberen, niet rechtsgeldig.",
        "seal": "Elektronisch verzegeld (PAdES). Wie dit bestand verandert, verbreekt het zegel; op papier geldt de controle hierboven.",
        "signature": "Handtekening van {name}",
        "hour": "uur",
        "minutes": "minuten",
    },
    "en": {
        "document": "Certificate",
        "subject": "Proof of completed training for",
        "completed": "completed on {day}",
        "demo": "Demo curriculum, not accredited. This certificate is an example and counts in no real register.",
        "not accredited": "Not accredited: this certificate proves completion and gives no points in a register.",
        "route": "The route of the course: {stations}. All of it was completed.",
        "provider": "Provider",
        "issuer": "Issued by",
        "form": "Form",
        "study": "Study load",
        "release": "Release of the course",
        "issued": "Issued on",
        "valid": "Valid through",
        "accreditation": "Accreditation",
        "example": "Accreditation (example, not real)",
        "columns": ("Register", "ID number", "Number in register", "Credited"),
        "hours": ("hour", "hours"),
        "points": ("point", "points"),
        "no number": "not credited: number unknown",
        "not credited": "not credited",
        "period": "accredited from {start} through {end}",
        "unknown": "not known",
        "qr": "QR code to the checking page: {address}",
        "check": "Check this certificate",
        "scan": "Scan the code, or go to {host}",
        "fill in": "Fill in the number and the check code there, or hand in this file.",
        "number": "Number {number}",
        "code": "Check code {code}",
        "demo seal": "Sealed with a DEMO seal of this installation: only for trying it out, without legal force.",
        "seal": "Electronically sealed (PAdES). Whoever changes this file breaks the seal; on paper the check above counts.",
        "signature": "Signature of {name}",
        "hour": "hours",
        "minutes": "minutes",
    },
}


def render(
    snapshot: dict[str, Any],
    *,
    number: str,
    check_code: str,
    address: str,
    issued_on: date,
    demo_seal: bool = False,
    picture_of: Callable[[str], bytes] | None = None,
) -> bytes:
    """The unsealed PDF. `picture_of` gives the bytes of a logo or signature by its hash. The same snapshot gives the same bytes."""
    certificate_fonts.register()
    template = snapshot.get("template") or {}
    words = WORDS[template.get("language") or "nl"]
    pictures = picture_of or no_pictures
    out = BytesIO()
    canvas = TaggedCanvas(
        out, pagesize=A4, lang=LANGUAGES[_language(snapshot)], pageCompression=1, pdfVersion=(1, 7), initialFontName=REGULAR, invariant=1
    )
    canvas.archive(
        title=f"{words['document']} {number}: {snapshot['course']['title']}",
        author=f"{snapshot['organisation']} via {snapshot['issuer']}",
        subject=f"{words['subject']} {snapshot['name']}",
        creator=snapshot["issuer"],
        on=issued_on,
    )
    if snapshot["demo"]:
        watermark(canvas)
    head(canvas, snapshot, template, pictures)
    y = _statement(canvas, snapshot, template, words)
    y = _route(canvas, snapshot["route"], words, y=y)
    y = _facts(canvas, snapshot, words, issued_on=issued_on, y=y)

    def end_page() -> None:
        foot(canvas, words, number=number, check_code=check_code, address=address, demo_seal=demo_seal)

    signatories = template.get("signatories") or []
    _points(canvas, snapshot, words, y=y, end_page=end_page, lowest=SIGNED_ROW if signatories else LOWEST_ROW)
    signed_by(canvas, signatories, words, pictures)
    end_page()
    canvas.save()
    return out.getvalue()


def _language(snapshot: dict[str, Any]) -> str:
    return str((snapshot.get("template") or {}).get("language") or "nl")


def no_pictures(sha256: str) -> bytes:
    raise LookupError(sha256)


def watermark(canvas: TaggedCanvas) -> None:
    with canvas.artifact():
        canvas.saveState()
        canvas.setFillColor(WATERMARK)
        canvas.translate(WIDTH / 2, HEIGHT / 2)
        canvas.rotate(52)
        canvas.setFont(BOLD, 150)
        canvas.drawCentredString(0, -40, "DEMO")
        canvas.restoreState()


def head(canvas: TaggedCanvas, snapshot: dict[str, Any], template: dict[str, Any], picture_of: Callable[[str], bytes]) -> None:
    with canvas.artifact():
        canvas.setFillColor(TEAL)
        canvas.rect(0, HEIGHT - 7 * mm, WIDTH, 7 * mm, stroke=0, fill=1)
    if template.get("logo"):
        with canvas.tag("Figure", alt=f"Logo: {snapshot['organisation']}"):
            _picture(canvas, picture_of(template["logo"]), LEFT, HEIGHT - 30 * mm, 48 * mm, 16 * mm)
        with canvas.tag("P"):
            canvas.setFont(SEMIBOLD, 10)
            canvas.setFillColor(INK)
            canvas.drawRightString(RIGHT, HEIGHT - 20.5 * mm, shortened(snapshot["organisation"], SEMIBOLD, 10, 100 * mm))
        with canvas.tag("P"):
            canvas.setFont(REGULAR, 9)
            canvas.setFillColor(SOFT)
            canvas.drawRightString(RIGHT, HEIGHT - 25.5 * mm, snapshot["issuer"])
        return
    with canvas.artifact():
        y = HEIGHT - 23.2 * mm
        canvas.setStrokeColor(TEAL)
        canvas.setLineWidth(1.8)
        canvas.line(LEFT + 2, y, LEFT + 22, y)
        canvas.setFillColor(HexColor("#FFFFFF"))
        for x in (LEFT + 3, LEFT + 13):
            canvas.circle(x, y, 3, stroke=1, fill=1)
        canvas.setFillColor(TEAL)
        canvas.circle(LEFT + 23, y, 4, stroke=0, fill=1)
    with canvas.tag("P"):
        canvas.setFillColor(INK)
        canvas.setFont(BOLD, 15)
        canvas.drawString(LEFT + 34, HEIGHT - 25 * mm, snapshot["issuer"])
        canvas.setFont(REGULAR, 10)
        canvas.setFillColor(SOFT)
        canvas.drawRightString(RIGHT, HEIGHT - 25 * mm, shortened(snapshot["organisation"], REGULAR, 10, 95 * mm))


def _statement(canvas: TaggedCanvas, snapshot: dict[str, Any], template: dict[str, Any], words: dict[str, Any]) -> float:
    y = HEIGHT - 47 * mm
    with canvas.tag("H1"):
        canvas.setFillColor(TEAL)
        canvas.setFont(SEMIBOLD, 13)
        canvas.drawString(LEFT, y, shortened(template.get("title") or "Certificaat van afronding", SEMIBOLD, 13, RIGHT - LEFT))
    y -= 14 * mm
    size = size_that_fits(snapshot["name"], BOLD, 30, RIGHT - LEFT)
    with canvas.tag("P"):
        canvas.setFillColor(INK)
        canvas.setFont(BOLD, size)
        canvas.drawString(LEFT, y, snapshot["name"])
    y -= 10 * mm
    with canvas.tag("P"):
        canvas.setFont(REGULAR, 11.5)
        canvas.setFillColor(SOFT)
        canvas.drawString(LEFT, y, words["completed"].format(day=written_day(snapshot["earned_on"], _language(snapshot))))
    y -= 12 * mm
    with canvas.tag("H2"):
        canvas.setFillColor(INK)
        for line in wrapped(snapshot["course"]["title"], SEMIBOLD, 19, RIGHT - LEFT)[:3]:
            canvas.setFont(SEMIBOLD, 19)
            canvas.drawString(LEFT, y, line)
            y -= 8.2 * mm
    y -= 3 * mm
    if template.get("text"):
        y = _own_words(canvas, template["text"], y)
    if not snapshot["accredited"]:
        y = _banner(canvas, snapshot, words, y)
    return y - 3 * mm


def _own_words(canvas: TaggedCanvas, text: str, y: float) -> float:
    """What the issuer wants to say of it."""
    with canvas.tag("P"):
        canvas.setFillColor(INK)
        canvas.setFont(REGULAR, 9.6)
        for line in [line for part in text.splitlines() for line in wrapped(part, REGULAR, 9.6, RIGHT - LEFT)][:6]:
            canvas.drawString(LEFT, y + 1.5 * mm, line)
            y -= 4.6 * mm
    return y - 1.5 * mm


def _banner(canvas: TaggedCanvas, snapshot: dict[str, Any], words: dict[str, Any], y: float) -> float:
    text = words["demo"] if snapshot["demo"] else words["not accredited"]
    y -= 1 * mm
    with canvas.artifact():
        canvas.setStrokeColor(SIGNAL)
        canvas.setLineWidth(1.2)
        canvas.roundRect(LEFT, y - 2.6 * mm, RIGHT - LEFT, 9 * mm, 3, stroke=1, fill=0)
        canvas.setFillColor(SIGNAL)
        canvas.circle(LEFT + 5 * mm, y + 1.9 * mm, 5.2, stroke=0, fill=1)
        canvas.setFillColor(HexColor("#FFFFFF"))
        canvas.setFont(BOLD, 9)
        canvas.drawCentredString(LEFT + 5 * mm, y + 0.8 * mm, "i")
    with canvas.tag("P"):
        canvas.setFillColor(SIGNAL)
        canvas.setFont(SEMIBOLD, 10.2)
        canvas.drawString(LEFT + 10 * mm, y + 0.6 * mm, text)
    return y - 8 * mm


def _route(canvas: TaggedCanvas, stations: Sequence[str], words: dict[str, Any], *, y: float) -> float:
    """The course as the line that was travelled: its modules, and the certificate as the last station."""
    names = [*stations[:6], words["document"]]
    y -= 5 * mm
    step = (RIGHT - LEFT) / len(names)
    width = step - 2.5 * mm
    with canvas.tag("Figure", alt=words["route"].format(stations=", ".join(names))):
        canvas.setStrokeColor(TEAL)
        canvas.setLineWidth(2.4)
        xs = [LEFT + step * (index + 0.5) for index in range(len(names))]
        canvas.line(LEFT, y, xs[-1], y)
        lowest = y
        for index, (x, name) in enumerate(zip(xs, names, strict=True)):
            last = index == len(names) - 1
            canvas.setFillColor(TEAL)
            canvas.circle(x, y, 6.2 if last else 4.6, stroke=0, fill=1)
            _tick(canvas, x, y, 1.25 if last else 0.9)
            canvas.setFillColor(INK if last else SOFT)
            font = SEMIBOLD if last else REGULAR
            lines = wrapped(name, font, 8.2, width)
            for number, line in enumerate(lines[:3]):
                baseline = y - 6.4 * mm - number * 3.6 * mm
                lowest = min(lowest, baseline)
                canvas.setFont(font, 8.2)
                canvas.drawCentredString(x, baseline, line)
    return lowest - 13 * mm


def _tick(canvas: TaggedCanvas, x: float, y: float, scale: float) -> None:
    canvas.saveState()
    canvas.setStrokeColor(HexColor("#FFFFFF"))
    canvas.setLineWidth(1.4 * scale)
    path = canvas.beginPath()
    path.moveTo(x - 2.2 * scale, y)
    path.lineTo(x - 0.6 * scale, y - 1.8 * scale)
    path.lineTo(x + 2.3 * scale, y + 1.9 * scale)
    canvas.drawPath(path, stroke=1, fill=0)
    canvas.restoreState()


def _facts(canvas: TaggedCanvas, snapshot: dict[str, Any], words: dict[str, Any], *, issued_on: date, y: float) -> float:
    language = _language(snapshot)
    facts = [
        (words["provider"], snapshot["organisation"]),
        (words["issuer"], snapshot["issuer"]),
        (words["form"], snapshot["course"]["form_label"]),
        (words["study"], _duration(snapshot["study_minutes"], words)),
        (words["release"], str(snapshot["course"]["release"])),
        (words["issued"], written_day(issued_on.isoformat(), language)),
    ]
    if snapshot.get("valid_until"):
        # In place of the release, which the checking page tells too: six facts are what fits.
        facts[4] = (words["valid"], written_day(snapshot["valid_until"], language))
    column = (RIGHT - LEFT) / 3
    with canvas.group("L"):
        for index, (label, value) in enumerate(facts):
            x, top = LEFT + (index % 3) * column, y - (index // 3) * 17 * mm
            with canvas.group("LI"), canvas.tag("LBody"):
                canvas.setFillColor(SOFT)
                canvas.setFont(REGULAR, 8.2)
                canvas.drawString(x, top, label)
                canvas.setFillColor(INK)
                canvas.setFont(SEMIBOLD, 10.2)
                for line_number, line in enumerate(wrapped(value, SEMIBOLD, 10.2, column - 4 * mm)[:3]):
                    canvas.drawString(x, top - 5 * mm - line_number * 4.4 * mm, line)
    return y - 17 * mm * ((len(facts) + 2) // 3) - 5 * mm


def _points(
    canvas: TaggedCanvas, snapshot: dict[str, Any], words: dict[str, Any], *, y: float, end_page: Callable[[], None], lowest: float
) -> None:
    lines = sorted(snapshot["lines"], key=lambda line: not line["credited"])
    if not lines:
        return

    def next_page() -> float:
        end_page()
        canvas.showPage()
        if snapshot["demo"]:
            watermark(canvas)
        with canvas.artifact():
            canvas.setFillColor(SOFT)
            canvas.setFont(REGULAR, 8.8)
            whose = f"{snapshot['name']} · {snapshot['course']['title']}"
            canvas.drawString(LEFT, HEIGHT - 20 * mm, shortened(whose, REGULAR, 8.8, RIGHT - LEFT))
        return HEIGHT - 32 * mm

    if y - 15 * mm < lowest:
        y = next_page()
    with canvas.tag("H2"):
        canvas.setFillColor(INK)
        canvas.setFont(SEMIBOLD, 11.5)
        canvas.drawString(LEFT, y, words["accreditation"] if snapshot["accredited"] else words["example"])
    y -= 7 * mm
    columns = [(LEFT + 2 * mm, 54 * mm), (LEFT + 58 * mm, 30 * mm), (LEFT + 90 * mm, 26 * mm), (LEFT + 118 * mm, 47 * mm)]
    with canvas.group("Table"):
        y = _points_head(canvas, words, columns, y)
        for line in lines:
            if y < lowest:
                y = _points_head(canvas, words, columns, next_page())
            y = _points_row(canvas, line, words, columns, y)


def _points_head(canvas: TaggedCanvas, words: dict[str, Any], columns: list[tuple[float, float]], y: float) -> float:
    with canvas.group("TR"):
        with canvas.artifact():
            canvas.setFillColor(PALE)
            canvas.rect(LEFT, y - 2.2 * mm, RIGHT - LEFT, 7 * mm, stroke=0, fill=1)
        for (x, _width), label in zip(columns, words["columns"], strict=True):
            with canvas.tag("TH", Scope="Column"):
                canvas.setFillColor(INK)
                canvas.setFont(SEMIBOLD, 8.6)
                canvas.drawString(x, y, label)
    return y - 8 * mm


def _points_row(canvas: TaggedCanvas, line: dict[str, Any], words: dict[str, Any], columns: list[tuple[float, float]], y: float) -> float:
    units = words["hours" if line["unit"] == "hours" else "points"]
    points = [
        f"{written_number(entry['points'])} {units[Decimal(entry['points']) != 1]}, {entry['category'].lower()}" for entry in line["points"]
    ]
    if not line["credited"]:
        points.append(words["not credited" if line["number"] else "no number"])
    cells = [
        [line["register"], words["period"].format(start=_short(line["valid_from"]), end=_short(line["valid_until"]))],
        [line["id_number"]],
        [line["number"] or words["unknown"]],
        points,
    ]
    columns_of_lines = [
        [part for text in texts for part in wrapped(text, REGULAR, 8.8, width)] for texts, (_x, width) in zip(cells, columns, strict=True)
    ]
    height = max(len(texts) for texts in columns_of_lines)
    with canvas.group("TR"):
        for index, (texts, (x, _width)) in enumerate(zip(columns_of_lines, columns, strict=True)):
            with canvas.tag("TD"):
                for number, text in enumerate(texts):
                    canvas.setFillColor(INK if number == 0 or index == 3 else SOFT)
                    canvas.setFont(SEMIBOLD if index == 0 and number == 0 else REGULAR, 8.8)
                    canvas.drawString(x, y - number * 4 * mm, text)
    bottom = y - (height - 1) * 4 * mm - 2.6 * mm
    with canvas.artifact():
        canvas.setStrokeColor(LINE)
        canvas.setLineWidth(0.5)
        canvas.line(LEFT, bottom, RIGHT, bottom)
    return bottom - 5 * mm


def signed_by(
    canvas: TaggedCanvas, signatories: Sequence[dict[str, str]], words: dict[str, Any], picture_of: Callable[[str], bytes]
) -> None:
    """Who signs, side by side above the foot of the last page."""
    width = (RIGHT - LEFT) / 3
    for index, person in enumerate(signatories):
        x, line = LEFT + index * width, 66 * mm
        if person["signature"]:
            with canvas.tag("Figure", alt=words["signature"].format(name=person["name"])):
                _picture(canvas, picture_of(person["signature"]), x, line + 1 * mm, 44 * mm, 14 * mm)
        with canvas.artifact():
            canvas.setStrokeColor(LINE)
            canvas.setLineWidth(0.8)
            canvas.line(x, line, x + width - 8 * mm, line)
        with canvas.tag("P"):
            canvas.setFillColor(INK)
            canvas.setFont(SEMIBOLD, 9.4)
            canvas.drawString(x, line - 4.6 * mm, shortened(person["name"], SEMIBOLD, 9.4, width - 8 * mm))
        if person["office"]:
            with canvas.tag("P"):
                canvas.setFillColor(SOFT)
                canvas.setFont(REGULAR, 8.6)
                canvas.drawString(x, line - 8.8 * mm, shortened(person["office"], REGULAR, 8.6, width - 8 * mm))


def _picture(canvas: TaggedCanvas, content: bytes, x: float, y: float, width: float, height: float) -> None:
    """The picture as large as it fits, standing on the left bottom corner of this box."""
    image = ImageReader(BytesIO(content))
    wide, high = image.getSize()
    scale = min(width / wide, height / high)
    canvas.drawImage(image, x, y, wide * scale, high * scale, mask="auto")


def foot(canvas: TaggedCanvas, words: dict[str, Any], *, number: str, check_code: str, address: str, demo_seal: bool) -> None:
    size, base = 27 * mm, 17 * mm
    with canvas.artifact():
        canvas.setStrokeColor(LINE)
        canvas.setLineWidth(0.8)
        canvas.line(LEFT, base + size + 6 * mm, RIGHT, base + size + 6 * mm)
    with canvas.tag("Figure", alt=words["qr"].format(address=address)):
        canvas.setFillColor(INK)
        _qr(canvas, address, LEFT, base, size)
    canvas.linkURL(address, (LEFT, base, LEFT + size, base + size), relative=0)
    x, y = LEFT + size + 7 * mm, base + size - 4 * mm
    with canvas.tag("H2"):
        canvas.setFillColor(INK)
        canvas.setFont(SEMIBOLD, 10.5)
        canvas.drawString(x, y, words["check"])
    host = address.split("/verifieer/")[0] + "/verifieer/"
    shown = host.removeprefix("https://").removeprefix("http://")
    for text in (
        words["scan"].format(host=shown),
        words["fill in"],
    ):
        y -= 5 * mm
        with canvas.tag("P"):
            canvas.setFillColor(SOFT)
            canvas.setFont(REGULAR, 9)
            canvas.drawString(x, y, shortened(text, REGULAR, 9, RIGHT - x))
    y -= 7 * mm
    with canvas.tag("P"):
        canvas.setFillColor(INK)
        canvas.setFont(SEMIBOLD, 11)
        canvas.drawString(x, y, words["number"].format(number=number))
        canvas.drawString(x + 58 * mm, y, words["code"].format(code=f"{check_code[:4]} {check_code[4:]}"))
    y -= 6.4 * mm
    seal = words["demo seal" if demo_seal else "seal"]
    with canvas.tag("P"):
        canvas.setFillColor(SIGNAL if demo_seal else SOFT)
        canvas.setFont(REGULAR, 8)
        for line in wrapped(seal, REGULAR, 8, RIGHT - x):
            canvas.drawString(x, y, line)
            y -= 3.9 * mm


def _qr(canvas: TaggedCanvas, address: str, x: float, y: float, size: float) -> None:
    matrix = _matrix(address)
    cell = size / len(matrix)
    path = canvas.beginPath()
    for row, bits in enumerate(matrix):
        start = None
        for column, bit in enumerate([*bits, False]):
            if bit and start is None:
                start = column
            elif not bit and start is not None:
                path.rect(x + start * cell, y + size - (row + 1) * cell, (column - start) * cell, cell * 1.02)
                start = None
    canvas.drawPath(path, stroke=0, fill=1)


def _matrix(address: str) -> list[list[bool]]:
    # A fixed mask: trying all eight costs most of the time of a certificate, and any of them can be read.
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=0, mask_pattern=3)
    code.add_data(address)
    code.make(fit=True)
    return code.get_matrix()


@lru_cache(maxsize=2048)
def _width(text: str, font: str, size: float) -> float:
    return float(stringWidth(text, font, size))


def wrapped(text: str, font: str, size: float, width: float) -> list[str]:
    lines: list[str] = []
    for word in _pieces(text, font, size, width):
        together = f"{lines[-1]} {word}" if lines else word
        if lines and _width(together, font, size) <= width:
            lines[-1] = together
        else:
            lines.append(word)
    return lines or [""]


def _pieces(text: str, font: str, size: float, width: float) -> Iterator[str]:
    """The words; one that is too long for a line in pieces, because no character of a number or a name may be lost."""
    for word in text.split():
        if _width(word, font, size) <= width:
            yield word
            continue
        start = 0
        for end in range(1, len(word) + 1):
            if end - start > 1 and _width(word[start:end], font, size) > width:
                yield word[start : end - 1]
                start = end - 1
        yield word[start:]


def shortened(text: str, font: str, size: float, width: float) -> str:
    if _width(text, font, size) <= width:
        return text
    while text and _width(text + "…", font, size) > width:
        text = text[:-1]
    return text + "…"


def size_that_fits(text: str, font: str, size: float, width: float) -> float:
    return min(size, size * width / max(1.0, _width(text, font, size)))


def written_day(iso: str, language: str = "nl") -> str:
    day = date.fromisoformat(iso)
    return f"{day.day} {(ENGLISH_MONTHS if language == 'en' else MONTHS)[day.month - 1]} {day.year}"


def _short(iso: str) -> str:
    return f"{date.fromisoformat(iso):%d-%m-%Y}" if iso else "–"


def written_number(points: str) -> str:
    return f"{Decimal(points).normalize():f}".replace(".", ",")


def _duration(minutes: int, words: dict[str, Any]) -> str:
    hours, rest = divmod(minutes, 60)
    return " ".join([*([f"{hours} {words['hour']}"] if hours else []), *([f"{rest} {words['minutes']}"] if rest or not hours else [])])
