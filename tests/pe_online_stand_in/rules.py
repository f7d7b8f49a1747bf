"""What the manual asks of a call and of each row in it, and the texts with which the service refuses."""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from lxml import etree

from tests.pe_online_stand_in.world import Course, World

MOST_ROWS = 100
SETTINGS = {"userID", "userRole", "userKey", "orgID", "settingOutput", "emailOutput", "languageID", "defaultLanguageID"}
FIELDS = {
    "PECourseID",
    "externalCourseID",
    "externalPersonID",
    "PEModuleID",
    "externalmoduleID",
    "endDate",
    "PEEditionID",
    "externalEditionID",
    "PEMeetingID",
    "externalMeetingID",
}
NUMBERS = {"PECourseID", "PEModuleID", "PEEditionID", "PEMeetingID"}


class Refused(Exception):
    """The whole call is refused and nothing is processed: 400 or 505."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


class RowRefused(Exception):
    """One row is refused."""


@dataclass
class Outcome:
    """What became of a call: rows taken, as (person, course, date), and messages of those refused."""

    org: int = 0
    taken: list[tuple[str, str, str]] = field(default_factory=list)
    keys: list[tuple[str, ...]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def process(xml: str, world: World) -> Outcome:
    """Weigh a call. Raises Refused."""
    try:
        root = etree.fromstring(xml.encode(), etree.XMLParser(resolve_entities=False, no_network=True))
    except (etree.XMLSyntaxError, ValueError):
        raise Refused("505", "Invalid XML structure") from None
    settings = {child.tag: (child.text or "").strip() for child in root.findall("Settings/*")}
    if root.tag != "Entry" or len(root.findall("Settings")) != 1 or set(settings) - SETTINGS or not settings.get("orgID", "").isdigit():
        raise Refused("505", "Invalid XML structure")
    if settings.get("userRole") != "EDU" or settings.get("languageID") != settings.get("defaultLanguageID"):
        raise Refused("505", "Invalid XML structure")
    user = settings.get("userID", "")
    if not user or world.providers.get(user) != settings.get("userKey"):
        raise Refused("400", "Geen toegang; onjuiste sleutel")
    rows = [child for child in root if child.tag == "Attendance"]
    if len(rows) != len(root) - 1 or not rows or len(rows) > MOST_ROWS:
        raise Refused("505", "Invalid XML structure")
    outcome = Outcome(org=int(settings["orgID"]))
    read = [_fields(row) for row in rows]
    for line, fields in enumerate(read, start=2):  # in the manual's own sample the first row is line 2
        try:
            key, moment = _weigh(fields, line, outcome.org, world)
        except RowRefused as refusal:
            outcome.errors.append(str(refusal))
        else:
            outcome.keys.append(key)
            outcome.taken.append((fields["externalPersonID"], fields.get("PECourseID") or fields["externalCourseID"], moment))
    return outcome


def _fields(row: etree._Element) -> dict[str, str]:
    names = [child.tag for child in row]
    if set(names) - FIELDS or len(names) != len(set(names)):
        raise Refused("505", "Invalid XML structure")
    fields = {child.tag: (child.text or "").strip() for child in row}
    if any(name in fields and not fields[name].isdigit() for name in NUMBERS):
        raise Refused("505", "Invalid XML structure")
    if "endDate" in fields:
        try:
            moment = datetime.fromisoformat(fields["endDate"])
        except ValueError:
            raise Refused("505", "Invalid XML structure") from None
        if moment.tzinfo is None:
            raise Refused("505", "Invalid XML structure")
    return fields


def _weigh(fields: dict[str, str], line: int, org: int, world: World) -> tuple[tuple[str, ...], str]:
    """What makes the row one of a kind, and the date as an answer names it. Raises RowRefused."""
    person = fields.get("externalPersonID", "")
    if not person:
        raise RowRefused(f"Professional op regel [{line}] niet opgegeven")
    course = _course(fields, line, org, world)
    name = f"Cursus [{course.external}]"
    if person not in world.persons.get(org, set()):
        raise RowRefused(f"Professional op regel [{line}] bestaat niet in PE")
    _editions_belong(fields, course, name, line)
    end = fields.get("endDate", "")
    if course.type in (2, 3):
        if not end:
            raise RowRefused(f"{name} op regel [{line}] bevat geen enddate, dit is verplicht voor e-learning")
        day = datetime.fromisoformat(end).astimezone(ZoneInfo("Europe/Amsterdam")).date()
        if not course.since <= day <= course.until:
            raise RowRefused(
                f"{name} op regel [{line}] is niet (juist) geaccrediteerd; De datum [{day:%d-%m-%Y}] valt buiten alle accr. periodes"
            )
    elif end:
        raise RowRefused(f"{name} op regel [{line}] bevat een enddate, dit is niet toegestaan")
    if person in world.unregistered:
        raise RowRefused(
            f"{name} op regel [{line}] is niet (juist) geaccrediteerd; valt buiten alle periodes dat er registratie kan plaatsvinden"
        )
    if not course.by_provider:
        raise RowRefused(
            f"{name} op regel [{line}] is niet (juist) geaccrediteerd; de presentie van deze cursus wordt bij geen enkele beroepsgroep door de opleider gedaan"
        )
    parts = _parts(fields, course, name, line)
    moment = datetime.fromisoformat(end).astimezone(ZoneInfo("UTC")).isoformat() if end else ""
    return (str(org), person, course.id, *parts, moment), end


def _course(fields: dict[str, str], line: int, org: int, world: World) -> Course:
    own, external = fields.get("PECourseID", ""), fields.get("externalCourseID", "")
    if bool(own) == bool(external):
        raise RowRefused(f"Cursus op regel [{line}] niet opgegeven")
    found = [course for course in world.courses if (course.id == own if own else course.external == external)]
    if not found:
        raise RowRefused(f"Cursus [{own or external}] op regel [{line}] bestaat niet in PE")
    if len(found) > 1:
        raise RowRefused(f"Cursus [{own or external}] op regel [{line}] is niet uniek binnen PE")
    if found[0].org != org:
        raise RowRefused(
            f"Cursus [{own or external}] op regel [{line}] is niet (juist) geaccrediteerd; Niet geaccrediteerd bij een beroepsgroep van de organisatie [{org}]"
        )
    return found[0]


def _editions_belong(fields: dict[str, str], course: Course, name: str, line: int) -> None:
    given = {"PEEditionID", "externalEditionID", "PEMeetingID", "externalMeetingID"} & {key for key, value in fields.items() if value}
    if course.type in (2, 3) and given:
        raise RowRefused(f"{name} op regel [{line}] is een e-learning en bevat edities of bijeenkomsten")


def _parts(fields: dict[str, str], course: Course, name: str, line: int) -> tuple[str, ...]:
    def one(own: str, external: str, word: str, known: list[str]) -> str:
        given = [fields[field] for field in (own, external) if fields.get(field)]
        if len(given) != 1:
            raise RowRefused(f"{name} {word} op regel [{line}] niet opgegeven")
        if given[0] not in known:
            raise RowRefused(f"{name} {word} [{given[0]}] op regel [{line}] bestaat niet in PE")
        if known.count(given[0]) > 1:
            raise RowRefused(f"{name} {word} [{given[0]}] op regel [{line}] is niet uniek binnen PE")
        return given[0]

    found: list[str] = []
    if course.modules:
        found.append(one("PEModuleID", "externalmoduleID", "Module", course.modules))
    if course.type in (1, 4):
        edition = one("PEEditionID", "externalEditionID", "Editie", list(course.editions))
        found.append(edition)
        if course.type == 1:
            found.append(one("PEMeetingID", "externalMeetingID", "Bijeenkomst", course.editions[edition]))
    return tuple(found)
