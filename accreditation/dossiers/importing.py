"""Take over a dossier of another installation: checked first, shown, and only then brought in as evidence of one's own.

Nothing becomes a point of ours: what was an award there is here somebody's evidence, with its provenance. Each thing comes in once, however
often the same dossier or a newer one is handed in, and also when it began here and comes home; killed half-way it goes on where it was,
because every piece is found again by its key.
What has no kind here, or lacks something that the kind asks, comes in as a draft for its owner to finish.
"""

import hashlib
import logging
import uuid
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import IO, Any

from django.core.files.base import ContentFile, File
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks import task

from accounts import audit
from accounts.models import RegisterEntry, User
from accreditation.dossiers import checking
from accreditation.dossiers.checking import BROKEN, NotADossier, Report
from accreditation.dossiers.signing import Trust
from accreditation.evidence import files, keeping
from accreditation.evidence.files import FileRefused
from accreditation.evidence.keeping import EvidenceRefused, Told
from accreditation.models import Certificate, DossierIntake, Evidence, EvidenceKind
from competencies.models import Competency
from courses.h5p.archive import problem_of_entry

logger = logging.getLogger(__name__)

MOST_ITEMS = 3000
KEEP_UNANSWERED = timedelta(days=1)
UNDONE = ("undone", "undoes")


class ImportRefused(Exception):
    """The message tells the person what to do. `report` names the files when a check failed."""

    def __init__(self, message: str, report: Report | None = None) -> None:
        super().__init__(message)
        self.report = report


class Becomes(StrEnum):
    """What taking over does with one thing."""

    THERE = "there"  # it stands here already, and is left as it is
    KEPT = "kept"
    DRAFT = "draft"  # for its owner to finish


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that may come in; `key` is the same each time it is handed in, `origin` the key it had before it was taken over there."""

    key: str
    title: str
    provider: str = ""
    done_on: str = ""
    started_on: str = ""
    hours: str = ""
    points: str = ""
    id_number: str = ""
    description: str = ""
    register: str = ""
    kind: str = ""
    category: str = ""
    competencies: list[str] = field(default_factory=list)
    documents: list[list[str]] = field(default_factory=list)  # the name for people, and the path in the ZIP
    hashes: list[str] = field(default_factory=list)  # SHA-256 of each document
    origin: str = ""


def hand_in(*, owner: User, source: File) -> DossierIntake:
    """Check a dossier and keep it for a day, until its owner says that it may come in. Raises ImportRefused; changes nothing else."""
    try:
        report = checking.check(source)
        if not report.intact:
            raise ImportRefused(_("Dit dossier is veranderd of niet goed ondertekend. Er is niets overgenomen."), report)
        with checking.opened(source) as archive:
            told = checking.read_dossier(archive)
    except NotADossier as error:
        raise ImportRefused(_("Dit is geen dossier van Vakwijs dat we kunnen lezen. Er is niets overgenomen.")) from error
    items = list(items_in(told, ours=report.signed.trust == Trust.OURS))
    person = told.get("person") if isinstance(told.get("person"), dict) else {}
    source.seek(0)
    digest = hashlib.file_digest(source, "sha256").hexdigest()
    source.seek(0)
    intake = DossierIntake(
        owner=owner,
        sha256=digest,
        report={
            "installation": report.installation,
            "issuer": report.issuer,
            "made_at": report.made_at.isoformat() if report.made_at else "",
            "trust": report.signed.trust.value,
            "by": report.signed.by,
            "key_id": report.signed.key_id,
            "name": _text(person.get("name"), 200),  # type: ignore[union-attr]
            "person": _text(person.get("key"), 60),  # type: ignore[union-attr]
            "items": [asdict(item) for item in items[:MOST_ITEMS]],
        },
    )
    intake.file.save(f"dossiers/intake/{uuid.uuid4().hex}.zip", source, save=False)
    intake.save()
    return intake


def items_in(told: dict[str, Any], *, ours: bool) -> Iterator[Item]:
    """What a dossier holds that may come in. `told` is another's word: whatever is not as it should be is left out."""
    certificates = {_text(one.get("number"), 30): one for one in _objects(told.get("certificates"))}
    for register in _objects(told.get("registers")) if not ours else ():
        code = _text((register.get("register") or {}).get("code") if isinstance(register.get("register"), dict) else "", 60)
        for row in _objects(register.get("rows")):
            if row.get("source") == "award" and row.get("reason") not in UNDONE and _amount(row.get("points")):
                yield _award(row, code, certificates)
    for one in _objects(told.get("evidence")):
        if one.get("state") == "kept":
            kind = one.get("kind") if isinstance(one.get("kind"), dict) else {}
            provenance = one.get("provenance") if isinstance(one.get("provenance"), dict) else {}
            documents = list(_objects(one.get("documents")))[: keeping.MOST_DOCUMENTS]
            yield Item(
                key=f"evidence:{_text(one.get('uuid'), 40)}",
                title=_text(one.get("title"), 200),
                provider=_text(one.get("provider"), 200),
                done_on=_day(one.get("date")),
                started_on=_day(one.get("started_on")),
                hours=_amount(one.get("hours")),
                points=_amount(one.get("points")),
                id_number=_text(one.get("id_number"), 40),
                description=_text(one.get("description"), 5000),
                register=_text(one.get("register"), 60),
                kind=_text(kind.get("code"), 60),  # type: ignore[union-attr]
                competencies=[_text(c.get("code"), 100) for c in _objects(one.get("competencies"))][:20],
                documents=[[_text(d.get("name"), 150), _text(d.get("file"), 200)] for d in documents],
                hashes=[_text(d.get("sha256"), 64) for d in documents],
                origin=_text(provenance.get("row"), 60),  # type: ignore[union-attr]
            )


def preview(intake: DossierIntake) -> list[dict[str, Any]]:
    """Each item with what becomes of it when it is taken over now."""
    place = _Place(intake)
    return [{"item": item, "kind": place.kind_of(item), "becomes": place.becomes(item)} for item in place.items]


def accept(intake: DossierIntake) -> None:
    """Its owner says yes: a worker brings it in."""
    with transaction.atomic():
        locked = DossierIntake.objects.select_for_update().get(pk=intake.pk)
        if locked.taken_at or "accepted_at" in locked.report:
            return
        locked.report["accepted_at"] = timezone.now().isoformat()
        locked.save(update_fields=["report"])
        audit.record("dossier-taken-over", actor=locked.owner, dossier_owner=locked.owner, subject=locked.report["installation"])
        transaction.on_commit(lambda: take.enqueue(locked.pk), robust=True)


@task()
def take(intake_id: int) -> None:
    """The worker's part."""
    take_now(intake_id)


def take_accepted() -> int:
    """Go on with what a crash left half, and forget what was not answered within a day. Answers how many were brought in."""
    forget_old()
    waiting = DossierIntake.objects.filter(
        taken_at=None, report__has_key="accepted_at", created_at__lt=timezone.now() - timedelta(minutes=1)
    )
    return sum(take_now(pk) for pk in list(waiting.values_list("pk", flat=True)))


def forget_old() -> int:
    """Delete what was handed in and not answered."""
    old = list(
        DossierIntake.objects.filter(taken_at=None, created_at__lt=timezone.now() - KEEP_UNANSWERED).exclude(report__has_key="accepted_at")
    )
    for intake in old:
        _let_file_go(intake)
        intake.delete()
    return len(old)


def take_now(intake_id: int) -> bool:
    """Bring in every item that is not there yet; answers whether that was finished now. Twice at once, each item still comes in once."""
    intake = DossierIntake.objects.select_related("owner").filter(pk=intake_id, taken_at=None).first()
    if intake is None or "accepted_at" not in intake.report:
        return False
    place = _Place(intake)
    with intake.file.storage.open(str(intake.file.name), "rb") as source, checking.opened(source) as archive:
        for number, item in enumerate(place.items, start=1):
            _bring_in(place, item, archive)
            DossierIntake.objects.filter(pk=intake.pk).update(taken=number)
    done = DossierIntake.objects.filter(pk=intake.pk, taken_at=None).update(taken_at=timezone.now())
    if done:
        _let_file_go(intake)
    return bool(done)


class _Place:
    """Where items of this intake may go: the kinds of the registers in which its owner stands."""

    def __init__(self, intake: DossierIntake) -> None:
        self.intake, self.owner = intake, intake.owner
        self.items = [Item(**item) for item in intake.report["items"]]
        registers = RegisterEntry.objects.filter(user=intake.owner).values("register")
        kinds = list(
            EvidenceKind.objects.filter(active=True, register__in=registers).select_related("register", "category").order_by("order")
        )
        self.by_code = {(kind.register.code, kind.code): kind for kind in kinds}
        self.by_category = {
            (kind.register.code, kind.category.code): kind
            for kind in reversed(kinds)
            if kind.category and kind.form == EvidenceKind.Form.ACCREDITED
        }
        named = {code for item in self.items for code in item.competencies}
        self.competencies = {competency.code: competency for competency in Competency.objects.filter(code__in=named)}
        self._look_at_what_is_here()

    def key(self, item: Item) -> str:
        """What tells this item apart from every other in the world."""
        whole = f"{self.intake.report['installation']}|{self.intake.report['person']}|{item.key}"
        return whole if len(whole) <= 200 else hashlib.sha256(whole.encode()).hexdigest()

    def becomes(self, item: Item) -> Becomes:
        """What taking over does with it."""
        told = self.told(item)
        if self.key(item) in self.taken or self._is_here(item, told):
            return Becomes.THERE
        whole = told and not any(keeping.problems(told)) and (item.documents or not told.kind.needs_file)
        return Becomes.KEPT if whole else Becomes.DRAFT

    def told(self, item: Item) -> Told | None:
        """The item as evidence of the kind that it has here; None when it has none, or no title or day."""
        kind = self.kind_of(item)
        if kind is None or not item.done_on or not item.title:
            return None
        return _told(item, kind, [self.competencies[code] for code in item.competencies if code in self.competencies])

    def _look_at_what_is_here(self) -> None:
        """Their evidence here by key, by origin and by content. Of this very dossier by key alone: two that look alike are two there as well."""
        keys = {self.key(item) for item in self.items}
        mine = list(Evidence.objects.filter(owner=self.owner).select_related("kind").prefetch_related("documents__file"))
        self.taken = {one.provenance_key for one in mine} & keys
        self.origins = {f"evidence:{one.uuid}" for one in mine} | {
            row for one in mine if (row := str(one.provenance.get("row", ""))).startswith("evidence:")
        }
        self.contents = [
            (_content(one, one.points), {document.file.sha256 for document in one.documents.all()})
            for one in mine
            if one.kind and one.provenance_key not in keys
        ]
        self.certificates = set(Certificate.objects.filter(learner=self.owner).exclude(sha256="").values_list("sha256", flat=True))

    def _is_here(self, item: Item, told: Told | None) -> bool:
        """Whether it began here or came in by another way, proves nothing but a certificate of ours, or says the same with no other file."""
        hashes = set(item.hashes)
        if {item.key, item.origin} & self.origins or (hashes and hashes <= self.certificates):
            return True
        content = _content(told, keeping.points_for(told)) if told else None
        return any(content == other and hashes <= files for other, files in self.contents)

    def kind_of(self, item: Item) -> EvidenceKind | None:
        return self.by_code.get((item.register, item.kind)) or self.by_category.get((item.register, item.category))

    @property
    def provenance(self) -> dict[str, Any]:
        report = self.intake.report
        return {
            **{name: report[name] for name in ("installation", "issuer", "made_at", "key_id", "name")},
            "known": report["trust"] in (Trust.OURS, Trust.TRUSTED),
        }


def _bring_in(place: _Place, item: Item, archive: zipfile.ZipFile) -> None:
    becomes = place.becomes(item)
    if becomes == Becomes.THERE:
        return
    try:
        with transaction.atomic():
            evidence = Evidence.objects.create(
                owner=place.owner,
                provenance_key=place.key(item),
                provenance={**place.provenance, "row": item.key},
                suggestions=_suggested(item),
            )
            for name, path in item.documents:
                _add_file(evidence, archive, name, path)
            if becomes == Becomes.KEPT and (told := place.told(item)):
                _keep(evidence, told)
    except IntegrityError:  # another worker brought it in at this moment
        logger.info("An item of a dossier came in twice at once; it is there once")


def _keep(evidence: Evidence, told: Told) -> None:
    try:
        with transaction.atomic():
            keeping.keep(evidence=evidence, told=told)
    except EvidenceRefused:
        return  # a file could not come along: it stays a draft, in which its owner reads what is missing


def _told(item: Item, kind: EvidenceKind, competencies: Sequence[Competency] = ()) -> Told:
    return Told(
        kind=kind,
        title=item.title,
        provider=item.provider,
        done_on=date.fromisoformat(item.done_on),
        started_on=date.fromisoformat(item.started_on) if item.started_on else None,
        hours=Decimal(item.hours) if item.hours else None,
        points=Decimal(item.points) if item.points and kind.form == EvidenceKind.Form.ACCREDITED else None,
        id_number=item.id_number,
        description=item.description,
        competencies=competencies,
    )


def _content(said: Evidence | Told, points: Decimal | None) -> tuple[object, ...]:
    """What makes two pieces of evidence the same thing, besides their files."""
    words = tuple(" ".join(text.split()).casefold() for text in (said.title, said.provider, said.id_number))
    return (said.kind and said.kind.pk, said.started_on or said.done_on, said.done_on, said.hours, points, *words)


def _add_file(evidence: Evidence, archive: zipfile.ZipFile, name: str, path: str) -> None:
    try:
        entry = archive.getinfo(path)
        if problem_of_entry(entry, checking.limits()):
            return
        with archive.open(entry) as content:
            checked = files.check(ContentFile(_bounded(content), name=name or "bewijsstuk"), owner=evidence.owner)
        keeping.add_document(evidence=evidence, checked=checked)
    except (KeyError, FileRefused, EvidenceRefused, *BROKEN):
        logger.info("A file of a dossier was not taken over")


def _bounded(content: IO[bytes]) -> bytes:
    return content.read(checking.limits().file_bytes + 1)


def _suggested(item: Item) -> dict[str, Any]:
    """What a draft suggests to its owner, as if it had been read in a file."""
    names = ("title", "provider", "done_on", "points", "hours", "id_number")
    return {**{name: getattr(item, name) for name in names if getattr(item, name)}, "found_in": "dossier"}


def _award(row: dict[str, Any], code: str, certificates: dict[str, dict[str, Any]]) -> Item:
    number = _text(row.get("certificate"), 30)
    certificate = certificates.get(number, {})
    path = _text(certificate.get("file"), 200)
    return Item(
        key=f"award:{_text(str(row.get('key')), 30)}",
        title=_text(row.get("title"), 200),
        provider=_text(certificate.get("provider"), 200),
        done_on=_day(row.get("date")),
        points=_amount(row.get("points")),
        id_number=_text(row.get("id_number"), 40),
        register=code,
        category=_text(row.get("category"), 60),
        documents=[[f"{number}.pdf", path]] if path else [],
    )


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        yield from (one for one in value[:MOST_ITEMS] if isinstance(one, dict))


def _text(value: Any, longest: int) -> str:
    """One text, without characters that steer a terminal or a database, and not endless."""
    if not isinstance(value, str):
        return ""
    return "".join(character for character in value if character.isprintable() or character == "\n").strip()[:longest]


def _day(value: Any) -> str:
    try:
        return date.fromisoformat(value).isoformat() if isinstance(value, str) else ""
    except ValueError:
        return ""


def _amount(value: Any) -> str:
    """A decimal text above nought that fits its column, or ""."""
    try:
        amount = Decimal(value) if isinstance(value, str) and len(value) < 12 else Decimal(0)
    except InvalidOperation:
        return ""
    return f"{amount.quantize(Decimal('0.01')).normalize():f}" if amount.is_finite() and 0 < amount < 9999 else ""


def _let_file_go(intake: DossierIntake) -> None:
    intake.file.storage.delete(str(intake.file.name))
