"""What an answer of the register means in plain words, and what mends it: from the table of known answers."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from accounts.register_numbers import NumberKind, clean_number
from accreditation.big_register.doubts import Doubt, doubts
from accreditation.exports.pe_online.fields import problems
from accreditation.models import KnownAnswer, Report

Mend = KnownAnswer.Mend
# Mended by who decides of numbers, not by anything that a register answers.
NUMBER_IN_DOUBT = "number_in_doubt"


@dataclass(frozen=True, slots=True)
class Explanation:
    """The cause, and what mends it. `known` is False where no text of the table fits."""

    cause: str
    mend: str
    known: bool = True
    confirmed: bool = False


def explained(reports: Sequence[Report]) -> list[tuple[Report, Explanation | None]]:
    """Each report with why it is not with the register and what to do; None where nothing is wrong."""
    known = list(KnownAnswer.objects.all())
    held: dict[int, set[tuple[int, str]]] = {}
    for report in reports:
        if report.state == Report.State.HELD:
            held.setdefault(report.accreditation.register_id, set()).add((report.learner_id, report.number))
    doubted = {register: doubts(register=register, held=keys) for register, keys in held.items()}
    return [
        (report, _explain(report, known, doubted.get(report.accreditation.register_id, {}).get((report.learner_id, report.number))))
        for report in reports
    ]


def with_refused_number(reports: QuerySet[Report]) -> list[int]:
    """The keys of those that the register refused for their number: sent again with the same one, they are refused again."""
    rejected = reports.filter(state=Report.State.REJECTED).select_related("accreditation")
    return [report.pk for report, why in explained(list(rejected)) if why is not None and why.mend == Mend.NUMBER]


def _explain(report: Report, known: Sequence[KnownAnswer], doubt: Doubt | None) -> Explanation | None:
    if report.state == Report.State.HELD and doubt:
        return Explanation(report.problem, NUMBER_IN_DOUBT if doubt.is_open else Mend.NUMBER)
    if report.state == Report.State.HELD:
        return Explanation(report.problem, _mend_of_held(report))
    if report.state == Report.State.DEAD:
        return Explanation(
            gettext("Na veel pogingen kwam er geen bruikbaar antwoord op deze melding. Er is niets verloren: meld opnieuw."),
            Mend.AGAIN,
        )
    if report.state != Report.State.REJECTED:
        return None
    text = report.text.casefold()
    for answer in known:
        if answer.code and answer.code != report.code:
            continue
        if all(word.strip().casefold() in text for word in answer.words.split("|")):
            return Explanation(answer.cause, answer.mend, confirmed=answer.confirmed)
    return Explanation(
        gettext("Dit antwoord kennen we nog niet. Lees de tekst van het register; vraag daar na wat er ontbreekt."),
        Mend.REGISTER,
        known=False,
    )


def _mend_of_held(report: Report) -> str:
    if problems(report.accreditation) or report.accreditation.is_demo:
        return Mend.ACCREDITATION
    if report.end_date > timezone.now():
        return Mend.AGAIN
    try:
        clean_number(report.number, kinds=[NumberKind(kind) for kind in report.accreditation.register.number_kinds])
    except ValidationError:
        return Mend.NUMBER
    return Mend.STATEMENT


# Words of the texts as the manual of 2016 and users of the service have them, in Dutch; what none confirmed is marked so on screen.
SEED: list[tuple[str, str, str, str]] = [
    ("professional|niet opgegeven", "", "Er ging geen nummer van een persoon mee.", Mend.NUMBER),
    (
        "professional|bestaat niet", "",
        "Het register kent dit nummer niet. Kijk na of het nummer klopt en of het bij dit register hoort.", Mend.NUMBER,
    ),
    ("onbekend|big-nummer", "", "Het register kent dit nummer niet. Kijk na of het nummer klopt en of het bij dit register hoort.", Mend.NUMBER),
    ("cursus|niet opgegeven", "", "Er ging geen nummer van de cursus mee. Vul PECourseID of externalCourseID in.", Mend.ACCREDITATION),
    (
        "module|niet opgegeven", "",
        "De e-learning bestaat bij PE-online uit modules, en er ging geen module mee. Vul PEModuleID of externalmoduleID in.",
        Mend.ACCREDITATION,
    ),
    ("module|bestaat niet", "", "PE-online kent deze module niet. Kijk het nummer van de module na.", Mend.ACCREDITATION),
    ("module|uniek", "", "Dit eigen nummer hoort bij meer dan één module. Gebruik het nummer van PE-online.", Mend.ACCREDITATION),
    ("editie|niet opgegeven", "", "Er ging geen editie mee. Een fysieke scholing meld je per uitvoering.", Mend.EDITION),
    ("editie|bestaat niet", "", "PE-online kent deze editie niet. Voeg de uitvoering toe, hier en in PE-online.", Mend.EDITION),
    ("editie|uniek", "", "Dit eigen nummer hoort bij meer dan één editie. Gebruik het nummer van PE-online.", Mend.EDITION),
    ("bijeenkomst|niet opgegeven", "", "Er ging geen bijeenkomst mee. Deze scholing is per bijeenkomst geaccrediteerd.", Mend.EDITION),
    ("bijeenkomst|bestaat niet", "", "PE-online kent deze bijeenkomst niet. Voeg haar toe, hier en in PE-online.", Mend.EDITION),
    ("bijeenkomst|uniek", "", "Dit eigen nummer hoort bij meer dan één bijeenkomst. Gebruik het nummer van PE-online.", Mend.EDITION),
    (
        "bevat geen enddate", "",
        "Het moment van afronden ontbrak, en voor deze cursussoort is het verplicht. Kijk de cursussoort na.", Mend.ACCREDITATION,
    ),
    (
        "enddate|niet toegestaan", "",
        "Er ging een moment van afronden mee, en dat mag niet bij een fysieke scholing. Kijk de cursussoort na.", Mend.ACCREDITATION,
    ),
    (
        "e-learning|edities", "",
        "Voor PE-online is dit een e-learning, en die heeft geen edities of bijeenkomsten. Maak die velden leeg.", Mend.ACCREDITATION,
    ),
    (
        "niet geaccrediteerd bij een beroepsgroep", "",
        "De scholing is niet geaccrediteerd bij de beroepsgroepen van dit orgID. Kijk orgID en ID-nummer na.", Mend.ACCREDITATION,
    ),
    (
        "valt buiten alle accr", "",
        "De afronding viel buiten de periode waarvoor de scholing geaccrediteerd is. Kijk de geldigheid na bij PE-online.",
        Mend.ACCREDITATION,
    ),
    (
        "registratie kan plaatsvinden", "",
        "De registratieperiode van deze persoon is voorbij of nog niet begonnen. De deelnemer vraagt het register om raad.", Mend.REGISTER,
    ),
    (
        "presentie|door de opleider gedaan", "",
        "Bij deze scholing voert de aanbieder de aanwezigheid niet in. Vraag PE-online om dat aan te zetten.", Mend.REGISTER,
    ),
    ("niet uniek", "", "Het eigen nummer van de cursus komt vaker voor. Gebruik het PECourseID.", Mend.ACCREDITATION),
    ("cursus|bestaat niet", "", "PE-online kent dit nummer van de cursus niet bij dit orgID. Kijk het nummer na.", Mend.ACCREDITATION),
    ("error1020", "", "Het eigen nummer van de cursus komt vaker voor. Gebruik het PECourseID.", Mend.ACCREDITATION),
    ("error1021", "", "PE-online kent dit nummer van de cursus niet bij dit orgID. Kijk het nummer na.", Mend.ACCREDITATION),
    ("error1022", "", "Er ging geen editie mee. Een fysieke scholing meld je per uitvoering.", Mend.EDITION),
    ("error1030", "", "Deze beroepsgroep laat niet toe dat een ander systeem aanwezigheid invoert. Meld met de lijst.", Mend.REGISTER),
    ("", "505", "PE-online kon het bericht over deze persoon niet lezen. Kijk de velden van de accreditatie na.", Mend.ACCREDITATION),
]  # fmt: skip


def seed() -> None:
    """Add the known answers that are missing; what an administrator changed stays."""
    for order, (words, code, cause, mend) in enumerate(SEED, start=1):
        KnownAnswer.objects.get_or_create(code=code, words=words, defaults={"cause": cause, "mend": mend, "order": order * 10})
