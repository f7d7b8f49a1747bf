"""Questions as QTI 3.0: a zip with imsmanifest.xml and one assessment item a file.

Written and read: choice, match, order, text entry (gaps, or one number with its margin), hotspot, extended text. A case
has no interaction in QTI and stays behind. Files of others are read item by item; what an item asks that we do not have
is said for that item. XML with a document type or entities is refused before it is parsed.
"""

import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from django.core.files.storage import default_storage
from django.utils.text import slugify
from django.utils.translation import gettext as _
from lxml import etree
from lxml.builder import ElementMaker
from PIL import Image, UnidentifiedImageError
from wagtail.images import get_image_model

from courses.models import Question, QuestionVersion
from courses.questions.exchange.incoming import ExchangeRefused, Incoming
from courses.questions.exchange.qti_text import elements_of, markdown_of, name_of
from courses.questions.seed import title_from
from courses.questions.types.fill_in import GAP

QTI = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
PACKAGE = "http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1"
LOM = "http://ltsc.ieee.org/xsd/LOM"
MATCH_CORRECT = "https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/match_correct.xml"
MAP_RESPONSE = "https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/map_response.xml"
ITEM_TYPE = "imsqti_item_xmlv3p0"
DIFFICULTIES = {"easy": "easy", "medium": "medium", "hard": "difficult"}
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg")
MAX_FILES, MAX_XML, MAX_TOTAL = 4000, 2 * 1024 * 1024, 100 * 1024 * 1024
CANNOT_SAY = ("case",)

Q = ElementMaker(namespace=QTI, nsmap={None: QTI})
M = ElementMaker(namespace=PACKAGE, nsmap={None: PACKAGE, "lom": LOM})
L = ElementMaker(namespace=LOM, nsmap={"lom": LOM})


# --- Writing ------------------------------------------------------------------------------------------------------


def write_package(versions: Sequence[QuestionVersion], *, title: str) -> bytes:
    """The questions as a QTI 3.0 package; those that QTI has no words for are named in a text file."""
    carried = [version for version in versions if version.type not in CANNOT_SAY]
    if not carried:
        raise ExchangeRefused(_("Een casus met vertakkingen bestaat niet in QTI; andere vragen zijn er niet."))
    resources = M.resources()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for version in carried:
            name = _identifier(version)
            path = f"items/{name}.xml"
            files = [path]
            picture = _picture_of(version)
            if picture:
                archive.writestr(picture[0], picture[1])
                files.append(picture[0])
            archive.writestr(path, _xml(_item(version, picture)))
            resources.append(
                M.resource(_about(version), *[M.file(href=file) for file in files], identifier=f"res-{name}", type=ITEM_TYPE, href=path)
            )
        manifest = M.manifest(
            M.metadata(M.schema("QTI Package"), M.schemaversion("3.0.0"), L.lom(L.general(L.title(L.string(title, language="nl"))))),
            M.organizations(),
            resources,
            identifier="vakwijs-vragen",
        )
        archive.writestr("imsmanifest.xml", _xml(manifest))
        if left := [version for version in versions if version.type in CANNOT_SAY]:
            archive.writestr("niet-meegenomen.txt", "\n".join(f"{version.question.title} ({version.type})" for version in left))
    return buffer.getvalue()


def _identifier(version: QuestionVersion) -> str:
    return f"v-{version.question.key}" if version.question.key else f"v-{version.question.uuid}"


def _xml(element: etree._Element) -> bytes:
    return etree.tostring(element, xml_declaration=True, encoding="UTF-8", pretty_print=False)


def _about(version: QuestionVersion) -> etree._Element:
    keywords = [L.keyword(L.string(name, language="nl")) for name in sorted(tag.name for tag in version.question.tags.all())]
    general = L.general(
        *([L.description(L.string(version.question.provenance, language="nl"))] if version.question.provenance else []), *keywords
    )
    difficulty = L.educational(L.difficulty(L.source("LOMv1.0"), L.value(DIFFICULTIES[version.question.difficulty])))
    return M.metadata(M.schema("QTI Item"), M.schemaversion("3.0.0"), L.lom(general, difficulty))


def _item(version: QuestionVersion, picture: tuple[str, bytes, int, int] | None) -> etree._Element:
    definition = version.definition
    declarations, body, processing = _WRITERS[version.type](definition, picture)
    outcomes = [
        Q("qti-outcome-declaration", {"identifier": "SCORE", "cardinality": "single", "base-type": "float"}),
        Q(
            "qti-outcome-declaration",
            Q("qti-default-value", Q("qti-value", f"{version.points}")),
            {"identifier": "MAXSCORE", "cardinality": "single", "base-type": "float"},
        ),
        Q("qti-outcome-declaration", {"identifier": "FEEDBACK", "cardinality": "multiple", "base-type": "identifier"}),
    ]
    modal = []
    if definition["feedback"]:
        content = Q("qti-content-body", *elements_of(definition["feedback"], QTI))
        modal = [Q("qti-modal-feedback", content, {"outcome-identifier": "FEEDBACK", "identifier": "EXPLANATION", "show-hide": "show"})]
    about = {"identifier": _identifier(version), "title": version.question.title, "adaptive": "false", "time-dependent": "false"}
    about["{http://www.w3.org/XML/1998/namespace}lang"] = "nl"
    return Q("qti-assessment-item", *declarations, *outcomes, Q("qti-item-body", *body), *processing, *modal, about)


def _declare(
    identifier: str, cardinality: str, base_type: str, values: Sequence[str], mapping: etree._Element | None = None
) -> etree._Element:
    correct = [Q("qti-correct-response", *[Q("qti-value", value) for value in values])] if values else []
    return Q(
        "qti-response-declaration",
        *correct,
        *([mapping] if mapping is not None else []),
        {"identifier": identifier, "cardinality": cardinality, "base-type": base_type},
    )


def _prompt(definition: dict[str, Any]) -> etree._Element:
    return Q("qti-prompt", *elements_of(definition["prompt"], QTI))


def _process(template: str) -> list[etree._Element]:
    return [Q("qti-response-processing", {"template": template})]


def _simple_choice(identifier: str, text: str, feedback: str = "", **more: str) -> etree._Element:
    choice = Q("qti-simple-choice", text, {"identifier": identifier, **more})
    if feedback:
        choice.append(Q("qti-feedback-inline", feedback, {"outcome-identifier": "FEEDBACK", "identifier": identifier, "show-hide": "show"}))
    return choice


def _write_choice(definition: dict[str, Any], picture: Any) -> Any:
    options = definition["options"]
    right = [f"c{place}" for place, option in enumerate(options) if option["correct"]]
    several = len(right) > 1
    mapping = None
    if several:
        wrong = len(options) - len(right)
        entries = [_entry(f"c{place}", 1 / len(right) if option["correct"] else -1 / max(1, wrong)) for place, option in enumerate(options)]
        mapping = Q("qti-mapping", *entries, {"lower-bound": "0", "upper-bound": "1", "default-value": "0"})
    choices = [_simple_choice(f"c{place}", option["text"], option["feedback"]) for place, option in enumerate(options)]
    interaction = Q(
        "qti-choice-interaction",
        _prompt(definition),
        *choices,
        {"response-identifier": "RESPONSE", "shuffle": "true", "max-choices": "0" if several else "1"},
    )
    return (
        [_declare("RESPONSE", "multiple" if several else "single", "identifier", right, mapping)],
        [interaction],
        _process(MAP_RESPONSE if several else MATCH_CORRECT),
    )


def _write_multiple(definition: dict[str, Any], picture: Any) -> Any:
    declarations, body, processing = _write_choice(definition, picture)
    declarations[0].set("cardinality", "multiple")  # also with one right option it is several that may be chosen
    body[0].set("max-choices", "0")
    return declarations, body, processing


def _write_true_false(definition: dict[str, Any], picture: Any) -> Any:
    choices = [
        _simple_choice("true", "Waar", definition["feedback_true"]),
        _simple_choice("false", "Niet waar", definition["feedback_false"]),
    ]
    interaction = Q(
        "qti-choice-interaction", _prompt(definition), *choices, {"response-identifier": "RESPONSE", "shuffle": "false", "max-choices": "1"}
    )
    return [_declare("RESPONSE", "single", "identifier", [f"{definition['answer']}".lower()])], [interaction], _process(MATCH_CORRECT)


def _write_matching(definition: dict[str, Any], picture: Any) -> Any:
    pairs = definition["pairs"]
    rights = list(dict.fromkeys([*(pair["right"] for pair in pairs), *definition["extra_right"]]))
    values = [f"L{place} R{rights.index(pair['right'])}" for place, pair in enumerate(pairs)]
    mapping = Q("qti-mapping", *[_entry(value, 1 / len(pairs)) for value in values], {"default-value": "0"})
    left = Q(
        "qti-simple-match-set",
        *[
            Q("qti-simple-associable-choice", pair["left"], {"identifier": f"L{place}", "match-max": "1"})
            for place, pair in enumerate(pairs)
        ],
    )
    right = Q(
        "qti-simple-match-set",
        *[Q("qti-simple-associable-choice", text, {"identifier": f"R{place}", "match-max": "0"}) for place, text in enumerate(rights)],
    )
    interaction = Q(
        "qti-match-interaction",
        _prompt(definition),
        left,
        right,
        {"response-identifier": "RESPONSE", "shuffle": "true", "max-associations": f"{len(pairs)}"},
    )
    return [_declare("RESPONSE", "multiple", "directedPair", values, mapping)], [interaction], _process(MAP_RESPONSE)


def _write_ordering(definition: dict[str, Any], picture: Any) -> Any:
    choices = [_simple_choice(f"i{place}", text) for place, text in enumerate(definition["items"])]
    interaction = Q("qti-order-interaction", _prompt(definition), *choices, {"response-identifier": "RESPONSE", "shuffle": "true"})
    return (
        [_declare("RESPONSE", "ordered", "identifier", [f"i{place}" for place in range(len(choices))])],
        [interaction],
        _process(MATCH_CORRECT),
    )


def _write_fill_in(definition: dict[str, Any], picture: Any) -> Any:
    declarations = []
    paragraph = Q.p()
    last: etree._Element | None = None
    for place, piece in enumerate(GAP.split(definition["text"])):
        if place % 2:
            identifier = f"RESPONSE_{piece}"
            case = f"{definition['match_case']}".lower()
            entries = [_entry(answer, 1 / len(definition["gaps"]), **{"case-sensitive": case}) for answer in definition["gaps"][piece]]
            declarations.append(
                _declare(identifier, "single", "string", definition["gaps"][piece][:1], Q("qti-mapping", *entries, {"default-value": "0"}))
            )
            last = Q("qti-text-entry-interaction", {"response-identifier": identifier, "expected-length": "20"})
            paragraph.append(last)
        elif last is None:
            paragraph.text = piece
        else:
            last.tail = piece
    total = Q("qti-sum", *[Q("qti-map-response", {"identifier": declaration.get("identifier")}) for declaration in declarations])
    processing = Q("qti-response-processing", Q("qti-set-outcome-value", total, {"identifier": "SCORE"}))
    return declarations, [Q.div(*elements_of(definition["prompt"], QTI), {"class": "vakwijs-prompt"}), paragraph], [processing]


def _write_numeric(definition: dict[str, Any], picture: Any) -> Any:
    entry = Q("qti-text-entry-interaction", {"response-identifier": "RESPONSE", "expected-length": "12"})
    paragraph = Q.p(entry, *([Q.span(definition["unit"], {"class": "vakwijs-unit"})] if definition["unit"] else []))
    margin = f"{definition['tolerance']} {definition['tolerance']}"
    equal = Q(
        "qti-equal",
        Q("qti-variable", {"identifier": "RESPONSE"}),
        Q("qti-correct", {"identifier": "RESPONSE"}),
        {"tolerance-mode": "absolute", "tolerance": margin},
    )
    score = Q("qti-set-outcome-value", Q("qti-base-value", "1", {"base-type": "float"}), {"identifier": "SCORE"})
    processing = Q("qti-response-processing", Q("qti-response-condition", Q("qti-response-if", equal, score)))
    return (
        [_declare("RESPONSE", "single", "float", [f"{definition['answer']}"])],
        [Q.div(*elements_of(definition["prompt"], QTI), {"class": "vakwijs-prompt"}), paragraph],
        [processing],
    )


def _write_hotspot(definition: dict[str, Any], picture: tuple[str, bytes, int, int]) -> Any:
    name, _content, width, height = picture
    right = [f"a{place}" for place, area in enumerate(definition["areas"]) if area["correct"]]
    several = len(right) > 1
    image = Q.img({"src": f"../{name}", "alt": definition["image_alt"], "width": f"{width}", "height": f"{height}"})
    spots = []
    for place, area in enumerate(definition["areas"]):
        x, y = area["x"] * width / 100, area["y"] * height / 100
        if area["shape"] == "circle":
            coords = [x, y, area["radius"] * min(width, height) / 100]
        else:
            coords = [x, y, x + area["width"] * width / 100, y + area["height"] * height / 100]
        spots.append(
            Q(
                "qti-hotspot-choice",
                {
                    "identifier": f"a{place}",
                    "shape": area["shape"],
                    "coords": ",".join(f"{round(value)}" for value in coords),
                    "hotspot-label": area["label"],
                },
            )
        )
    interaction = Q(
        "qti-hotspot-interaction",
        _prompt(definition),
        image,
        *spots,
        {"response-identifier": "RESPONSE", "max-choices": "0" if several else "1"},
    )
    feedback = [
        Q(
            "qti-modal-feedback",
            Q("qti-content-body", Q.p(area["feedback"])),
            {"outcome-identifier": "FEEDBACK", "identifier": f"a{place}", "show-hide": "show"},
        )
        for place, area in enumerate(definition["areas"])
        if area["feedback"]
    ]
    return (
        [_declare("RESPONSE", "multiple" if several else "single", "identifier", right)],
        [interaction],
        [*_process(MATCH_CORRECT), *feedback],
    )


def _write_open(definition: dict[str, Any], picture: Any) -> Any:
    body: list[etree._Element] = []
    if definition["model_answer"]:
        body.append(
            Q(
                "qti-rubric-block",
                Q("qti-content-body", *elements_of(definition["model_answer"], QTI)),
                {"use": "scoring", "view": "scorer"},
            )
        )
    body.append(
        Q(
            "qti-extended-text-interaction",
            _prompt(definition),
            {"response-identifier": "RESPONSE", "expected-length": f"{definition['max_words'] * 6}"},
        )
    )
    return [_declare("RESPONSE", "single", "string", [])], body, []


def _entry(key: str, value: float, **more: str) -> etree._Element:
    return Q("qti-map-entry", {"map-key": key, "mapped-value": f"{round(value, 6)}", **more})


_WRITERS = {
    "single_choice": _write_choice,
    "multiple_choice": _write_multiple,
    "true_false": _write_true_false,
    "matching": _write_matching,
    "ordering": _write_ordering,
    "fill_in": _write_fill_in,
    "numeric": _write_numeric,
    "hotspot": _write_hotspot,
    "open": _write_open,
}


def _picture_of(version: QuestionVersion) -> tuple[str, bytes, int, int] | None:
    if version.type != "hotspot":
        return None
    image = get_image_model().objects.filter(pk=version.definition["image"]).first()
    if image is None or not default_storage.exists(image.file.name):
        raise ExchangeRefused(_("De afbeelding van '%(title)s' is weg. Kies in die vraag een andere.") % {"title": version.question.title})
    with image.file.open("rb") as file:
        return f"images/{image.pk}{PurePosixPath(image.file.name).suffix.lower()}", file.read(), round(image.width), round(image.height)


# --- Reading ------------------------------------------------------------------------------------------------------


class ItemRefused(Exception):
    """This item cannot become one of our questions; the message says why."""


def read_package(content: bytes) -> list[Incoming]:
    """The items of a package, each a question or with the reason why not. Raises ExchangeRefused."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        infos = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise ExchangeRefused(_("Het zip-bestand is beschadigd. Er is niets ingelezen.")) from None
    if len(infos) > MAX_FILES:
        raise ExchangeRefused(_("Het pakket telt meer dan %(max)s bestanden. Er is niets ingelezen.") % {"max": MAX_FILES})
    for info in infos:
        parts = PurePosixPath(info.filename).parts
        if info.filename.startswith("/") or ".." in parts or "\\" in info.filename or ":" in info.filename or "\x00" in info.filename:
            raise ExchangeRefused(_("Het pakket wijst buiten zichzelf: %(name)s. Er is niets ingelezen.") % {"name": info.filename[:80]})
    with archive:
        package = Package(archive)
        manifest = package.xml("imsmanifest.xml")
        resources = [element for element in manifest.iter() if name_of(element) == "resource"]
        items = [resource for resource in resources if (resource.get("type") or "").startswith("imsqti_item")]
        if not items:
            raise ExchangeRefused(_("Het pakket noemt geen vragen (imsqti_item). Er is niets ingelezen."))
        return [_read(package, resource) for resource in items]


class Package:
    """The files of a package, counted while they are read."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.left = MAX_TOTAL

    def bytes(self, name: str, *, limit: int = MAX_TOTAL) -> bytes:
        try:
            with self.archive.open(name) as file:
                content = file.read(min(limit, self.left) + 1)
        except (KeyError, RuntimeError, zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
            raise ExchangeRefused(_("%(name)s ontbreekt in het pakket of is niet te lezen.") % {"name": name[:80]}) from error
        self.left -= len(content)
        if len(content) > limit or self.left < 0:
            raise ExchangeRefused(_("%(name)s is te groot. Er is niets ingelezen.") % {"name": name[:80]})
        return content

    def xml(self, name: str) -> etree._Element:
        return parse(self.bytes(name, limit=MAX_XML), name=name)


def parse(content: bytes, *, name: str) -> etree._Element:
    """XML without document type, entities or anything from elsewhere."""
    # Other encodings could hide the words we look for.
    if (
        content[:2] in (b"\xff\xfe", b"\xfe\xff")
        or b"\x00" in content
        or re.search(rb"<\?xml[^>]*encoding=[\"'](?!utf-8|us-ascii|iso-8859-1)", content[:200], re.IGNORECASE)
    ):
        raise ExchangeRefused(_("%(name)s is geen UTF-8.") % {"name": name[:80]})
    if re.search(rb"<!(DOCTYPE|ENTITY)", content, re.IGNORECASE):
        raise ExchangeRefused(_("%(name)s heeft een documenttype of entiteiten; dat is niet veilig.") % {"name": name[:80]})
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise ExchangeRefused(_("%(name)s is geen geldige XML: %(error)s") % {"name": name[:80], "error": error}) from error


def _read(package: Package, resource: etree._Element) -> Incoming:
    href = resource.get("href") or ""
    question = Incoming(where=href[:120])
    try:
        if resource.get("type") != ITEM_TYPE:
            raise ItemRefused(_("Dit is %(type)s; we lezen QTI 3.0.") % {"type": resource.get("type")})
        item = package.xml(href)
        if item.tag != f"{{{QTI}}}qti-assessment-item":
            raise ItemRefused(_("Dit is geen QTI 3.0-item."))
        question.key = slugify(re.sub(r"^v-", "", item.get("identifier") or ""))[:120]
        question.title = (item.get("title") or "").strip()[:255]
        _read_about(question, resource, item)
        question.kind, question.definition = _read_item(package, question, item, href)
        question.title = question.title or title_from(question.definition["prompt"])
        explanation = [element for element in _all(item, "qti-modal-feedback") if element.get("identifier") == "EXPLANATION"]
        question.definition["feedback"] = "\n\n".join(markdown_of(element) for element in explanation)
    except (ItemRefused, ExchangeRefused) as refusal:
        question.problems.append(str(refusal))
    return question


def _read_about(question: Incoming, resource: etree._Element, item: etree._Element) -> None:
    question.tags = [
        text[:100] for element in resource.iter(f"{{{LOM}}}keyword") if (text := " ".join("".join(element.itertext()).split()))
    ]
    question.provenance = " ".join(" ".join("".join(element.itertext()).split()) for element in resource.iter(f"{{{LOM}}}description"))
    value = "".join("".join(element.itertext()) for element in resource.iter(f"{{{LOM}}}difficulty"))
    question.difficulty = (
        Question.Difficulty.HARD if "difficult" in value else Question.Difficulty.EASY if "easy" in value else Question.Difficulty.MEDIUM
    )
    for outcome in _all(item, "qti-outcome-declaration"):
        if outcome.get("identifier") == "MAXSCORE":
            number = _number(_text(outcome))
            question.points = round(number) if number is not None and 0 <= number <= 100 else 1


def _read_item(package: Package, question: Incoming, item: etree._Element, href: str) -> tuple[str, dict[str, Any]]:
    bodies = _all(item, "qti-item-body")
    if not bodies:
        raise ItemRefused(_("Het item heeft geen inhoud (qti-item-body)."))
    interactions = [element for element in bodies[0].iter() if name_of(element).endswith("-interaction")]
    names = {name_of(element) for element in interactions}
    if not interactions:
        raise ItemRefused(_("Het item vraagt niets: er staat geen interactie in."))
    if len(interactions) > 1 and names != {"qti-text-entry-interaction"}:
        raise ItemRefused(_("Het item stelt meer vragen tegelijk (%(names)s); dat kennen we niet.") % {"names": ", ".join(sorted(names))})
    reader = _READERS.get(name_of(interactions[0]))
    if reader is None:
        raise ItemRefused(_("We kennen %(name)s niet.") % {"name": name_of(interactions[0])})
    return reader(_Item(package, question, item, bodies[0], interactions, href))


class _Item:
    """One item while it is read."""

    def __init__(
        self,
        package: Package,
        question: Incoming,
        item: etree._Element,
        body: etree._Element,
        interactions: list[etree._Element],
        href: str,
    ) -> None:
        self.package, self.question, self.item, self.body, self.interactions, self.href = package, question, item, body, interactions, href
        self.interaction = interactions[0]
        self.declarations = {element.get("identifier"): element for element in _all(item, "qti-response-declaration")}

    @property
    def declaration(self) -> etree._Element:
        return self.declaration_of(self.interaction)

    def declaration_of(self, interaction: etree._Element) -> etree._Element:
        found = self.declarations.get(interaction.get("response-identifier"))
        if found is None:
            raise ItemRefused(_("Het antwoord van het item is niet gedeclareerd."))
        return found

    def correct(self) -> list[str]:
        """The right values: those of the correct response, or else those that a mapping rewards."""
        values = [_text(value) for correct in _all(self.declaration, "qti-correct-response") for value in _all(correct, "qti-value")]
        values = values or [
            entry.get("map-key") or "" for entry in _all(self.declaration, "qti-map-entry") if (_number(entry.get("mapped-value")) or 0) > 0
        ]
        if not values:
            raise ItemRefused(_("Het item zegt niet wat goed is."))
        return values

    def prompt(self) -> str:
        """What is asked: what stands before the interaction, and its own prompt."""
        before = markdown_of(self.body, special=lambda element: "" if element in self.interactions else None)
        own = "\n\n".join(markdown_of(prompt) for prompt in _all(self.interaction, "qti-prompt"))
        return "\n\n".join(filter(None, [before, own])) or self.question.title


def _read_choice(item: _Item) -> tuple[str, dict[str, Any]]:
    right = item.correct()
    choices = {choice.get("identifier"): choice for choice in _all(item.interaction, "qti-simple-choice")}
    if set(choices) == {"true", "false"} and len(right) == 1:
        return "true_false", {
            "prompt": item.prompt(),
            "answer": right[0] == "true",
            "feedback_true": _feedback(choices["true"]),
            "feedback_false": _feedback(choices["false"]),
        }
    options = [
        {"text": _line(choice), "correct": identifier in right, "feedback": _feedback(choice)} for identifier, choice in choices.items()
    ]
    several = item.declaration.get("cardinality") == "multiple"
    return "multiple_choice" if several else "single_choice", {"prompt": item.prompt(), "options": options}


def _read_match(item: _Item) -> tuple[str, dict[str, Any]]:
    sets = _all(item.interaction, "qti-simple-match-set")
    if len(sets) != 2:
        raise ItemRefused(_("Een combineervraag heeft twee lijsten."))
    left, right = ({choice.get("identifier"): _line(choice) for choice in _all(part, "qti-simple-associable-choice")} for part in sets)
    pairs: dict[str, str] = {}
    for value in item.correct():
        first, _space, second = value.partition(" ")
        if first in pairs or first not in left or second not in right:
            raise ItemRefused(_("Bij elke regel links moet precies één regel rechts horen."))
        pairs[first] = second
    if set(pairs) != set(left):
        raise ItemRefused(_("Bij elke regel links moet precies één regel rechts horen."))
    used = {right[second] for second in pairs.values()}
    rows = [{"left": text, "right": right[pairs[identifier]]} for identifier, text in left.items()]
    return "matching", {"prompt": item.prompt(), "pairs": rows, "extra_right": [text for text in right.values() if text not in used]}


def _read_order(item: _Item) -> tuple[str, dict[str, Any]]:
    choices = {choice.get("identifier"): _line(choice) for choice in _all(item.interaction, "qti-simple-choice")}
    order = item.correct()
    if sorted(order) != sorted(map(str, choices)):
        raise ItemRefused(_("De goede volgorde noemt niet alle regels."))
    return "ordering", {"prompt": item.prompt(), "items": [choices[identifier] for identifier in order]}


def _read_text_entry(item: _Item) -> tuple[str, dict[str, Any]]:
    prompts = [element for element in item.body.iter() if element.get("class") == "vakwijs-prompt"]
    own = "\n\n".join(markdown_of(element) for element in prompts)
    if len(item.interactions) == 1 and item.declaration.get("base-type") in ("float", "integer"):
        return _read_number(item, prompts, own)
    gaps: dict[str, list[str]] = {}
    names = {id(interaction): f"{place}" for place, interaction in enumerate(item.interactions, start=1)}
    sensitive = False
    for interaction in item.interactions:
        declaration = item.declaration_of(interaction)
        entries = [entry for entry in _all(declaration, "qti-map-entry") if (_number(entry.get("mapped-value")) or 0) > 0]
        correct = [_text(value) for value in _all(declaration, "qti-value")]
        gaps[names[id(interaction)]] = list(dict.fromkeys([*correct, *(entry.get("map-key") or "" for entry in entries)]))
        sensitive = sensitive or any(entry.get("case-sensitive") == "true" for entry in entries)

    def special(element: etree._Element) -> str | None:
        if element in prompts:
            return ""
        return f"[[{names[id(element)]}]]" if id(element) in names else None

    text = markdown_of(item.body, special=special)
    return "fill_in", {"prompt": own or item.question.title or _("Vul aan."), "text": text, "gaps": gaps, "match_case": sensitive}


def _read_number(item: _Item, prompts: list[etree._Element], own: str) -> tuple[str, dict[str, Any]]:
    answer = _number(item.correct()[0])
    if answer is None:
        raise ItemRefused(_("Het goede antwoord is geen getal."))
    units = [element for element in item.body.iter() if element.get("class") == "vakwijs-unit"]
    tolerance = 0.0
    for equal in _all(item.item, "qti-equal"):
        margins = [_number(part) for part in (equal.get("tolerance") or "").split()]
        if equal.get("tolerance-mode") == "absolute" and margins and len(set(margins)) == 1:
            tolerance = margins[0] or 0.0
        elif equal.get("tolerance-mode", "exact") != "exact":
            raise ItemRefused(_("We kennen alleen een marge die naar boven en beneden gelijk is, in absolute getallen."))
    prompt = (
        own
        or markdown_of(item.body, special=lambda element: "" if element in item.interactions or element in units else None)
        or item.question.title
    )
    return "numeric", {"prompt": prompt, "answer": answer, "tolerance": tolerance, "unit": " ".join(_text(unit) for unit in units)}


def _read_hotspot(item: _Item) -> tuple[str, dict[str, Any]]:
    pictures = [element for element in item.interaction.iter() if name_of(element) in ("img", "object")]
    if not pictures:
        raise ItemRefused(_("De aanwijsvraag heeft geen afbeelding."))
    source = pictures[0].get("src") or pictures[0].get("data") or ""
    path = _resolve(item.href, source)
    if PurePosixPath(path).suffix.lower() not in PICTURES:
        raise ItemRefused(_("We kennen dit soort afbeelding niet: %(name)s.") % {"name": path[:80]})
    content = item.package.bytes(path, limit=10 * 1024 * 1024)
    width, height = _measure(path, content, pictures[0])
    right = item.correct()
    areas = []
    for spot in _all(item.interaction, "qti-hotspot-choice"):
        coords = [_number(part) for part in (spot.get("coords") or "").split(",")]
        identifier = spot.get("identifier") or ""
        feedback = [markdown_of(element) for element in _all(item.item, "qti-modal-feedback") if element.get("identifier") == identifier]
        label = spot.get("hotspot-label") or spot.get("label") or identifier
        areas.append(
            {
                **_area(spot.get("shape") or "", coords, width, height),
                "label": label,
                "correct": identifier in right,
                "feedback": "\n\n".join(feedback),
            }
        )
    item.question.picture = (PurePosixPath(path).name, content)
    return "hotspot", {"prompt": item.prompt(), "image_alt": pictures[0].get("alt") or "", "areas": areas}


def _area(shape: str, coords: list[float | None], width: float, height: float) -> dict[str, Any]:
    numbers = [number for number in coords if number is not None]
    if shape == "rect" and len(numbers) == 4:
        x, y, right, bottom = numbers
        return {
            "shape": "rect",
            "x": _share(x, width),
            "y": _share(y, height),
            "width": _share(right - x, width),
            "height": _share(bottom - y, height),
        }
    if shape == "circle" and len(numbers) == 3:
        return {
            "shape": "circle",
            "x": _share(numbers[0], width),
            "y": _share(numbers[1], height),
            "radius": _share(numbers[2], min(width, height)),
        }
    raise ItemRefused(_("We kennen alleen rechthoeken en cirkels als gebied, niet %(shape)s.") % {"shape": shape or "–"})


def _read_extended(item: _Item) -> tuple[str, dict[str, Any]]:
    rubric = "\n\n".join(
        markdown_of(part) for block in _all(item.item, "qti-rubric-block") for part in _all(block, "qti-content-body") or [block]
    )
    length = _number(item.interaction.get("expected-length")) or 1200
    return "open", {"prompt": item.prompt(), "model_answer": rubric, "max_words": int(min(2000, max(1, length // 6)))}


_READERS = {
    "qti-choice-interaction": _read_choice,
    "qti-match-interaction": _read_match,
    "qti-order-interaction": _read_order,
    "qti-text-entry-interaction": _read_text_entry,
    "qti-hotspot-interaction": _read_hotspot,
    "qti-extended-text-interaction": _read_extended,
}


def _all(element: etree._Element, name: str) -> list[etree._Element]:
    return list(element.iter(f"{{{QTI}}}{name}"))


def _text(element: etree._Element) -> str:
    return "".join(element.itertext()).strip()


def _line(element: etree._Element) -> str:
    return " ".join(markdown_of(element).split())


def _feedback(choice: etree._Element) -> str:
    return "\n\n".join(markdown_of(element) for element in _all(choice, "qti-feedback-inline"))


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if abs(number) < 1e12 else None


def _share(value: float, whole: float) -> float:
    return round(min(100.0, max(0.0, value * 100 / whole)), 2)


def _resolve(href: str, source: str) -> str:
    parts: list[str] = list(PurePosixPath(href).parent.parts)
    for part in PurePosixPath(source).parts:
        if part == "..":
            if not parts:
                raise ItemRefused(_("De afbeelding ligt buiten het pakket."))
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _measure(path: str, content: bytes, element: etree._Element) -> tuple[float, float]:
    """The size of the picture in the measure of its areas; refuses a picture that is not what it says."""
    width, height = _number(element.get("width")), _number(element.get("height"))
    if path.lower().endswith(".svg"):
        root = parse(content, name=path)
        dangerous = any(
            name_of(part) in ("script", "foreignObject", "iframe", "set", "animate")
            or any(key.lower().rsplit("}")[-1].startswith("on") or "script:" in value.lower() for key, value in part.attrib.items())
            for part in root.iter()
        )
        if dangerous or name_of(root) != "svg":
            raise ItemRefused(_("De SVG-afbeelding bevat code."))
        box = [_number(part) for part in (root.get("viewBox") or "").split()]
        size = (box[2], box[3]) if len(box) == 4 else (None, None)
    else:
        try:
            with Image.open(io.BytesIO(content)) as picture:
                size = picture.size
        except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
            raise ItemRefused(_("De afbeelding is niet te lezen.")) from error
    width, height = width or size[0], height or size[1]
    if not width or not height or width <= 0 or height <= 0:
        raise ItemRefused(_("De maat van de afbeelding is niet bekend."))
    return width, height
