"""Own evidence from draft to dossier: begun with or without a file, kept when it is whole, changed and withdrawn while nothing rests on it.

What an application uses is locked. Each change takes the row of the evidence first, and so does an application: the one who comes second
sees what the first one did.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.formats import localize
from django.utils.translation import gettext as _, ngettext

from accounts.models import User
from accreditation.evidence import files
from accreditation.evidence.files import CheckedFile
from accreditation.evidence.reading import suggestions
from accreditation.models import Application, Evidence, EvidenceDocument, EvidenceFile, EvidenceKind, RegisterRule
from competencies.models import Competency

Form = EvidenceKind.Form
MOST_DOCUMENTS = 10
EARLIEST = date(1970, 1, 1)
KEEP_DRAFTS = timedelta(days=90)
CENT = Decimal("0.01")


class EvidenceRefused(Exception):
    """The message tells the person what to mend; `field` names the field it is about, if it is about one."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Told:
    """What a person says of a piece of evidence."""

    kind: EvidenceKind
    title: str
    done_on: date
    provider: str = ""
    started_on: date | None = None
    starts_at: time | None = None
    ends_at: time | None = None
    hours: Decimal | None = None
    points: Decimal | None = None
    id_number: str = ""
    description: str = ""
    competencies: Sequence[Competency] = field(default=())


def begin(*, owner: User, checked: CheckedFile | None = None, today: date | None = None) -> Evidence:
    """A draft, with its file and what could be read in that. A draft counts nowhere until it is kept."""
    read = suggestions(checked, owner=owner, today=today or timezone.localdate()).as_json() if checked else {}
    with transaction.atomic():
        evidence = Evidence.objects.create(owner=owner, suggestions=read)
        if checked:
            _attach(evidence, checked)
    return evidence


def keep(*, evidence: Evidence, told: Told, today: date | None = None) -> Evidence:
    """Put it in the dossier as told, or change what stands there. Raises EvidenceRefused."""
    with transaction.atomic():
        evidence = _open(evidence)
        for refused in problems(told, today=today):
            raise refused
        if lacks_file(evidence=evidence, told=told):
            raise EvidenceRefused(_("Bij deze soort hoort een bewijsstuk. Voeg een PDF of een foto toe."), field="kind")
        evidence.state = Evidence.State.KEPT
        _write(evidence, told)
    return evidence


def add(*, owner: User, told: Told, today: date | None = None) -> Evidence:
    """Put it in the dossier at once, without a file. Raises EvidenceRefused, and then nothing is left behind."""
    with transaction.atomic():
        return keep(evidence=begin(owner=owner), told=told, today=today)


def put_aside(*, evidence: Evidence, told: Told) -> Evidence:
    """Write down in a draft what was told, so that it stands there still when the file that it lacks has come."""
    with transaction.atomic():
        evidence = _open(evidence)
        if evidence.state == Evidence.State.DRAFT:
            _write(evidence, told)
    return evidence


def lacks_file(*, evidence: Evidence, told: Told) -> bool:
    """Whether evidence of this kind needs a file that is not there yet."""
    return told.kind.needs_file and not (evidence.pk and evidence.documents.exists())


def points_for(told: Told) -> Decimal | None:
    """What it is worth before any maximum: stated, counted from the hours, fixed, or nothing for work."""
    form = told.kind.form
    if form == Form.ACCREDITED:
        return told.points
    if form == Form.ONCE:
        return told.kind.fixed_points
    if form == Form.HOURS and told.hours is not None:
        return (told.hours * told.kind.points_per_hour).quantize(CENT, rounding=ROUND_HALF_UP)
    return None


def add_document(*, evidence: Evidence, checked: CheckedFile) -> EvidenceDocument:
    """Add a file as proof. The same file again is the same document."""
    with transaction.atomic():
        evidence = _open(evidence)
        if evidence.documents.count() >= MOST_DOCUMENTS:
            raise EvidenceRefused(
                _("Bij één bewijs passen %(most)s bestanden. Haal er een weg of voeg ze samen.") % {"most": MOST_DOCUMENTS}
            )
        return _attach(evidence, checked)


def remove_document(*, document: EvidenceDocument) -> None:
    """Take a file away; its bytes go too when nothing else uses them."""
    with transaction.atomic():
        evidence = _open(document.evidence)
        kind = evidence.kind
        if evidence.state == Evidence.State.KEPT and kind and kind.needs_file and evidence.documents.count() == 1:
            raise EvidenceRefused(_("Bij deze soort hoort een bewijsstuk. Voeg eerst het nieuwe bestand toe en haal dan dit weg."))
        file = document.file
        EvidenceDocument.objects.filter(pk=document.pk).delete()
        files.let_go([file])


def withdraw(*, evidence: Evidence, because: str = "") -> Evidence:
    """Let it count no more. It stays to be seen by its owner, who may put it back."""
    with transaction.atomic():
        evidence = _open(evidence)
        if evidence.state != Evidence.State.KEPT:
            raise EvidenceRefused(_("Dit bewijs staat niet in je dossier; er valt niets in te trekken."))
        evidence.state, evidence.withdrawn_at, evidence.withdrawn_because = Evidence.State.WITHDRAWN, timezone.now(), because.strip()[:300]
        evidence.save(update_fields=["state", "withdrawn_at", "withdrawn_because", "changed_at"])
    return evidence


def put_back(*, evidence: Evidence) -> Evidence:
    """Undo a withdrawal."""
    with transaction.atomic():
        evidence = _open(evidence)
        if evidence.state == Evidence.State.WITHDRAWN:
            evidence.state, evidence.withdrawn_at, evidence.withdrawn_because = Evidence.State.KEPT, None, ""
            evidence.save(update_fields=["state", "withdrawn_at", "withdrawn_because", "changed_at"])
    return evidence


def discard(*, evidence: Evidence) -> None:
    """Throw away for good what does not count: a draft, or what was withdrawn. Evidence that an application ever used stays as its trace."""
    with transaction.atomic():
        evidence = _open(evidence)
        if evidence.state == Evidence.State.KEPT:
            raise EvidenceRefused(_("Dit bewijs staat in je dossier. Trek het eerst in; daarna kun je het weggooien."))
        if evidence.applications.exists():
            raise EvidenceRefused(
                _("Dit bewijs hoorde bij een aanvraag die je terugnam. Het blijft daarom ingetrokken in je dossier staan.")
            )
        kept = [document.file for document in evidence.documents.select_related("file")]
        evidence.delete()
        files.let_go(kept)


def discard_old_drafts() -> int:
    """Drafts that nobody touched for three months. Answers how many."""
    old = Evidence.objects.filter(state=Evidence.State.DRAFT, changed_at__lt=timezone.now() - KEEP_DRAFTS)
    gone = 0
    for evidence in old.order_by("pk")[:500]:
        discard(evidence=evidence)
        gone += 1
    return gone


def lock_of(evidence: Evidence) -> Application | None:
    """The application that holds it, or None when it may be changed."""
    found: Application | None = evidence.applications.filter(withdrawn_at=None).select_related("register").first()
    return found


def kinds_for(person: User) -> Any:
    """The kinds that this person may choose from: those of the registers they are in."""
    mine = EvidenceKind.objects.filter(active=True, register__entries__user=person)
    return mine.select_related("register", "category").order_by("register__name", "order", "name")


def _open(evidence: Evidence) -> Evidence:
    """The row under a lock, when it may be changed."""
    locked = Evidence.objects.select_for_update(of=("self",)).select_related("kind").get(pk=evidence.pk)
    application = lock_of(locked)
    if application:
        raise EvidenceRefused(
            _("Dit bewijs hoort bij je aanvraag voor %(register)s en staat vast. Neem eerst de aanvraag terug.")
            % {"register": application.register.name}
        )
    return locked


def _write(evidence: Evidence, told: Told) -> None:
    for name in ("kind", "title", "provider", "started_on", "done_on", "starts_at", "ends_at", "hours", "id_number", "description"):
        setattr(evidence, name, getattr(told, name))
    evidence.points = points_for(told)
    evidence.save()
    evidence.competencies.set(told.competencies)


def _attach(evidence: Evidence, checked: CheckedFile) -> EvidenceDocument:
    file: EvidenceFile = files.keep(checked, owner=evidence.owner)
    document, _made = EvidenceDocument.objects.get_or_create(evidence=evidence, file=file, defaults={"name": checked.name})
    return document


def problems(told: Told, *, today: date | None = None) -> Iterator[EvidenceRefused]:
    """All that stands in the way of keeping this as it was told, but for a file: so that whoever fills it in reads all of it at once."""
    form = told.kind.form
    if not told.title.strip():
        yield EvidenceRefused(_("Schrijf op wat je deed."), field="title")
    yield from _problems_of_days(told, today=today or timezone.localdate())
    if told.hours is not None and told.hours <= 0:
        yield EvidenceRefused(_("Vul het aantal uren in, meer dan nul."), field="hours")
    if form == Form.HOURS and told.hours is None:
        yield EvidenceRefused(_("Vul in hoeveel uren het waren: daaruit volgen de punten."), field="hours")
    if form == Form.WORK and told.hours is None:
        yield EvidenceRefused(_("Vul in hoeveel uren je in deze periode werkte."), field="hours")
    days = (told.done_on - (told.started_on or told.done_on)).days + 1
    if told.hours is not None and told.hours > 24 * days > 0:
        text = ngettext(
            "Dat past niet: %(hours)s uur op één dag. Vul bij een langere activiteit ook de eerste dag in.",
            "Dat past niet: %(hours)s uur in %(days)s dagen.",
            days,
        )
        yield EvidenceRefused(text % {"hours": plain(told.hours), "days": localize(days)}, field="hours")
    yield from _problems_of_times(told)
    yield from _problems_of_points(told)
    most = told.kind.most_competencies
    if most is not None and len(told.competencies) > most:
        yield EvidenceRefused(
            _("Kies hoogstens %(most)s CanMEDS-gebieden: de gebieden waar het vooral over ging.") % {"most": most}, field="competencies"
        )


def _problems_of_times(told: Told) -> Iterator[EvidenceRefused]:
    """On one day no more hours fit than lie between its begin and its end."""
    if told.starts_at and told.ends_at and told.hours is not None and told.started_on in (None, told.done_on):
        minutes = (told.ends_at.hour - told.starts_at.hour) * 60 + told.ends_at.minute - told.starts_at.minute
        if 0 < minutes < told.hours * 60:
            text = _("Dat past niet: van %(begin)s tot %(end)s is geen %(hours)s uur. Kijk de tijden en de uren na.")
            names = {"begin": f"{told.starts_at:%H:%M}", "end": f"{told.ends_at:%H:%M}", "hours": plain(told.hours)}
            yield EvidenceRefused(text % names, field="hours")


def _problems_of_points(told: Told) -> Iterator[EvidenceRefused]:
    form = told.kind.form
    if form == Form.ACCREDITED and told.points is None:
        yield EvidenceRefused(_("Neem over hoeveel punten op het bewijs staan."), field="points")
    if form != Form.ACCREDITED and told.points is not None:
        why = {
            Form.HOURS: _("Bij deze soort volgen de punten uit de uren. Maak dit veld leeg."),
            Form.ONCE: _("Bij deze soort ligt het aantal punten vast. Maak dit veld leeg."),
            Form.WORK: _("Werkuren geven geen punten. Maak dit veld leeg."),
        }
        yield EvidenceRefused(why[Form(form)], field="points")
        return
    points, most = points_for(told), most_points(told.kind)
    if points is not None and most is not None and points > most:
        names = {"points": plain(points), "most": plain(most), "register": told.kind.register.name}
        text = _("%(points)s kan niet: %(register)s vraagt in een hele periode %(most)s. Kijk na wat op het bewijs staat.")
        if form == Form.HOURS:
            text = _("Dat geeft %(points)s punten. %(register)s vraagt in een hele periode %(most)s. Kijk de uren na.")
        yield EvidenceRefused(text % names, field="hours" if form == Form.HOURS else "points")


def most_points(kind: EvidenceKind) -> Decimal | None:
    """More than this no piece of evidence can be worth: the most that any rule of the register asks over a whole period."""
    most: Decimal | None = RegisterRule.objects.filter(register=kind.register_id, total__gt=0).aggregate(most=Max("total"))["most"]
    return most


def plain(amount: Decimal) -> str:
    """An amount as people write it: 6,5 and not 6.50."""
    return localize(Decimal(f"{amount.normalize():f}"))


def _problems_of_days(told: Told, *, today: date) -> Iterator[EvidenceRefused]:
    if told.done_on > today:
        yield EvidenceRefused(_("Deze dag moet nog komen. Voeg het bewijs toe als het zover is."), field="done_on")
    if told.done_on < EARLIEST or (told.started_on and told.started_on < EARLIEST):
        yield EvidenceRefused(_("Kijk de datum na: dit is langer geleden dan een register teruggaat."), field="done_on")
    if told.started_on and told.started_on > told.done_on:
        yield EvidenceRefused(_("De eerste dag ligt na de laatste. Kijk beide na."), field="started_on")
    if told.kind.form == Form.WORK and told.started_on is None:
        yield EvidenceRefused(_("Vul in vanaf welke dag je deze uren werkte."), field="started_on")
    if (told.starts_at is None) != (told.ends_at is None):
        yield EvidenceRefused(_("Vul de begintijd en de eindtijd allebei in, of geen van beide."), field="ends_at")
    if told.starts_at and told.ends_at and told.ends_at <= told.starts_at:
        yield EvidenceRefused(_("De eindtijd ligt voor de begintijd. Kijk beide na."), field="ends_at")


def owned(person: User) -> Iterable[Evidence]:
    """All of this person's own evidence, newest first, with what a list shows of it."""
    return (
        Evidence.objects.filter(owner=person)
        .select_related("kind__register", "kind__category")
        .prefetch_related("documents", "applications")
    )
