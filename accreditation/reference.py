"""The registers and rules that every installation starts with, each with its source; what no register confirmed is marked so.

A rule that nobody changed here is brought up to date at every load: what it did not have when it was seeded is filled in. One that an
administrator saved, or that a draft changed, is left alone.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Q

from accounts.models import AuditEvent, Profession, Register, RegisterSection
from accounts.register_numbers import NumberKind
from accreditation.evidence import kinds
from accreditation.models import CategoryRule, Draft, LeaveKind, LeaveRule, PointCategory, RegisterRule
from accreditation.reporting import reference as reporting

# What rules did not have when the first installations were seeded.
LATER = {"patient_care_hours", "weekly_hours", "work_confirmed", "also_needed", "afterwards"}
BIG, RELATION, FREE = NumberKind.BIG, NumberKind.RELATION, NumberKind.FREE


@dataclass(frozen=True)
class CategorySeed:
    code: str
    name: str
    part_of: str = ""
    accredited: bool = True


@dataclass(frozen=True)
class LineSeed:
    """What a rule asks of a category: at least, at most, how often, and whether the register confirmed it."""

    category: str
    minimum: int | None = None
    maximum: int | None = None
    confirmed: bool = False
    times: int | None = None


@dataclass(frozen=True)
class LeaveSeed:
    """What leave of one kind adds to the period. No register published such a rule, so none is confirmed."""

    kind: LeaveKind
    minimum_days: int
    share: int = 100
    maximum_days: int | None = None


@dataclass(frozen=True)
class SectionSeed:
    """A part of a register with rules of its own, and the professions it is meant for."""

    code: str
    name: str
    professions: list[str]
    confirmed: bool = False


@dataclass(frozen=True)
class RuleSeed:
    name: str
    total: int
    lines: list[LineSeed]
    source: str
    section: str = ""
    profession: str = ""
    unit: RegisterRule.Unit = RegisterRule.Unit.POINTS
    applies_from: date | None = None
    applies_until: date | None = None
    work_hours: int | None = None
    patient_care_hours: int | None = None
    weekly_hours: int | None = None
    work_confirmed: bool = False
    also_needed: str = ""
    afterwards: str = ""
    leave: list[LeaveSeed] = field(default_factory=list)
    reminder_weeks: list[int] = field(default_factory=lambda: [12])
    confirmed: bool = False
    note: str = ""
    note_before: str = ""  # as an earlier version seeded it


@dataclass(frozen=True)
class RegisterSeed:
    code: str
    name: str
    number_kinds: list[NumberKind]
    source: str
    categories: list[CategorySeed]
    rules: list[RuleSeed]
    sections: list[SectionSeed] = field(default_factory=list)
    pe_online_org_id: int | None = None
    confirmed: bool = False


_VVN = "Openbare handleidingen en registerpagina's van V&VN; orgID-lijst van PE-online uit 2016."
_ODA_KINDS = [
    ("oda-werkplek", "Leren op de werkplek"),
    ("oda-commissie", "Commissie, werkgroep of bestuur"),
    ("oda-ict", "Intercollegiale toetsing"),
    ("oda-scholing", "Niet-geaccrediteerde scholing"),
    ("oda-casuistiek", "Casuïstiekbespreking"),
    ("oda-intervisie", "Intervisie"),
    ("oda-klinische-les", "Klinische les"),
    ("oda-publicatie", "Artikel of boek"),
    ("oda-zelfstudie", "Zelfstudie"),
]
_KR_LINES = [LineSeed("oda"), *(LineSeed(code) for code, _name in _ODA_KINDS)]
_RELIEF_UNTIL = date(2027, 6, 30)
_AFTER_RELIEF = date(2027, 7, 1)
_VSR_AFTERWARDS = (
    "Aanvragen kan tot en met de laatste dag. Het register verleent herregistratie, verleent die onder voorwaarden, "
    "erkent gelijkgesteld werk of haalt je door."
)
_OUR_REMINDER = "De herinnering, 12 weken voor het einde, is onze keuze: het register noemt er geen."

REGISTERS = [
    RegisterSeed(
        code="kwaliteitsregister-vv",
        name="Kwaliteitsregister V&V",
        number_kinds=[RELATION, BIG],
        pe_online_org_id=52,
        source=_VVN,
        sections=[
            SectionSeed("verpleegkundige", "Verpleegkundige", ["vpk", "vs-agz", "vs-ggz"], confirmed=True),
            SectionSeed("verzorgende", "Verzorgende", ["vig"], confirmed=True),
        ],
        categories=[
            CategorySeed("geaccrediteerd", "Geaccrediteerde scholing"),
            CategorySeed("oda", "Overige deskundigheidsbevordering (ODA)", accredited=False),
            *(CategorySeed(code, name, part_of="oda", accredited=False) for code, name in _ODA_KINDS),
        ],
        rules=[
            RuleSeed(
                "Verpleegkundige, verlicht",
                147,
                [LineSeed("geaccrediteerd", 64, confirmed=True), *_KR_LINES],
                section="verpleegkundige",
                applies_until=_RELIEF_UNTIL,
                work_hours=2080,
                work_confirmed=True,
                confirmed=True,
                source="V&VN: verlichting voor perioden die eindigen voor 1 juli 2027.",
                note="Maxima per ODA-soort zijn niet bevestigd en staan daarom open.",
            ),
            RuleSeed(
                "Verpleegkundige",
                184,
                [LineSeed("geaccrediteerd", 80, confirmed=True), *_KR_LINES],
                section="verpleegkundige",
                applies_from=_AFTER_RELIEF,
                work_hours=2080,
                work_confirmed=True,
                confirmed=True,
                source="V&VN: Kwaliteitsregister V&V.",
                note="Maxima per ODA-soort zijn niet bevestigd en staan daarom open.",
            ),
            RuleSeed(
                "Verzorgende, verlicht",
                147,
                [LineSeed("geaccrediteerd", 48), *_KR_LINES],
                section="verzorgende",
                applies_until=_RELIEF_UNTIL,
                work_hours=2080,
                work_confirmed=True,
                source="V&VN: verlichting voor perioden die eindigen voor 1 juli 2027.",
                note="48 geaccrediteerde punten (0,8 × 60) is onze berekening; V&VN noemt alleen 64 voor verpleegkundigen.",
            ),
            RuleSeed(
                "Verzorgende",
                184,
                [LineSeed("geaccrediteerd", 60, confirmed=True), *_KR_LINES],
                section="verzorgende",
                applies_from=_AFTER_RELIEF,
                work_hours=2080,
                work_confirmed=True,
                confirmed=True,
                source="V&VN: Kwaliteitsregister V&V.",
                note="Maxima per ODA-soort zijn niet bevestigd en staan daarom open.",
            ),
        ],
    ),
    RegisterSeed(
        code="register-zorgprofessionals",
        name="Register Zorgprofessionals",
        number_kinds=[RELATION, BIG],
        pe_online_org_id=52,
        source=_VVN,
        sections=[
            SectionSeed("verpleegkundige", "Verpleegkundige", ["vpk", "vs-agz", "vs-ggz"]),
            SectionSeed("verzorgende", "Verzorgende", ["vig"]),
        ],
        categories=[
            CategorySeed("geaccrediteerd", "Geaccrediteerde scholing"),
            CategorySeed("deelregister", "Scholing voor het deelregister", part_of="geaccrediteerd"),
            CategorySeed("oda", "Overige deskundigheidsbevordering (ODA)", accredited=False),
        ],
        rules=[
            RuleSeed(
                "Deelregister met 80 geaccrediteerde punten",
                184,
                [LineSeed("geaccrediteerd", 80, confirmed=True), LineSeed("deelregister", 40, confirmed=True), LineSeed("oda")],
                source="V&VN: Register Zorgprofessionals.",
                confirmed=True,
                afterwards="Wie niet aanvraagt, wordt doorgehaald.",
                note="Per deelregister gelden 60 of 80 punten, en werkuren per groep; welke uren voor welke groep gelden, is niet bevestigd.",
                note_before="Per deelregister gelden 60 of 80 punten. Wie niet aanvraagt, wordt doorgehaald.",
            ),
            RuleSeed(
                "Deelregister met 60 geaccrediteerde punten",
                184,
                [LineSeed("geaccrediteerd", 60, confirmed=True), LineSeed("deelregister", 40, confirmed=True), LineSeed("oda")],
                section="verzorgende",
                source="V&VN: Register Zorgprofessionals.",
                afterwards="Wie niet aanvraagt, wordt doorgehaald.",
                note="Voor welke deelregisters 60 geldt, is niet bevestigd. Werkuren gelden per groep; welke, is niet bevestigd.",
                note_before="Voor welke deelregisters 60 geldt, is niet bevestigd.",
            ),
        ],
    ),
    RegisterSeed(
        code="vs-register",
        name="Verpleegkundig Specialisten Register",
        number_kinds=[BIG],
        pe_online_org_id=52,
        source=_VVN,
        categories=[
            CategorySeed("scholing", "Bij- en nascholing"),
            CategorySeed("scholing-elders", "Elders geaccrediteerde scholing", part_of="scholing"),
            CategorySeed("ict", "Intercollegiale toetsing", accredited=False),
            CategorySeed("oda", "Overige deskundigheidsbevordering (ODA)", accredited=False),
        ],
        rules=[
            RuleSeed(
                "Herregistratie, verlicht",
                160,
                [
                    LineSeed("scholing", 85, confirmed=True),
                    LineSeed("scholing-elders", None, 25),
                    LineSeed("ict", 25, confirmed=True),
                    LineSeed("oda", None, 50, confirmed=True),
                ],
                unit=RegisterRule.Unit.HOURS,
                applies_until=date(2025, 12, 31),
                work_hours=3744,
                patient_care_hours=1872,
                confirmed=True,
                afterwards=_VSR_AFTERWARDS,
                source="VSR: verlichting voor perioden die eindigden voor 1 januari 2026.",
                note="3.744 werkuren komen uit de verlichting. Dat de helft directe patiëntenzorg is, is onze aanname.",
            ),
            RuleSeed(
                "Herregistratie",
                200,
                [
                    LineSeed("scholing", 100, confirmed=True),
                    LineSeed("scholing-elders", None, 25, confirmed=True),
                    LineSeed("ict", 40),
                    LineSeed("oda", None, 60, confirmed=True),
                ],
                unit=RegisterRule.Unit.HOURS,
                applies_from=date(2026, 1, 1),
                work_hours=4160,
                patient_care_hours=2080,
                afterwards=_VSR_AFTERWARDS,
                source="VSR; 200 uur is afgeleid (160 ÷ 0,8).",
                note=f"De huidige normen voor intercollegiale toetsing (40 uur) en werkuren zijn niet bevestigd. {_OUR_REMINDER}",
                note_before="De huidige normen voor intercollegiale toetsing en werkuren zijn niet bevestigd. Aanvragen kan tot en met de laatste dag.",
            ),
        ],
    ),
    RegisterSeed(
        code="rgs-gaia",
        name="Artsen (RGS, via GAIA)",
        number_kinds=[BIG],
        pe_online_org_id=19,
        source="RGS: herregistratie; KNMG-GAIA; orgID-lijst van PE-online uit 2016.",
        categories=[
            CategorySeed("nascholing", "Geaccrediteerde deskundigheidsbevordering"),
            CategorySeed("ict", "Intercollegiale toetsing", part_of="nascholing"),
            CategorySeed("evaluatie", "Evaluatie individueel functioneren of visitatie", part_of="nascholing"),
        ],
        rules=[
            RuleSeed(
                "Herregistratie",
                200,
                [
                    LineSeed("nascholing", 200, confirmed=True),
                    LineSeed("ict", 40, confirmed=True),
                    LineSeed("evaluatie", None, 25, confirmed=True, times=1),
                ],
                unit=RegisterRule.Unit.HOURS,
                weekly_hours=16,
                work_confirmed=True,
                also_needed="Evaluatie van je individueel functioneren\nExterne kwaliteitsevaluatie",
                source="RGS: herregistratie-eisen (bedrijfsarts als basis van de KAG).",
                confirmed=True,
                note=f"16 uur werk per week geldt voor de bedrijfsarts. {_OUR_REMINDER}",
                note_before="Ook nodig: gemiddeld 16 uur werk per week, evaluatie van het individueel functioneren en externe kwaliteitsevaluatie.",
            )
        ],
    ),
    RegisterSeed(
        code="nvka-voorbeeld",
        name="KAG-register NVKA (voorbeeld)",
        number_kinds=[BIG, FREE],
        source="Voorbeeld: er is geen openbare regeling; de NVKA beslist.",
        categories=[
            CategorySeed("nascholing", "Geaccrediteerde nascholing"),
            CategorySeed("kag", "Nascholing klinische arbeidsgeneeskunde", part_of="nascholing"),
            CategorySeed("ict", "Intercollegiale toetsing en intervisie", part_of="nascholing"),
        ],
        rules=[
            RuleSeed(
                "Voorbeeldregel",
                200,
                [LineSeed("nascholing", 200), LineSeed("kag", 60), LineSeed("ict", 40)],
                unit=RegisterRule.Unit.HOURS,
                leave=[
                    LeaveSeed(LeaveKind.BIRTH, 28),
                    LeaveSeed(LeaveKind.PARENTAL, 28, share=50, maximum_days=183),
                    LeaveSeed(LeaveKind.AWAY, 91, maximum_days=365),
                    LeaveSeed(LeaveKind.FEWER_HOURS, 91, share=50, maximum_days=183),
                ],
                source="Voorbeeld, naar het model van de RGS.",
                note="Alle getallen, ook die over verlof, zijn een voorbeeld tot de NVKA een regeling vaststelt.",
                note_before="Alle getallen zijn een voorbeeld tot de NVKA een regeling vaststelt.",
            )
        ],
    ),
]


@transaction.atomic
def load() -> None:
    """Make the registers, their sections, categories and rules, where they do not exist yet."""
    for seed in REGISTERS:
        register, _made = Register.objects.get_or_create(
            code=seed.code,
            defaults={
                "name": seed.name,
                "number_kinds": [kind.value for kind in seed.number_kinds],
                "pe_online_org_id": seed.pe_online_org_id,
                "confirmed": seed.confirmed,
                "source": seed.source,
            },
        )
        _load_sections(register, seed.sections)
        categories = _load_categories(register, seed.categories)
        for rule_seed in seed.rules:
            _load_rule(register, rule_seed, categories)
    kinds.load()
    reporting.load()


def _load_sections(register: Register, seeds: list[SectionSeed]) -> None:
    for order, seed in enumerate(seeds):
        section, made = RegisterSection.objects.get_or_create(
            register=register,
            code=seed.code,
            defaults={"name": seed.name, "order": order, "confirmed": seed.confirmed, "source": register.source},
        )
        if made:
            section.professions.set(Profession.objects.filter(code__in=seed.professions))


def _load_categories(register: Register, seeds: list[CategorySeed]) -> dict[str, PointCategory]:
    categories: dict[str, PointCategory] = {}
    for order, seed in enumerate(seeds):
        categories[seed.code], _made = PointCategory.objects.get_or_create(
            register=register,
            code=seed.code,
            defaults={"name": seed.name, "part_of": categories.get(seed.part_of), "accredited": seed.accredited, "order": order},
        )
    return categories


def _load_rule(register: Register, seed: RuleSeed, categories: dict[str, PointCategory]) -> None:
    there = list(RegisterRule.objects.filter(register=register, section=seed.section, profession=seed.profession))
    seeded = RegisterRule(applies_from=seed.applies_from, applies_until=seed.applies_until)
    if all(one.applies_from != seed.applies_from for one in there) and any(seeded.overlaps(one) for one in there):
        # Somebody moved its first day, or put another rule there: two would judge the same people.
        return
    rule, made = RegisterRule.objects.get_or_create(
        register=register,
        section=seed.section,
        profession=seed.profession,
        applies_from=seed.applies_from,
        defaults={
            "name": seed.name,
            "unit": seed.unit,
            "total": Decimal(seed.total),
            "applies_until": seed.applies_until,
            "work_hours": seed.work_hours,
            "patient_care_hours": seed.patient_care_hours,
            "weekly_hours": seed.weekly_hours,
            "work_confirmed": seed.work_confirmed,
            "also_needed": seed.also_needed,
            "afterwards": seed.afterwards,
            "reminder_weeks": seed.reminder_weeks,
            "source": seed.source,
            "confirmed": seed.confirmed,
            "note": seed.note,
        },
    )
    if not made:
        if _changed_here(rule):
            return
        _bring_up_to_date(rule, seed)
    for line in seed.lines:
        kept, _made = CategoryRule.objects.get_or_create(
            rule=rule,
            category=categories[line.category],
            defaults={"minimum": line.minimum, "maximum": line.maximum, "times": line.times, "confirmed": line.confirmed},
        )
        if kept.times is None and line.times is not None:
            kept.times = line.times
            kept.save(update_fields=["times"])
    for term in seed.leave:
        LeaveRule.objects.get_or_create(
            rule=rule,
            kind=term.kind,
            defaults={"minimum_days": term.minimum_days, "share": term.share, "maximum_days": term.maximum_days},
        )


def _changed_here(rule: RegisterRule) -> bool:
    """Whether a person ever saved this rule. Every way to do so leaves its trace."""
    saved = Q(event="register-rule-saved", subject=f"{rule.register}: {rule}"[:200]) | Q(event="register-rule-ended", subject=str(rule))
    return AuditEvent.objects.filter(saved).exists() or rule.drafts.filter(state=Draft.State.APPLIED).exists()


def _bring_up_to_date(rule: RegisterRule, seed: RuleSeed) -> None:
    """Fill the columns that came after this rule was seeded. Whatever it holds by now is left as it is, but for a note of ours."""
    later = LATER if rule.work_hours == seed.work_hours else LATER - {"patient_care_hours", "work_confirmed"}
    blank = RegisterRule()
    filled = {name: getattr(seed, name) for name in later if getattr(rule, name) == getattr(blank, name)}
    if seed.note_before and rule.note == seed.note_before:
        filled["note"] = seed.note
    for name, value in filled.items():
        setattr(rule, name, value)
    rule.save(update_fields=list(filled))
