"""The XML for `ProcessXML`: at most 100 rows in a call, one orgID in a call.

The provider's `userKey` is never in a file: placeholders stand in its place until a report is sent.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Protocol

from django.utils.translation import gettext
from lxml import etree

from accreditation.editions import Place
from accreditation.evaluation import AMSTERDAM
from accreditation.exports.pe_online.fields import COURSE, EDITION, END_DATE, MEETING, MODULE, Presence, problems, value_of
from accreditation.exports.rows import Earned
from accreditation.models import Accreditation

ROWS_PER_CALL = 100
USER_ID, USER_KEY = "@USERID@", "@USERKEY@"
LANGUAGES = {"nl": "1", "fr": "3", "en": "6"}


class NotReportable(Exception):
    """The data are not complete for the service; `reasons` says what to mend. Nothing was made."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = list(reasons)


@dataclass(frozen=True, slots=True)
class Call:
    """One call to the service, as a file."""

    name: str
    org_id: int
    rows: int
    content: bytes


class Attended(Protocol):
    """What a row of a call is made from."""

    @property
    def accreditation(self) -> Accreditation: ...
    @property
    def number(self) -> str: ...
    @property
    def completed_at(self) -> datetime: ...
    @property
    def places(self) -> tuple[Place, ...]: ...


def calls(rows: Iterable[Earned], *, email: str = "", language: str = "nl") -> list[Call]:
    """The rows as calls, each within the limits of the service, in a fixed order: the same ledger gives the same bytes.

    Raises NotReportable when an accreditation lacks a field or a row has no number.
    """
    ordered = sorted(
        _each_place(rows), key=lambda row: (row.accreditation.effective_org_id() or 0, row.accreditation.pk, row.completed_at, row.number)
    )
    reasons = list(_reasons(ordered))
    if reasons:
        raise NotReportable(reasons)
    made = []
    for org_id, group in groupby(ordered, key=lambda row: row.accreditation.effective_org_id() or 0):
        whole = list(group)
        for start in range(0, len(whole), ROWS_PER_CALL):
            part = whole[start : start + ROWS_PER_CALL]
            content = entry(part, org_id=org_id, email=email, language=language)
            made.append(
                Call(name=f"pe-online-{org_id}-{start // ROWS_PER_CALL + 1:03d}.xml", org_id=org_id, rows=len(part), content=content)
            )
    return made


def _each_place(rows: Iterable[Earned]) -> Iterator[Earned]:
    """Who was at three meetings that the register counts one by one is reported three times."""
    for row in rows:
        yield from (replace(row, places=(place,)) for place in row.places) if len(row.places) > 1 else (row,)


def entry(rows: Sequence[Attended], *, org_id: int, email: str, language: str, user_id: str = USER_ID, user_key: str = USER_KEY) -> bytes:
    """One `Entry`: the settings, and an `Attendance` for each row. Only what goes straight to the service is given the real key."""
    root = etree.Element("Entry")
    settings = etree.SubElement(root, "Settings")
    for name, text in (
        ("userID", user_id),
        ("userRole", "EDU"),
        ("userKey", user_key),
        ("orgID", str(org_id)),
        ("settingOutput", "1" if email else "0"),
        ("emailOutput", email),
        ("languageID", LANGUAGES[language]),
        ("defaultLanguageID", LANGUAGES[language]),
    ):
        etree.SubElement(settings, name).text = text
    for row in rows:
        attendance = etree.SubElement(root, "Attendance")
        for name, text in _fields(row):
            etree.SubElement(attendance, name).text = text
    return etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True)


def end_date(moment: datetime) -> str:
    """xs:dateTime with Amsterdam's offset at that moment. The moment comes from the ledger, where it cannot change."""
    return moment.astimezone(AMSTERDAM).isoformat(timespec="seconds")


def _fields(row: Attended) -> Iterator[tuple[str, str]]:
    accreditation = row.accreditation
    if course := value_of(accreditation, COURSE):
        yield course
    yield "externalPersonID", row.number
    if module := value_of(accreditation, MODULE):
        yield module
    if END_DATE[accreditation.course_type] is Presence.REQUIRED:
        yield "endDate", end_date(row.completed_at)
    for pair in (EDITION, MEETING):
        if found := value_of(accreditation, pair, place=next(iter(row.places), None)):
            yield found


def _reasons(rows: Sequence[Earned]) -> Iterator[str]:
    for accreditation in {row.accreditation.pk: row.accreditation for row in rows}.values():
        for problem in problems(accreditation):
            yield f"{accreditation}: {problem}"
    for row in rows:
        if not row.number.strip():
            yield gettext("%(name)s heeft geen registernummer.") % {"name": row.name}
