"""Questions as CSV: one row a question, semicolons between columns, UTF-8 with a mark, as Dutch spreadsheets like it.

Columns:

    key; type; title; prompt; points; tags; difficulty; provenance; feedback; correct; text; unit; tolerance; max_words;
    model_answer; option_1; feedback_1 … option_12; feedback_12; definition

tags are split by commas. single_choice and multiple_choice: options, and in `correct` their numbers (1 or 1|3).
true_false: `correct` is waar or niet waar, feedback_1 is for waar. matching: options "links => rechts"; "=> rechts" is an
extra one. ordering: options in the right order. fill_in: `text` with [[1]], option_1 its answers split by |. numeric:
`correct` with a comma. open: model_answer. Any type may give its `definition` as JSON instead; a case always does.
"""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _

from courses.models import Question, QuestionVersion
from courses.questions.exchange.incoming import ExchangeRefused, Incoming
from courses.questions.seed import DIFFICULTIES, title_from
from courses.questions.types import TYPES
from courses.questions.types.fill_in import GAP
from courses.questions.types.numeric import read_number, written

PLACES = range(1, 13)
COLUMNS = [
    *(
        "key",
        "type",
        "title",
        "prompt",
        "points",
        "tags",
        "difficulty",
        "provenance",
        "feedback",
        "correct",
        "text",
        "unit",
        "tolerance",
        "max_words",
        "model_answer",
    ),
    *(f"{name}_{place}" for place in PLACES for name in ("option", "feedback")),
    "definition",
]
MAX_ROWS = 5000
FORMULA = ("=", "+", "-", "@", "\t", "\r")
TRUTHS = {"waar": True, "ja": True, "true": True, "niet waar": False, "onwaar": False, "nee": False, "false": False}


def write(versions: Sequence[QuestionVersion]) -> bytes:
    """The questions as a CSV file. The picture of a hotspot does not go along."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    for version in versions:
        writer.writerow({name: _safe(str(value)) for name, value in _row(version).items()})
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def read(content: bytes) -> list[Incoming]:
    """The questions in a CSV file, each with what is wrong with it."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ExchangeRefused(
            _("Het bestand is geen UTF-8. Bewaar het in je rekenprogramma als 'CSV UTF-8'. Er is niets ingelezen.")
        ) from None
    if "\x00" in text:
        raise ExchangeRefused(_("Het bestand is geen CSV. Er is niets ingelezen."))
    head = text.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if head.count(";") >= head.count(",") else ",", strict=True)
    try:
        rows = list(reader)
    except csv.Error as error:
        raise ExchangeRefused(_("Het bestand is geen CSV: %(error)s. Er is niets ingelezen.") % {"error": error}) from error
    names = set(reader.fieldnames or [])
    if not {"type", "prompt"} <= names:
        raise ExchangeRefused(_("De kolommen type en prompt ontbreken. Er is niets ingelezen."))
    if unknown := sorted(names - set(COLUMNS)):
        raise ExchangeRefused(_("Onbekende kolommen: %(columns)s. Er is niets ingelezen.") % {"columns": ", ".join(unknown)})
    if len(rows) > MAX_ROWS:
        raise ExchangeRefused(_("Het bestand telt meer dan %(max)s rijen. Er is niets ingelezen.") % {"max": MAX_ROWS})
    return [_incoming(place, row) for place, row in enumerate(rows, start=2) if any(row.values())]


def _row(version: QuestionVersion) -> dict[str, Any]:
    definition, question = version.definition, version.question
    row: dict[str, Any] = {
        "key": question.key or str(question.uuid),
        "type": version.type,
        "title": question.title,
        "prompt": definition["prompt"],
        "points": version.points,
        "tags": ", ".join(sorted(tag.name for tag in question.tags.all())),
        "difficulty": next(dutch for dutch, code in DIFFICULTIES.items() if code == question.difficulty),
        "provenance": question.provenance,
        "feedback": definition["feedback"],
    }
    return row | _columns(version.type, definition)


def _columns(kind: str, definition: dict[str, Any]) -> dict[str, Any]:
    match kind:
        case "single_choice" | "multiple_choice":
            options = list(enumerate(definition["options"], start=1))
            columns = {f"option_{place}": option["text"] for place, option in options} | {
                f"feedback_{place}": option["feedback"] for place, option in options
            }
            return columns | {"correct": "|".join(f"{place}" for place, option in options if option["correct"])}
        case "true_false":
            return {
                "correct": "waar" if definition["answer"] else "niet waar",
                "feedback_1": definition["feedback_true"],
                "feedback_2": definition["feedback_false"],
            }
        case "matching" if len(definition["pairs"]) + len(definition["extra_right"]) <= len(PLACES):
            lines = [f"{pair['left']} => {pair['right']}" for pair in definition["pairs"]] + [
                f"=> {text}" for text in definition["extra_right"]
            ]
            return {f"option_{place}": line for place, line in enumerate(lines, start=1)}
        case "ordering":
            return {f"option_{place}": item for place, item in enumerate(definition["items"], start=1)}
        case "fill_in" if len(definition["gaps"]) <= len(PLACES) and not (definition["match_case"] or definition["match_accents"]):
            gaps = GAP.findall(definition["text"])
            return {"text": definition["text"]} | {
                f"option_{place}": "|".join(definition["gaps"][name]) for place, name in enumerate(gaps, start=1)
            }
        case "numeric":
            return {"correct": written(definition["answer"]), "tolerance": written(definition["tolerance"]), "unit": definition["unit"]}
        case "open":
            return {"model_answer": definition["model_answer"], "max_words": definition["max_words"]}
    return {"definition": json.dumps(definition, ensure_ascii=False)}


def _incoming(place: int, row: dict[str, Any]) -> Incoming:
    cell = {name: _plain(value.strip()) for name, value in row.items() if isinstance(name, str) and isinstance(value, str)}
    question = Incoming(
        where=_("Rij %(row)s") % {"row": place},
        kind=cell.get("type", ""),
        key=slugify(cell.get("key", ""))[:120],
        provenance=cell.get("provenance", ""),
    )
    question.title = cell.get("title") or title_from(cell.get("prompt", ""))
    question.tags = [tag.strip()[:100] for tag in cell.get("tags", "").split(",") if tag.strip()]
    if None in row:
        question.problems.append(_("De rij heeft meer kolommen dan de eerste regel."))
    if question.kind not in TYPES:
        question.problems.append(_("Onbekende soort vraag: %(type)s.") % {"type": question.kind or "–"})
        return question
    if question.kind == "hotspot":
        question.problems.append(_("Een aanwijsvraag heeft een afbeelding; die gaat niet mee in CSV. Gebruik QTI."))
    difficulty = cell.get("difficulty") or "middel"
    if difficulty not in DIFFICULTIES:
        question.problems.append(_("difficulty is makkelijk, middel of moeilijk."))
    question.difficulty = DIFFICULTIES.get(difficulty, Question.Difficulty.MEDIUM)
    points = cell.get("points") or "1"
    if points.isascii() and points.isdecimal() and len(points) < 4:
        question.points = int(points)
    else:
        question.problems.append(_("points moet een heel getal zijn."))
    try:
        question.definition = _definition(question.kind, cell)
    except ValueError as error:
        question.problems.append(str(error))
    return question


def _definition(kind: str, cell: dict[str, str]) -> dict[str, Any]:
    if cell.get("definition"):
        try:
            definition = json.loads(cell["definition"])
        except (ValueError, RecursionError):
            raise ValueError(_("definition is geen geldige JSON.")) from None
        return definition if isinstance(definition, dict) else {}
    base: dict[str, Any] = {"prompt": cell.get("prompt", ""), "feedback": cell.get("feedback", "")}
    options = [(cell.get(f"option_{place}", ""), cell.get(f"feedback_{place}", "")) for place in PLACES]
    texts = [text for text, _feedback in options if text]
    correct = cell.get("correct", "")
    match kind:
        case "single_choice" | "multiple_choice":
            return base | {"options": _options(options, correct)}
        case "true_false":
            if correct.casefold() not in TRUTHS:
                raise ValueError(_("correct is waar of niet waar."))
            return base | {"answer": TRUTHS[correct.casefold()], "feedback_true": options[0][1], "feedback_false": options[1][1]}
        case "matching":
            return base | _pairs(texts)
        case "ordering":
            return base | {"items": texts}
        case "fill_in":
            gaps = GAP.findall(cell.get("text", ""))[: len(PLACES)]
            return base | {
                "text": cell.get("text", ""),
                "gaps": {name: [part.strip() for part in options[place][0].split("|")] for place, name in enumerate(gaps)},
            }
        case "numeric":
            answer, tolerance = read_number(correct), read_number(cell.get("tolerance") or "0")
            if answer is None or tolerance is None:
                raise ValueError(_("correct en tolerance moeten getallen zijn."))
            return base | {"answer": float(answer), "tolerance": float(tolerance), "unit": cell.get("unit", "")}
        case "open":
            words = cell.get("max_words") or "200"
            return base | {
                "model_answer": cell.get("model_answer", ""),
                "max_words": int(words) if words.isascii() and words.isdecimal() and len(words) < 6 else 0,
            }
    raise ValueError(_("Geef deze soort vraag als JSON in de kolom definition."))


def _options(options: list[tuple[str, str]], correct: str) -> list[dict[str, Any]]:
    right = {part.strip() for part in correct.split("|") if part.strip()}
    present = {f"{place}" for place, (text, _feedback) in enumerate(options, start=1) if text}
    if wrong := right - present:
        raise ValueError(_("correct noemt een keuze die er niet is: %(numbers)s.") % {"numbers": ", ".join(sorted(wrong))})
    return [
        {"text": text, "feedback": feedback, "correct": f"{place}" in right}
        for place, (text, feedback) in enumerate(options, start=1)
        if text
    ]


def _pairs(texts: list[str]) -> dict[str, Any]:
    pairs, extra = [], []
    for text in texts:
        left, arrow, right = (part.strip() for part in text.partition("=>"))
        if not arrow:
            raise ValueError(_("Schrijf een paar als 'links => rechts': %(text)s.") % {"text": text[:60]})
        if left:
            pairs.append({"left": left, "right": right})
        else:
            extra.append(right)
    return {"pairs": pairs, "extra_right": extra}


def _safe(text: str) -> str:
    # A spreadsheet would run a cell that begins like this.
    return f"'{text}" if text.startswith(FORMULA) else text


def _plain(text: str) -> str:
    return text[1:] if text[:1] == "'" and text[1:].startswith(FORMULA) else text
