"""The kinds of own evidence that every installation starts with, per register, with their source. Loaded once; changed ones are left alone."""

from dataclasses import dataclass
from decimal import Decimal

from accounts.models import Register
from accreditation.models import EvidenceKind, PointCategory

Form = EvidenceKind.Form
_VVN = "V&VN: soorten overige deskundigheidsbevordering in het Kwaliteitsregister; 1 effectief uur is 1 punt; hoogstens 3 CanMEDS-gebieden."
_OURS = "Onze inrichting; het register bevestigde haar niet."
_FIRST = "Neem de punten over die op het bewijs staan. Staat de scholing al in het register zelf, dan telt zij daar: voeg haar dan hier niet nog eens toe."


@dataclass(frozen=True)
class KindSeed:
    code: str
    name: str
    form: EvidenceKind.Form
    category: str = ""
    most_competencies: int | None = None
    needs_file: bool = False
    fixed_points: int | None = None
    confirmed: bool = False
    source: str = _OURS
    help_text: str = ""


def _oda(code: str, name: str, help_text: str = "") -> KindSeed:
    return KindSeed(f"oda-{code}", name, Form.HOURS, f"oda-{code}", 3, confirmed=True, source=_VVN, help_text=help_text)


_ODA_HELP = "Wat je leerde buiten geaccrediteerde scholing. Noem hoogstens 3 CanMEDS-gebieden."
_ICT = "Je keek met vakgenoten naar elkaars werk. Vul de uren in die het echt duurde."
_WORK = KindSeed("werkuren", "Werkuren", Form.WORK, help_text="Het bruto aantal uren dat je in deze periode in dit beroep werkte.")

KINDS: dict[str, list[KindSeed]] = {
    "kwaliteitsregister-vv": [
        KindSeed("elders", "Geaccrediteerde scholing elders", Form.ACCREDITED, "geaccrediteerd", needs_file=True, help_text=_FIRST),
        _oda("werkplek", "Leren op de werkplek", "Wat je tijdens je werk leerde."),
        _oda("commissie", "Commissie, werkgroep of bestuur", "De uren die je aan een commissie, werkgroep of bestuur besteedde."),
        _oda("ict", "Intercollegiale toetsing", _ICT),
        _oda("scholing", "Niet-geaccrediteerde scholing", "Een cursus of scholing zonder accreditatiepunten op het bewijs."),
        _oda(
            "casuistiek",
            "Casuïstiekbespreking",
            "Je besprak met collega's een of meer situaties uit de praktijk. Schrijf niets op over een patiënt.",
        ),
        _oda("intervisie", "Intervisie", "Je besprak met collega's vragen uit je eigen werk."),
        _oda("klinische-les", "Klinische les", "Een les voor collega's over een onderwerp uit de zorg."),
        _oda("publicatie", "Artikel of boek", "De uren die je aan een artikel of een boek werkte."),
        _oda("zelfstudie", "Zelfstudie", "Wat je alleen las of bestudeerde, zoals een richtlijn."),
        _WORK,
    ],
    "register-zorgprofessionals": [
        KindSeed(
            "elders-deelregister",
            "Geaccrediteerde scholing elders, voor je deelregister",
            Form.ACCREDITED,
            "deelregister",
            needs_file=True,
            help_text=_FIRST,
        ),
        KindSeed(
            "elders", "Geaccrediteerde scholing elders, algemeen", Form.ACCREDITED, "geaccrediteerd", needs_file=True, help_text=_FIRST
        ),
        KindSeed("oda", "Overige deskundigheidsbevordering", Form.HOURS, "oda", 3, help_text=_ODA_HELP),
        _WORK,
    ],
    "vs-register": [
        KindSeed(
            "scholing", "Bij- en nascholing, geaccrediteerd door het VSR", Form.ACCREDITED, "scholing", needs_file=True, help_text=_FIRST
        ),
        KindSeed(
            "scholing-elders",
            "Scholing die een ander geaccrediteerd heeft",
            Form.ACCREDITED,
            "scholing-elders",
            needs_file=True,
            help_text=_FIRST,
        ),
        KindSeed("ict", "Intercollegiale toetsing", Form.HOURS, "ict", help_text=_ICT),
        KindSeed("oda", "Overige deskundigheidsbevordering", Form.HOURS, "oda", 3, help_text=_ODA_HELP),
        _WORK,
    ],
    "rgs-gaia": [
        KindSeed("nascholing", "Geaccrediteerde nascholing elders", Form.ACCREDITED, "nascholing", needs_file=True, help_text=_FIRST),
        KindSeed("ict", "Intercollegiale toetsing", Form.HOURS, "ict", needs_file=True, help_text=_ICT),
        KindSeed(
            "evaluatie",
            "Evaluatie individueel functioneren of visitatie",
            Form.ONCE,
            "evaluatie",
            needs_file=True,
            fixed_points=25,
            confirmed=True,
            source="RGS: herregistratie; 25 punten, één keer in een periode.",
            help_text="De evaluatie van hoe je zelf werkt, of een visitatie. Telt één keer in een periode, voor 25 punten.",
        ),
        _WORK,
    ],
    "nvka-voorbeeld": [
        KindSeed("nascholing", "Geaccrediteerde nascholing elders", Form.ACCREDITED, "nascholing", needs_file=True, help_text=_FIRST),
        KindSeed("kag", "Nascholing klinische arbeidsgeneeskunde elders", Form.ACCREDITED, "kag", needs_file=True, help_text=_FIRST),
        KindSeed("ict", "Intercollegiale toetsing en intervisie", Form.HOURS, "ict", help_text=_ICT),
        _WORK,
    ],
}


def load() -> None:
    """Make the kinds of the registers that are there, where they do not exist yet; what was never explained is explained."""
    for register in Register.objects.filter(code__in=KINDS):
        categories = {category.code: category for category in PointCategory.objects.filter(register=register)}
        for order, seed in enumerate(KINDS[register.code]):
            if seed.category and seed.category not in categories:
                continue
            kind, _made = EvidenceKind.objects.get_or_create(
                register=register,
                code=seed.code,
                defaults={
                    "name": seed.name,
                    "form": seed.form,
                    "category": categories.get(seed.category),
                    "most_competencies": seed.most_competencies,
                    "needs_file": seed.needs_file,
                    "fixed_points": Decimal(seed.fixed_points) if seed.fixed_points else None,
                    "confirmed": seed.confirmed,
                    "source": seed.source,
                    "help_text": seed.help_text,
                    "order": order,
                },
            )
            if seed.help_text and not kind.help_text:
                EvidenceKind.objects.filter(pk=kind.pk).update(help_text=seed.help_text)
