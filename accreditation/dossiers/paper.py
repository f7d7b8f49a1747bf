"""A whole dossier on paper: tagged A4 pages with every row, the certificates and evidence listed, and page numbers.

Everything on it comes from the structure of `contents`; nothing is read from the database here. The words are Dutch whatever the language of
the session, as on a certificate. Drawn twice, because a page says how many there are.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from itertools import groupby
from typing import Any

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth

from accreditation import certificate_fonts
from accreditation.certificate_fonts import BOLD, REGULAR, SEMIBOLD
from accreditation.evaluation import AMSTERDAM
from accreditation.tagged_canvas import TaggedCanvas

INK, TEAL, PALE, LINE = HexColor("#16323B"), HexColor("#0F5C66"), HexColor("#EAF3F2"), HexColor("#BFD3D3")
SIGNAL, SOFT = HexColor("#B84516"), HexColor("#4A626A")
WIDTH, HEIGHT = A4
LEFT, RIGHT, TOP, BOTTOM = 18 * mm, WIDTH - 18 * mm, HEIGHT - 24 * mm, 24 * mm
MONTHS = "januari februari maart april mei juni juli augustus september oktober november december".split()
MARK = "vakwijs-dossier"  # the subject of the PDF, by which a dossier is recognised; it proves nothing
STATES = {
    "valid": "geldig",
    "expired": "verlopen",
    "replaced": "vervangen",  # between reading which certificates stand and reading what happened to them
    "revoked": "ingetrokken",
    "kept": "in het dossier",
    "withdrawn": "ingetrokken",
}
IN_APPLICATION = "in een aanvraag"
# The widths of the columns of each table, in mm; together 174.
ROWS = (("Datum", 22), ("Waarvoor", 76), ("Soort", 40), ("Punten", 17), ("Telt mee", 19))
CATEGORIES = (("Soort", 82), ("Bereikt", 22), ("Nodig", 22), ("Telt tot", 22), ("Ontbreekt", 26))
CERTIFICATES = (("Datum", 22), ("Certificaat", 34), ("Cursus", 68), ("Aanbieder", 30), ("Stand", 20))
EVIDENCE = (("Datum", 22), ("Wat", 66), ("Soort", 40), ("Uren", 14), ("Punten", 14), ("Stand", 18))


def render(told: dict[str, Any]) -> bytes:
    """The dossier as a PDF. `told` is what `contents.whole` tells, with `made_at`, `issuer` and `installation`."""
    certificate_fonts.register()
    _content, pages = _drawn(told, pages=0)
    return _drawn(told, pages=pages)[0]


def looks_like_one(content: bytes) -> bool:
    """Whether a PDF says that it is a dossier on paper. Anyone can say so: it is not sealed."""
    return content.startswith(b"%PDF-") and f"/Subject ({MARK})".encode() in content


def _drawn(told: dict[str, Any], *, pages: int) -> tuple[bytes, int]:
    out = BytesIO()
    canvas = TaggedCanvas(out, pagesize=A4, lang="nl-NL", pageCompression=1, pdfVersion=(1, 7), initialFontName=REGULAR)
    canvas.setTitle(f"Dossier van {told['person']['name']}")
    canvas.setAuthor(told["person"]["name"])
    canvas.setCreator(told["issuer"])
    canvas.setSubject(MARK)
    sheet = _Sheet(canvas, told, pages)
    _cover(sheet, told)
    for register in told["registers"]:
        _register(sheet, register)
    _certificates(sheet, told["certificates"])
    _evidence(sheet, told["evidence"], fixed={uuid for one in told["applications"] if not one["withdrawn_at"] for uuid in one["evidence"]})
    _applications(sheet, told["applications"])
    _left_out(sheet, told.get("left_out", []))
    sheet.end()
    canvas.save()
    return out.getvalue(), sheet.page


class _Sheet:
    """Pages written from the top down; a new one begins where the old one is full."""

    def __init__(self, canvas: TaggedCanvas, told: dict[str, Any], pages: int) -> None:
        self.canvas, self.told, self.pages = canvas, told, pages
        self.page, self.y = 0, 0.0
        self._open()

    def room(self, height: float) -> bool:
        """Make room for so much; answers whether that took a new page."""
        if self.y - height >= BOTTOM:
            return False
        self._close()
        self.canvas.showPage()
        self._open()
        return True

    def text(self, role: str, text: str, *, font: str = REGULAR, size: float = 9.5, colour: Color = INK, gap: float = 1.5) -> None:
        lines = _lines(text, font, size, RIGHT - LEFT)
        self.room(len(lines) * size * 1.35)
        with self.canvas.tag(role):
            self._write(lines, LEFT, self.y, font, size, colour)
        self.y -= len(lines) * size * 1.35 + gap * mm

    def table(self, columns: Sequence[tuple[str, int]], rows: Sequence[tuple[Sequence[str], str]], *, warn: bool = False) -> None:
        """Rows of cells; the second of a pair is a remark that runs under the row, in a colour that warns when it should."""
        canvas = self.canvas
        self.room(24 * mm)
        with canvas.group("Table"):
            self._head(columns)
            for cells, remark in rows:
                wrapped = [_lines(cell, REGULAR, 8.4, width * mm - 2.5 * mm) for cell, (_name, width) in zip(cells, columns, strict=True)]
                remarks = _lines(remark, REGULAR, 8, RIGHT - LEFT - (columns[0][1] + 2) * mm) if remark else []
                height = max(len(lines) for lines in wrapped) * 3.9 * mm + len(remarks) * 3.6 * mm + 2.6 * mm
                if self.room(height):
                    self._head(columns)
                with canvas.group("TR"):
                    x = LEFT
                    for index, (lines, (_name, width)) in enumerate(zip(wrapped, columns, strict=True)):
                        with canvas.tag("TD"):
                            self._write(lines, x, self.y, REGULAR, 8.4, INK, leading=3.9 * mm)
                            if remarks and index == 1:
                                below = self.y - max(len(other) for other in wrapped) * 3.9 * mm
                                self._write(remarks, x, below, REGULAR, 8, SIGNAL if warn else SOFT, leading=3.6 * mm)
                        x += width * mm
                self.y -= height
                with canvas.artifact():
                    canvas.setStrokeColor(LINE)
                    canvas.setLineWidth(0.4)
                    canvas.line(LEFT, self.y + 3.2 * mm, RIGHT, self.y + 3.2 * mm)
        self.y -= 4 * mm

    def end(self) -> None:
        self._close()
        self.canvas.showPage()

    def _head(self, columns: Sequence[tuple[str, int]]) -> None:
        canvas = self.canvas
        with canvas.artifact():
            canvas.setFillColor(PALE)
            canvas.rect(LEFT - 1 * mm, self.y - 1.8 * mm, RIGHT - LEFT + 2 * mm, 6 * mm, stroke=0, fill=1)
        with canvas.group("TR"):
            x = LEFT
            for name, width in columns:
                with canvas.tag("TH", Scope="Column"):
                    self._write([name], x, self.y, SEMIBOLD, 8.4, INK)
                x += width * mm
        self.y -= 7 * mm

    def _write(
        self, lines: Sequence[str], x: float, y: float, font: str, size: float, colour: Color, *, leading: float | None = None
    ) -> None:
        self.canvas.setFont(font, size)
        self.canvas.setFillColor(colour)
        for number, line in enumerate(lines):
            self.canvas.drawString(x, y - number * (leading or size * 1.35), line)

    def _open(self) -> None:
        self.page += 1
        self.y = TOP
        with self.canvas.artifact():
            self.canvas.setFillColor(TEAL)
            self.canvas.rect(0, HEIGHT - 5 * mm, WIDTH, 5 * mm, stroke=0, fill=1)
            self.canvas.setFont(REGULAR, 8)
            self.canvas.setFillColor(SOFT)
            if self.page > 1:
                self.canvas.drawString(LEFT, HEIGHT - 13 * mm, _fit(f"Dossier van {self.told['person']['name']}", 120 * mm))
            self.canvas.drawRightString(RIGHT, HEIGHT - 13 * mm, self.told["issuer"])

    def _close(self) -> None:
        with self.canvas.artifact():
            self.canvas.setStrokeColor(LINE)
            self.canvas.line(LEFT, 17 * mm, RIGHT, 17 * mm)
            self.canvas.setFont(REGULAR, 8)
            self.canvas.setFillColor(SOFT)
            self.canvas.drawString(LEFT, 12 * mm, f"Gemaakt op {_day(self.told['made_at'])} door {self.told['installation']}")
            self.canvas.drawRightString(RIGHT, 12 * mm, f"Pagina {self.page} van {self.pages or self.page}")


@contextmanager
def _section(sheet: _Sheet, title: str) -> Iterator[None]:
    sheet.room(40 * mm)
    with sheet.canvas.group("Sect"):
        sheet.y -= 4 * mm
        sheet.text("H2", title, font=SEMIBOLD, size=13, colour=TEAL, gap=2.5)
        yield


def _cover(sheet: _Sheet, told: dict[str, Any]) -> None:
    sheet.y -= 4 * mm
    sheet.text("H1", f"Dossier van {told['person']['name']}", font=BOLD, size=22, gap=3)
    valid = sum(certificate["state"] == "valid" for certificate in told["certificates"])
    kept = sum(one["state"] == "kept" for one in told["evidence"])
    withdrawn = len(told["evidence"]) - kept
    summary = (
        f"{_counted(len(told['registers']), 'register', 'registers')}, {_counted(valid, 'geldig certificaat', 'geldige certificaten')}, "
        f"{_counted(kept, 'eigen bewijs', 'eigen bewijzen')}{f' en {withdrawn} ingetrokken' if withdrawn else ''}. Stand op {_day(told['made_at'])}."
    )
    sheet.text("P", summary, size=10.5, colour=SOFT)
    if any(row.get("demo") for register in told["registers"] for row in register["rows"]) or any(c["demo"] for c in told["certificates"]):
        sheet.text(
            "P",
            "In dit dossier staan voorbeelden uit een democurriculum, met (voorbeeld) erachter. Hun punten zijn hier meegeteld om te laten zien hoe "
            "dat gaat; ze zijn niet geaccrediteerd en geen register rekent ze mee.",
            colour=SIGNAL,
        )


def _register(sheet: _Sheet, told: dict[str, Any]) -> None:
    with _section(sheet, told["register"]["name"]):
        number = f"Nummer {told['number']}" + (f", deelregister {told['section']}" if told["section"] else "")
        if told["rule"] is None:
            sheet.text("P", f"{number}. Welke regel geldt, is hier niet bekend: de registratieperiode of het deelregister ontbreekt.")
            return
        period = told["period"]
        sheet.text(
            "P", f"{number}. Periode van {_day(period['first_day'])} tot en met {_day(period['last_day'])}, regel: {told['rule']['name']}."
        )
        if period["assumed"]:
            sheet.text("P", "De registratieperiode is niet ingevuld; hier staan de laatste jaren.", colour=SIGNAL)
        if not told["rule"]["confirmed"]:
            sheet.text("P", "Het register heeft niet elke norm hieronder bevestigd.", colour=SIGNAL)
        sheet.text("P", f"{told['in_words']}.", font=SEMIBOLD, size=11)
        if told["work_hours"]["asked"]:
            sheet.text("P", f"Werkuren: {_number(told['work_hours']['worked'])} opgeschreven van {told['work_hours']['asked']}.")
        asked = [c for c in told["categories"] if c["minimum"] or c["maximum"] or c["reached"] != "0"]
        if asked:
            sheet.table(
                CATEGORIES, [([c["name"], *(_number(c[k]) for k in ("reached", "minimum", "maximum", "missing"))], "") for c in asked]
            )
        if told["rows"]:
            sheet.table(ROWS, [_points_row(row) for row in told["rows"]], warn=True)
        else:
            sheet.text("P", "Er staan nog geen punten in deze periode.")


def _points_row(row: dict[str, Any]) -> tuple[list[str], str]:
    what = row["title"] + (" (eigen bewijs)" if row["source"] == "evidence" else "") + (" (voorbeeld)" if row["demo"] else "")
    proof = [
        f"ID {row['id_number']}" if row.get("id_number") else "",
        f"certificaat {row['certificate']}" if row.get("certificate") else "",
    ]
    what += "".join(f", {part}" for part in proof if part)
    what += f" ({row['note']})" if row["note"] else ""
    what += f". {_areas(row['areas'])}" if row["areas"] else ""
    return [_days(row["first_day"], row["date"]), what, row["category_name"], _number(row["points"]), _number(row["counted"])], row[
        "why_not"
    ]


def _areas(areas: list[dict[str, str]]) -> str:
    """The areas under the name of their framework, which tells those of one profession from those of another."""
    return "; ".join(
        f"{framework}: {', '.join(area['name'] for area in some)}" for framework, some in groupby(areas, key=lambda area: area["framework"])
    )


def _certificates(sheet: _Sheet, certificates: list[dict[str, Any]]) -> None:
    with _section(sheet, "Certificaten"):
        if not certificates:
            sheet.text("P", "Geen certificaten van Vakwijs.")
            return
        sheet.text("P", "De certificaten zelf zijn afzonderlijk verzegeld; in de ZIP van dit dossier zitten ze in de map certificaten.")
        sheet.table(
            CERTIFICATES,
            [
                (
                    [_short(c["date"]), c["number"], c["title"] + (" (voorbeeld)" if c["demo"] else ""), c["provider"], STATES[c["state"]]],
                    f"SHA-256 {c['sha256']}",
                )
                for c in certificates
            ],
        )


def _evidence(sheet: _Sheet, evidence: list[dict[str, Any]], *, fixed: set[str]) -> None:
    with _section(sheet, "Eigen bewijs"):
        if not evidence:
            sheet.text("P", "Geen eigen bewijs.")
            return
        sheet.table(
            EVIDENCE, [_evidence_row(one, state=IN_APPLICATION if one["uuid"] in fixed else STATES[one["state"]]) for one in evidence]
        )


def _evidence_row(one: dict[str, Any], *, state: str) -> tuple[list[str], str]:
    areas = _areas(one["competencies"])
    documents = "; ".join(f"{document['name']} (SHA-256 {document['sha256'][:16]}…)" for document in one["documents"])
    said = one["provenance"]
    origin = f"Overgenomen uit {said.get('installation', '')}, op naam van {said.get('name') or '–'}." if said else ""
    remark = " ".join(part for part in (f"{areas}." if areas else "", origin, f"Bewijsstukken: {documents}." if documents else "") if part)
    what = one["title"] + (f", {one['provider']}" if one["provider"] else "")
    return [
        _days(one["started_on"], one["date"]),
        what,
        one["kind"].get("name", ""),
        _number(one["hours"]),
        _number(one["points"]),
        state,
    ], remark


def _applications(sheet: _Sheet, applications: list[dict[str, Any]]) -> None:
    if not applications:
        return
    with _section(sheet, "Aanvragen"):
        for one in applications:
            register = one["frozen"].get("register", {}).get("name", one["register"])
            text = f"{register}, {_day(one['first_day'])} tot en met {_day(one['last_day'])}: vastgelegd op {_day(one['made_at'])}"
            if one["withdrawn_at"]:
                text += f", teruggenomen op {_day(one['withdrawn_at'])} ({one['withdrawn_because']})"
            sheet.text("P", f"{text}. {_counted(len(one['evidence']), 'eigen bewijs', 'eigen bewijzen')}.")


def _left_out(sheet: _Sheet, paths: list[str]) -> None:
    if not paths:
        return
    with _section(sheet, "Niet meegegeven"):
        sheet.text(
            "P", "Deze bestanden zijn in de opslag niet meer wat ze waren, en gaan daarom niet mee. De beheerder kan helpen.", colour=SIGNAL
        )
        for path in paths:
            sheet.text("P", path)


def _lines(text: str, font: str, size: float, width: float) -> list[str]:
    """Lines that fit; a word that is too long for one is broken, because no character of a number or a name may be lost."""
    lines = [""]
    for word in _printable(text).split():
        piece = word
        while stringWidth(piece, font, size) > width:
            cut = next(n for n in range(len(piece), 0, -1) if n == 1 or stringWidth(piece[:n], font, size) <= width)
            lines += [piece[:cut]]
            piece = piece[cut:]
            if not piece:
                break
        together = f"{lines[-1]} {piece}".strip()
        if stringWidth(together, font, size) <= width:
            lines[-1] = together
        else:
            lines.append(piece)
    return [line for line in lines if line] or [""]


def _fit(text: str, width: float) -> str:
    text = _printable(text)
    while text and stringWidth(text, REGULAR, 8) > width:
        text = text[:-1]
    return text


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)


def _day(iso: str) -> str:
    day = datetime.fromisoformat(iso).astimezone(AMSTERDAM).date() if "T" in iso else date.fromisoformat(iso)
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def _short(iso: str) -> str:
    return f"{date.fromisoformat(iso):%d-%m-%Y}" if iso else "–"


def _days(first: str, last: str) -> str:
    """The day, or of what took longer the first and the last."""
    return f"{_short(first)} t/m {_short(last)}" if first and first != last else _short(last)


def _number(value: str | None) -> str:
    return "–" if value is None else f"{Decimal(value).normalize():f}".replace(".", ",")


def _counted(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"
