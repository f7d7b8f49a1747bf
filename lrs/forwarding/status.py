"""How a target is doing, in words and figures, and what somebody can do about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Count, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy

from lrs import sequence
from lrs.forwarding import history
from lrs.forwarding.choosing import Chooser
from lrs.models import ForwardedErasure, ForwardingHour, ForwardingTarget, HeldStatement, Statement

Reason = ForwardingTarget.Reason
TALL = 71
COUNTED = 10_000  # beyond this the exact number says no more

HAPPENED: dict[str, str | Promise] = {
    Reason.KEY_REFUSED: gettext_lazy("De andere kant weigert de sleutel of het geheim, of de sleutel mag niet schrijven."),
    Reason.WRONG_ADDRESS: gettext_lazy("Op dit adres staat geen leerrecordopslag, of het verwijst door naar een ander adres."),
    Reason.ADDRESS_NOT_ALLOWED: gettext_lazy("Dit adres ligt in een netwerk waar Vakwijs niet naartoe mag sturen."),
    Reason.SECRET_UNREADABLE: gettext_lazy(
        "Het bewaarde geheim is niet meer te lezen, doordat de sleutel van deze installatie is vervangen."
    ),
    Reason.REFUSES_ALL: gettext_lazy("De andere kant weigerde een hele reeks uitspraken achter elkaar."),
    Reason.UNREACHABLE: gettext_lazy("Er kwam geen antwoord: de andere kant is niet bereikbaar of antwoordt te langzaam."),
    Reason.TROUBLE: gettext_lazy("De andere kant heeft een storing, of gaf een antwoord dat we niet begrijpen."),
    Reason.BUSY: gettext_lazy("De andere kant vraagt om langzamer te sturen."),
}
TO_DO: dict[str, str | Promise] = {
    Reason.KEY_REFUSED: gettext_lazy(
        "Vraag de beheerder daar om een sleutel die uitspraken mag schrijven, en vul die in bij Wijzigen. Dan gaat het vanzelf verder."
    ),
    Reason.WRONG_ADDRESS: gettext_lazy(
        "Controleer het adres: het eindigt meestal op /xapi. Verbeter het bij Wijzigen; dan gaat het vanzelf verder."
    ),
    Reason.ADDRESS_NOT_ALLOWED: gettext_lazy("Vul een openbaar adres met https in, of vraag een superuser om dit adres toe te staan."),
    Reason.SECRET_UNREADABLE: gettext_lazy("Vul sleutel en geheim opnieuw in bij Wijzigen. Dan gaat het vanzelf verder."),
    Reason.REFUSES_ALL: gettext_lazy(
        "Lees bij de onbestelbare uitspraken wat het antwoord was. Verbeter de instelling of vraag de beheerder daar; verstuur ze daarna opnieuw en hervat."
    ),
    Reason.UNREACHABLE: gettext_lazy(
        "Je hoeft niets te doen: Vakwijs blijft het proberen. Duurt het lang? Bel de beheerder van de andere kant."
    ),
    Reason.TROUBLE: gettext_lazy(
        "Je hoeft niets te doen: Vakwijs blijft het proberen. Duurt het lang? Stuur de beheerder daar het antwoord hieronder."
    ),
    Reason.BUSY: gettext_lazy("Je hoeft niets te doen: Vakwijs wacht zo lang als de andere kant vroeg."),
}


@dataclass(frozen=True)
class Standing:
    """How it is with a target: a word with its tone, and when something is wrong what happened and what to do."""

    label: str
    tone: str  # of the tag component
    happened: str = ""
    to_do: str = ""


@dataclass(frozen=True)
class Backlog:
    """What still has to go."""

    count: int
    more: bool  # there are more than `count`
    oldest: datetime | None
    held: int
    refused: int


@dataclass(frozen=True)
class Hour:
    """How much went in one hour, and where its bar stands in a drawing of TALL pixels."""

    begin: datetime
    sent: int
    refused: int
    failures: int
    x: str  # percentage, from the left
    y: int
    pixels: int


def overview(targets: QuerySet[ForwardingTarget]) -> QuerySet[Any]:
    """The targets with what a list of them shows, in one query."""
    day = timezone.now() - timedelta(hours=24)
    later = Statement.objects.filter(sequence__gt=OuterRef("cursor")).order_by("sequence").values("sequence")
    of_tools = later.filter(credential__organisation=OuterRef("organisation"))
    sent = (
        ForwardingHour.objects.filter(target=OuterRef("pk"), hour__gte=day)
        .order_by()
        .values("target")
        .annotate(sum=Sum("sent"))
        .values("sum")
    )
    refused = (
        HeldStatement.objects.filter(target=OuterRef("pk"), state=HeldStatement.State.REFUSED)
        .order_by()
        .values("target")
        .annotate(count=Count("pk"))
        .values("count")
    )
    erasures = (
        ForwardedErasure.objects.filter(target=OuterRef("pk"), confirmed_at=None)
        .order_by()
        .values("target")
        .annotate(count=Count("pk"))
        .values("count")
    )
    return targets.select_related("organisation").annotate(
        # As far as one query can tell; filters on verbs and activities are weighed on the page of the target.
        next_sequence=Case(
            When(credential__isnull=False, then=Subquery(later.filter(credential=OuterRef("credential"))[:1])),
            When(reach=ForwardingTarget.Reach.TOOLS, then=Subquery(of_tools[:1])),
            default=Subquery(later[:1]),
        ),
        sent_today=Coalesce(Subquery(sent), 0),
        refused_now=Coalesce(Subquery(refused), 0),
        erasures_open=Coalesce(Subquery(erasures), 0),
    )


def standing(target: ForwardingTarget, *, refused: int = 0, behind: bool = False) -> Standing:
    """In a word, and in sentences when it asks for something."""
    error = target.reason if target.state == ForwardingTarget.State.PAUSED else target.last_error
    happened, to_do = str(HAPPENED.get(error, "")), str(TO_DO.get(error, ""))
    if target.state == ForwardingTarget.State.PAUSED:
        if target.reason in (Reason.BY_HAND, Reason.NONE):
            return Standing(_("gepauzeerd"), "waiting")
        return Standing(_("gestopt"), "refused", happened, to_do)
    if target.failures:
        return Standing(_("lukt nu niet"), "signal", happened, to_do)
    if target.retry_at and target.retry_at > timezone.now():
        return Standing(_("wacht even"), "waiting", happened, to_do)
    if refused:
        return Standing(_("stuurt door, niet alles"), "signal")
    return Standing(_("stuurt door"), "done") if behind else Standing(_("alles verstuurd"), "done")


def backlog(target: ForwardingTarget) -> Backlog:
    """What waits for this target: still to be sent, and set apart."""
    after = Statement.objects.filter(Chooser(target).rough(), sequence__gt=target.cursor).order_by("sequence")
    count = len(after.values_list("sequence", flat=True)[: COUNTED + 1])
    first = after.values_list("sequence", flat=True).first()
    held = HeldStatement.objects.filter(target=target).aggregate(
        waiting=Count("pk", filter=Q(state=HeldStatement.State.WAITING)), refused=Count("pk", filter=Q(state=HeldStatement.State.REFUSED))
    )
    return Backlog(
        count=min(count, COUNTED),
        more=count > COUNTED,
        oldest=sequence.moment_of(first) if first else None,
        held=held["waiting"],
        refused=held["refused"],
    )


def hours(target: ForwardingTarget, *, number: int = 24) -> list[Hour]:
    """The last hours, the oldest first; also those in which nothing went."""
    now = history.hour_of(timezone.now())
    begin = now - timedelta(hours=number - 1)
    rows = {row.hour: row for row in ForwardingHour.objects.filter(target=target, hour__gte=begin)}
    most = max((row.sent for row in rows.values()), default=0)
    return list(_hours(rows, begin, number, most))


def _hours(rows: dict[datetime, ForwardingHour], begin: datetime, number: int, most: int) -> Iterable[Hour]:
    for place in range(number):
        at = begin + timedelta(hours=place)
        row = rows.get(at)
        sent = row.sent if row else 0
        pixels = max(round(TALL * sent / most), 2) if sent else 0
        if row and row.failures and not pixels:
            pixels = 2  # an hour in which nothing went because of trouble is not an hour in which there was nothing
        x = f"{100 * place / number:.2f}"
        yield Hour(at, sent, row.refused if row else 0, row.failures if row else 0, x, TALL - pixels, pixels)
