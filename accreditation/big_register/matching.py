"""Compare what the register says with what a person typed. A difference is a question for a person, never a verdict."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from accreditation.big_register.soap import Professional, Registration


class Finding(StrEnum):
    NOT_FOUND = "not_found"
    SEVERAL = "several"
    NAME = "name"
    INITIAL = "initial"
    PROFESSION = "profession"
    SPECIALISM = "specialism"
    ENDED = "ended"
    NOT_BEGUN = "not_begun"


# Code of a profession in `accounts.reference` → professional group and, where it is a specialism, its code in the BIG register.
# There is no code for klinisch arbeidsgeneeskundigen: they are physicians.
PROFESSIONS: dict[str, tuple[str, str]] = {
    "vpk": ("30", ""),
    "vs-agz": ("30", "76"),
    "vs-ggz": ("30", "69"),
    "vig": ("86", ""),
    "arts": ("01", ""),
    "bedrijfsarts": ("01", "8"),
    "kag": ("01", ""),
    "kag-io": ("01", ""),
}
PARTICLES = frozenset("van de den der het 't ten ter te in op aan bij tot uit voor von du la le el al d l s t".split())


@dataclass(frozen=True, slots=True)
class Match:
    """What was compared, and every difference. `registration` is that of the number, when exactly one was found."""

    findings: tuple[Finding, ...]
    professional: Professional | None = None
    registration: Registration | None = None


def match(found: Sequence[Professional], *, number: str, first_name: str, last_name: str, professions: Iterable[str], day: date) -> Match:
    """Compare one person with what the register found under the number, on a day of Amsterdam."""
    having = [(one, each) for one in found for each in one.registrations if each.number == number]
    if not having:
        return Match((Finding.NOT_FOUND,))
    if len({id(one) for one, _each in having}) > 1:
        return Match((Finding.SEVERAL,))
    professional, registration = having[-1]
    findings = []
    if not _same_surname(last_name, professional):
        findings.append(Finding.NAME)
    if not _same_initial(first_name, professional):
        findings.append(Finding.INITIAL)
    findings += _profession(professions, professional, registration)
    if registration.ends_on and registration.ends_on < day:
        findings.append(Finding.ENDED)
    if registration.starts_on and registration.starts_on > day:
        findings.append(Finding.NOT_BEGUN)
    return Match(tuple(findings), professional, registration)


def _same_surname(last_name: str, professional: Professional) -> bool:
    """Every word of the typed name that tells is one of the register's: somebody may use one name of two, or both in any order."""
    typed = _words(last_name)
    known = {word for name in professional.surnames for word in _words(name)}
    return bool(typed) and typed <= known


def _same_initial(first_name: str, professional: Professional) -> bool:
    """A name by which one is called need not begin like the first name in the passport; then a person looks."""
    typed, known = plain(first_name)[:1], plain(professional.initials)[:1]
    return not known or typed == known


def _profession(codes: Iterable[str], professional: Professional, registration: Registration) -> list[Finding]:
    """A number belongs to one profession; somebody with two professions has two numbers, of which this is one."""
    wanted = [PROFESSIONS[code] for code in codes if code in PROFESSIONS]
    if not wanted:
        return []
    same = [special for group, special in wanted if group == registration.group]
    if not same:
        return [Finding.PROFESSION]
    fits = any(not special or special in professional.specialisms for special in same)
    return [] if fits else [Finding.SPECIALISM]


def _words(name: str) -> set[str]:
    return {word for word in re.findall(r"[a-z0-9]+", plain(name)) if word not in PARTICLES and len(word) > 1}


def plain(text: str) -> str:
    """Without capitals, accents and ligatures, for comparing."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("ij", "y").replace("ß", "ss").replace("ø", "o"))
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign)).strip()
