"""For how many people of a register each of its rules holds now: counted by what a rule asks of somebody's place, without judging anybody."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import compress

from django.db.models import Count, Exists, OuterRef

from accounts.models import ProfessionalProfile, Register, RegisterEntry, User
from accreditation.dossier import dated_rules
from accreditation.models import RegisterRule
from accreditation.rulebook import Place, fitting_rule
from accreditation.simulation.groups import suppressed

NONE = ""


@dataclass(frozen=True, slots=True)
class Reach:
    """For how many of the people in its register a rule holds; `count` is None where the number would tell too much."""

    count: int | None
    people: int


def reach_of(rule: RegisterRule, *, reader: User, day: date) -> Reach:
    """What may be told to this reader of how many people stand under a rule on a day."""
    counts = people_under(rule.register, day=day)
    shown: Mapping[str, int | None] = counts if reader.is_superuser else suppressed(counts)
    return Reach(shown.get(str(rule.pk), 0), sum(counts.values()))


def people_under(register: Register, *, day: date) -> dict[str, int]:
    """How many people each rule holds for, by its key as text; by `NONE` for whom no rule holds. A few queries, however many they are."""
    rules = dated_rules(register)
    professions = sorted({rule.profession for rule in rules if rule.profession})
    of_profile = ProfessionalProfile.professions.through.objects.filter(professionalprofile__user=OuterRef("user"))
    has = {f"has_{number}": Exists(of_profile.filter(profession__code=code)) for number, code in enumerate(professions)}
    places = RegisterEntry.objects.filter(register=register).order_by().annotate(**has)
    found: Counter[str] = Counter()
    for section, begin, end, *held, people in places.values_list("section", "period_start", "period_end", *has).annotate(Count("pk")):
        place = Place(section, frozenset(compress(professions, held)), begin, end)
        rule, _period = fitting_rule(place, rules=rules, day=day)
        found[str(rule.key) if rule else NONE] += people
    return dict(found)
