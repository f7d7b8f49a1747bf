"""Erasing a person from the record, irreversibly: looked at first, then done in steps that can be stopped and taken up anywhere.

What is replaced, what is deleted, what stays and why: docs/decisions, "Erasure and a record that does not change".

A step is a function that does a bounded piece of work within one transaction, together with how far it got. Whatever happens between
two pieces, the next run goes on from there; a piece that is done twice changes nothing the second time.
"""

import json
import logging
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import IO, Any

from django.apps import apps
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _, gettext_lazy
from django_tasks import task

from accounts import audit
from accounts.models import User
from accounts.permissions import Action, acting_for
from lrs import forwarding, holds, launch, projections, references
from lrs.actors import actor_key, actor_of
from lrs.attachments import attachments_of, let_go
from lrs.digests import digest
from lrs.documents import etag_of
from lrs.models import (
    AccessExport,
    ActivityVersion,
    Attachment,
    ErasedMark,
    Erasure,
    ErasureAlias,
    ErasureRequest,
    Import,
    ImportedStatement,
    ImportProblem,
    Launch,
    LearnerLock,
    Mention,
    OriginalAuthority,
    PendingProjection,
    PrivacyCase,
    ProfileDocument,
    StateDocument,
    Statement,
)
from lrs.queries import settled_through
from lrs.redaction import Found, Matches, Replacement, erased, erased_json, erased_text, find, has_trace
from lrs.rows import mentions_of, written
from lrs.subjects import Subject, all_marks_of, marks_of, subject_from, subject_of, subject_outside
from lrs.validation import agents_of

logger = logging.getLogger(__name__)

BATCH = 200  # statements rewritten in one transaction
WINDOW = 2000  # rows searched in one transaction
# How long after the link was cut a request may still write under the old pseudonym: a page that was open, a task that waited.
GRACE = timedelta(minutes=15)
MARKS = "lrs/erased"


HELD = gettext_lazy("Er rust een bewaarplicht op deze gegevens. Hef die eerst op, of wacht tot zij afloopt. Er is niets gewist.")


class ErasureRefused(Exception):
    """The records cannot be erased now; the message tells why, and what to do."""


@dataclass(frozen=True)
class Standing:
    """What a room keeps of this person whatever is erased here, in a sentence with its ground; `duty` when it has to be kept as yet."""

    text: str
    duty: bool = False


@dataclass(frozen=True)
class Preview:
    """What an erasure would do."""

    counts: dict[str, int]
    stays: list[Standing]
    elsewhere: list[dict[str, Any]]
    holds: list[Any]

    @property
    def nothing(self) -> bool:
        return not any(self.counts.values())

    @property
    def duties(self) -> list[Standing]:
        return [standing for standing in self.stays if standing.duty]


# --- Looking first ------------------------------------------------------------------------------------------------------


def preview(subject: Subject, *, person: User | None) -> Preview:
    """What would be erased, counted by kind; what stays and why; and what stands in the way. Changes nothing."""
    mine = Statement.objects.filter(actor_digest__in=subject.digests)
    counts = {
        "actor": mine.count(),
        "named": Mention.objects.filter(key__in=subject.mentions).values("statement").distinct().count(),
        "files": mine.filter(exact__contains='"sha2"').count(),
        "states": _states_of(subject).count(),
        "profiles": _profiles_of(subject).count(),
        "waiting": _waiting_of(subject).count(),
        "exports": len(_exports_of(subject, person)),
    }
    return Preview(counts=counts, stays=list(_stays(subject)), elsewhere=_elsewhere(subject), holds=holds.over(subject, person=person))


def _stays(subject: Subject) -> Iterator[Standing]:
    learner = subject.learner
    for path in settings.LRS_ERASURE_STANDING if learner else ():
        yield from import_string(path)(learner)


def _elsewhere(subject: Subject) -> list[dict[str, Any]]:
    """The other stores to which something of this person was forwarded."""
    counts: dict[str, int] = {}
    for key in subject.keys:
        for reached in forwarding.would_forget(actor_key=key):
            counts[str(reached.target)] = counts.get(str(reached.target), 0) + reached.statements + reached.named_in
    return [{"name": name, "count": count} for name, count in counts.items()]


# --- Beginning ----------------------------------------------------------------------------------------------------------


def begin(*, subject: Subject, person: User | None, by: User | None, reason: str, overruled: str = "") -> Erasure:
    """Order the erasure; a worker does it. Raises ErasureRefused: for a legal hold always, for a duty to keep unless it is overruled.

    `overruled` is why it is done all the same, though points or certificates still rest on these records.
    """
    if not reason.strip():
        raise ErasureRefused(_("Schrijf op waarom deze gegevens worden gewist."))
    seen = preview(subject, person=person)
    if seen.holds:
        raise ErasureRefused(HELD)
    if seen.duties and not overruled.strip():
        raise ErasureRefused(
            _("Deze gegevens moeten nog bewaard blijven: %(why)s Er is niets gewist.")
            % {"why": " ".join(str(duty.text) for duty in seen.duties)}
        )
    with transaction.atomic():
        if person is not None:
            User.objects.select_for_update().get(pk=person.pk)
            if holds.over(subject, person=person):  # placed since we looked; from here on `holds.place` waits for us
                raise ErasureRefused(HELD)
        marks = marks_of(subject)
        if ErasedMark.objects.filter(mark__in=marks, erasure__finished_at=None).exists():
            raise ErasureRefused(_("Deze gegevens worden al gewist. Kijk bij de verslagen hoever het is."))
        erasure = Erasure.objects.create(
            person=person,
            of_learner=subject.learner is not None,
            subject=subject.kept(),
            asked_by=by,
            reason=reason.strip(),
            overruled=overruled.strip(),
            stays=[str(standing.text) for standing in seen.stays],
        )
        ErasedMark.objects.bulk_create(ErasedMark(erasure=erasure, mark=mark) for mark in sorted(marks))
        audit.record(
            "records_erasure_ordered",
            actor=by,
            dossier_owner=person,
            on_behalf_of=acting_for(by, Action.MANAGE_PRIVACY, about=person),
            subject=str(erasure.uuid),
        )
        transaction.on_commit(lambda: erase.enqueue(erasure.pk), robust=True)
    return erasure


@task(queue_name="lrs")
def erase(erasure_id: int) -> None:
    """The worker's part."""
    run(erasure_id)


def go_on() -> int:
    """Take up every erasure that is not done: after a crash, or because its time of waiting is over. Answers how many were finished."""
    waiting = list(Erasure.objects.filter(finished_at=None).order_by("pk").values_list("pk", flat=True))
    return sum(run(pk) for pk in waiting)


def run(erasure_id: int) -> bool:
    """Bring an erasure as far as it can go now; answers whether it was finished. Several at once do each piece one after another."""
    try:
        while (outcome := _advance(erasure_id)) == "more":
            pass
    except Exception as error:
        logger.exception("Erasure %s stopped", erasure_id)
        # Not the message: it could hold what is being erased.
        Erasure.objects.filter(pk=erasure_id).update(problem=type(error).__name__, touched_at=timezone.now())
        raise
    if outcome == "finished":
        _scrub()
    return outcome == "finished"


def _advance(erasure_id: int) -> str:
    with transaction.atomic():
        _overwrite_what_is_deleted()
        erasure = Erasure.objects.select_for_update(of=("self",)).get(pk=erasure_id)
        if erasure.state == Erasure.State.DONE:
            return "was done"
        names = list(STEPS)
        erasure.step = erasure.step or names[0]
        outcome = STEPS[erasure.step](_Work(erasure))
        if outcome == "step done":
            place = names.index(erasure.step) + 1
            erasure.cursor = 0
            if place == len(names):
                erasure.state, erasure.step, erasure.finished_at = Erasure.State.DONE, "", timezone.now()
                outcome = "finished"
            else:
                erasure.step, erasure.state, outcome = names[place], Erasure.State.RUNNING, "more"
        erasure.touched_at, erasure.problem = timezone.now(), ""
        erasure.save()
        return outcome


# --- The steps ----------------------------------------------------------------------------------------------------------


@dataclass
class _Work:
    """An erasure in hand, with by whom it is about."""

    erasure: Erasure
    subject: Subject = field(init=False)
    matches: Matches = field(init=False)

    def __post_init__(self) -> None:
        self.subject = subject_from(self.erasure.subject)
        self.matches = self.subject.matches

    def count(self, kind: str, more: int = 1) -> None:
        if more:
            self.erasure.counts[kind] = self.erasure.counts.get(kind, 0) + more

    def replacement(self, registration: uuid.UUID | None) -> Replacement:
        """One name per registration, so that what someone did in one course can still be studied; elsewhere one per statement."""
        if registration is None:
            return Replacement(name=uuid.uuid4())
        alias, _made = ErasureAlias.objects.get_or_create(erasure=self.erasure, registration=registration)
        return Replacement(name=alias.name, registration=alias.new_registration)


def _forget_copies(work: _Work) -> None:
    """Take the person back from the stores to which they were forwarded. Before their statements here change, in one transaction with that:
    which ones went where is known by what they still say.
    """
    for reached in forwarding.forget(actor_keys=work.subject.keys):
        work.erasure.elsewhere.append(
            {
                "name": str(reached.target),
                "count": reached.statements + reached.named_in,
                "voids": reached.voids,
                "href": reverse("forwarding:erasure", args=[reached.target.pk, reached.task.uuid]) if reached.task else "",
            }
        )


def _cut(work: _Work) -> str:
    """The account gets another pseudonym, and what the rooms derived or linked by the old one goes, in one transaction.

    From here on nobody can tell whose the statements are but this erasure itself.
    """
    learner = work.subject.learner
    person = work.erasure.person
    if learner is None or person is None:
        return "step done"
    projections.lock_learner(str(learner))
    projections.clear(learner)
    for path in settings.LRS_ERASURE_FORGET:
        for kind, count in import_string(path)(learner).items():
            work.count(kind, count)
    work.count("waiting", _waiting_of(work.subject).delete()[0])
    launch.end_of(learner)
    Launch.objects.filter(learner=learner).delete()
    User.objects.filter(pk=person.pk, pseudonym=learner).update(pseudonym=uuid.uuid4())
    return "step done"


def _statements(work: _Work) -> str:
    """Those that the indexes know: with this person as the actor, as the object, or named in any other place."""
    after = work.erasure.cursor
    found: set[int] = set()
    for actor in work.subject.digests:
        rows = Statement.objects.filter(actor_digest=actor, sequence__gt=after).order_by("sequence")
        found.update(rows.values_list("sequence", flat=True)[:BATCH])
    for key in work.subject.mentions:
        mentions = Mention.objects.filter(key=key, statement_id__gt=after).order_by("statement_id")
        found.update(mentions.values_list("statement_id", flat=True)[:BATCH])
    batch = sorted(found)[:BATCH]
    if not batch:
        return "step done"
    _forget_copies(work)
    _rewrite(work, Statement.objects.filter(sequence__in=batch))
    work.erasure.cursor = batch[-1]
    return "more"


def _documents(work: _Work) -> str:
    """States and profiles of the person are deleted: nobody else has any use for them."""
    work.count("states", _states_of(work.subject).delete()[0])
    work.count("profiles", _profiles_of(work.subject).delete()[0])
    return "step done"


def _search_statements(work: _Work) -> str:
    """Every statement, for what no index knows: an address in a text, an agent inside an extension."""
    after, settled = work.erasure.cursor, settled_through()
    window = Statement.objects.filter(sequence__gt=after).order_by("sequence")
    last = window.values_list("sequence", flat=True)[WINDOW - 1 : WINDOW].first()
    until = last if last is not None else window.values_list("sequence", flat=True).last()
    if until is None:
        return "step done"
    _rewrite(work, Statement.objects.filter(_may_name(work.subject, "exact"), sequence__gt=after, sequence__lte=until))
    work.erasure.cursor = until
    # Not beyond what is settled: a statement with a lower number may still be on its way in.
    work.erasure.until = max(work.erasure.until, min(until, settled))
    return "more" if last is not None else "step done"


def _search_definitions(work: _Work) -> str:
    """What was learnt of activities, such as a title with an address in it."""

    def change(row: ActivityVersion) -> None:
        definition = json.loads(row.definition)
        changed = erased_json(definition, matches=work.matches, replacement=Replacement(name=uuid.uuid4()))
        if changed == definition and not has_trace(row.activity, matches=work.matches):
            return
        # Merged from all rows when it is read: one row less changes nothing but these words.
        row.delete()
        work.count("definitions")

    return _walk(work, ActivityVersion.objects.all(), change)


def _search_states(work: _Work) -> str:
    return _walk(work, StateDocument.objects.all(), lambda row: _rewrite_document(work, row, names=("activity", "state_id")))


def _search_profiles(work: _Work) -> str:
    return _walk(work, ProfileDocument.objects.all(), lambda row: _rewrite_document(work, row, names=("subject", "profile_id")))


def _forget_imports(work: _Work) -> str:
    """What stayed behind when statements of other stores were read in: refused ones with their text, who vouched for them there, files."""
    named = _may_name(work.subject, "text") | _may_name(work.subject, "reason")
    # A line too many does no harm: the report is only there to mend what was refused.
    work.count("refused", ImportProblem.objects.filter(named).delete()[0])
    for row in OriginalAuthority.objects.filter(_may_name(work.subject, "authority")):
        if has_trace(json.loads(row.authority), matches=work.matches):
            ImportedStatement.objects.filter(authority=row).update(authority=None)
            row.delete()
    # A file that waits to be gone on with is not searched, it is let go: whoever wants to go on can offer it again.
    for run in Import.objects.exclude(file="").filter(finished_at__isnull=False):
        work.erasure.files.append(run.file.name)
        Import.objects.filter(pk=run.pk).update(file="")
    return "step done"


def _search_import_files(work: _Work) -> str:
    """A file that is still being read in would bring the person back: its import stops, and the file goes. Who sent it still has it.

    Searched as it lies there; what is packed cannot be searched.
    """
    for row in Import.objects.exclude(file="").filter(finished_at=None).select_for_update(of=("self",)).order_by("pk"):
        with row.file.open("rb") as file:
            if not _names_in_bytes(file, work.subject):
                continue
        work.erasure.files.append(str(row.file.name))
        Import.objects.filter(pk=row.pk).update(file="", state=Import.State.STOPPED, claim=uuid.uuid4(), claimed_until=timezone.now())
        work.count("import_files")
    return "step done"


def _names_in_bytes(file: IO[bytes], subject: Subject) -> bool:
    wanted = [text.lower().encode() for text in subject.matches.texts]
    kept = b""
    while chunk := file.read(1 << 20):
        piece = kept + chunk.lower()
        if any(text in piece for text in wanted):
            return True
        kept = piece[-1024:]
    return False


def _forget_elsewhere(work: _Work) -> str:
    """What lies ready to be downloaded goes too."""
    for export in _exports_of(work.subject, work.erasure.person):
        if export.file:
            work.erasure.files.append(export.file.name)
        export.delete()
        work.count("exports")
    return "step done"


def _files(work: _Work) -> str:
    """The bytes of attachments and exports whose rows went. Apart from those: what a storage deletes, no transaction brings back."""
    storage = storages["private"]
    for name in work.erasure.files:
        if not Attachment.objects.filter(file=name).exists():
            storage.delete(name)
    work.erasure.files = []
    return "step done"


def _look_after(work: _Work) -> str:
    """Wait until nobody can be writing under the old pseudonym any more, and look once more."""
    if timezone.now() < work.erasure.asked_at + getattr(settings, "LRS_ERASURE_GRACE", GRACE):
        return "later"
    work.erasure.cursor = max(work.erasure.cursor, work.erasure.until)
    work.count("states", _states_of(work.subject).delete()[0])
    work.count("profiles", _profiles_of(work.subject).delete()[0])
    return _search_statements(work)


def _tidy(work: _Work) -> str:
    """The last that knew the person goes: names in queues and locks, open dossiers, the way from old names to new ones."""
    erasure = work.erasure
    keys = [*([str(work.subject.learner)] if work.subject.learner else []), *work.subject.keys]
    _waiting_of(work.subject).delete()
    LearnerLock.objects.filter(learner_key__in=keys).delete()
    _forget_tasks(keys)
    for case in PrivacyCase.objects.filter(person=None).iterator():
        if case.actor and set(subject_outside(case.actor).digests) & set(work.subject.digests):
            case.delete()
    PrivacyCase.objects.filter(person=erasure.person).exclude(person=None).delete()
    _keep_marks(erasure)
    person = erasure.person
    if person is not None:
        # Who wished for more than the records hears from an administrator what became of that.
        ErasureRequest.objects.filter(person=person, answered_at=None, wish="").update(
            answered_at=timezone.now(), answered_by=erasure.asked_by, outcome=ErasureRequest.Outcome.ERASED
        )
    audit.record(
        "records_erased",
        actor=erasure.asked_by,
        dossier_owner=person,
        on_behalf_of=acting_for(erasure.asked_by, Action.MANAGE_PRIVACY, about=person),
        subject=str(erasure.uuid),
        counts=erasure.counts,
    )
    erasure.aliases.all().delete()
    erasure.subject, erasure.person = {}, None
    return "step done"


STEPS: dict[str, Callable[[_Work], str]] = {
    "cut": _cut,
    "statements": _statements,
    "documents": _documents,
    "search_statements": _search_statements,
    "search_definitions": _search_definitions,
    "search_states": _search_states,
    "search_profiles": _search_profiles,
    "imports": _forget_imports,
    "import_files": _search_import_files,
    "elsewhere": _forget_elsewhere,
    "files": _files,
    "look_after": _look_after,
    "files_again": _files,
    "tidy": _tidy,
}


# --- Rewriting ----------------------------------------------------------------------------------------------------------


def _rewrite(work: _Work, statements: QuerySet[Statement]) -> None:
    """Take the person out of these statements. Their ids, their numbers and whether they are voided stay."""
    for row in statements.select_for_update(of=("self",)).order_by("sequence"):
        before = row.document
        found = find(before, matches=work.matches)
        if not found.anywhere:
            continue
        own = row.registration if found.actor else None
        after = erased(before, matches=work.matches, replacement=work.replacement(own))
        if after == before:
            continue
        if found.actor:
            _waiting_of(work.subject).filter(statement_id=row.sequence).delete()
        _store(row, before, after)
        _drop_attachments(work, before, after)
        work.count(_kind_of(found))
        if _signed(before) and not _signed(after):
            work.count("signatures")


def _kind_of(found: Found) -> str:
    return "actor" if found.actor else "named"


def _store(row: Statement, before: dict[str, Any], after: dict[str, Any]) -> None:
    target = after["object"]
    registration = after.get("context", {}).get("registration")
    Statement.objects.filter(pk=row.pk).update(
        exact=written(after),
        actor_digest=digest(actor_key(after["actor"])),
        verb_digest=digest(after["verb"]["id"]),
        activity_digest=digest(target["id"]) if target.get("objectType", "Activity") == "Activity" else None,
        registration=uuid.UUID(registration) if registration else None,
    )
    references.reworded(row, before=before, after=after)
    old, new = set(mentions_of(before)), set(mentions_of(after))
    Mention.objects.filter(statement_id=row.pk, key__in=old - new).delete()
    Mention.objects.bulk_create([Mention(key=key, statement_id=row.pk) for key in sorted(new - old)], ignore_conflicts=True)


def _drop_attachments(work: _Work, before: dict[str, Any], after: dict[str, Any]) -> None:
    """What this statement no longer has is deleted, unless another statement with which they were sent has the same bytes."""
    hashes = {str(entry.get("sha2", "")).lower() for entry in attachments_of(before)}
    hashes -= {str(entry.get("sha2", "")).lower() for entry in attachments_of(after)}
    for sha2 in sorted(hashes):
        file = let_go(sha2)
        if file:
            work.erasure.files.append(file)
            work.count("files")
        elif Attachment.objects.filter(sha2=sha2).exists():
            work.count("shared_files")


def _signed(document: dict[str, Any]) -> bool:
    return any(entry.get("usageType", "").endswith("attachments/signature") for entry in attachments_of(document))


def _rewrite_document(work: _Work, row: StateDocument | ProfileDocument, *, names: Sequence[str]) -> None:
    if any(has_trace(getattr(row, name), matches=work.matches) for name in names):
        row.delete()
        work.count("other_documents")
        return
    content = bytes(row.content)
    replacement = Replacement(name=uuid.uuid4())
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return  # a picture or the like: nothing in it that could be searched
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        changed = erased_text(text, matches=work.matches, replacement=replacement)
    else:
        new = erased_json(value, matches=work.matches, replacement=replacement)
        changed = text if new == value else json.dumps(new)
    if changed != text:
        row.content = changed.encode()
        row.etag = etag_of(row.content)
        row.save(update_fields=["content", "etag"])
        work.count("other_documents")


def _walk(work: _Work, rows: QuerySet[Any], change: Callable[[Any], None]) -> str:
    """Look at a window of these rows, in the order of their keys."""
    window = list(rows.filter(pk__gt=work.erasure.cursor).order_by("pk")[:WINDOW])
    keys = [row.pk for row in window]
    for row in window:
        change(row)
    if keys:
        work.erasure.cursor = keys[-1]
    return "more" if len(window) == WINDOW else "step done"


def _may_name(subject: Subject, column: str) -> Q:
    """The rows whose text may name this person; which of them do is for `find` to say.

    A JSON text may write any character as an escape. Who writes a letter or a sign as one is rare, so those are looked at all.
    """
    wanted = Q(**{f"{column}__contains": "\\u00"})
    for text in subject.matches.texts:
        for variant in dict.fromkeys(
            (text, text.replace("@", "%40"), text.replace("/", "\\/"), text.replace("/", "%2F").replace(":", "%3A"))
        ):
            wanted |= Q(**{f"{column}__icontains": variant})
    for actor in subject.actors:
        if "account" in actor:
            wanted |= Q(**{f"{column}__contains": json.dumps(actor["account"]["name"], ensure_ascii=False)})
    return wanted


# --- What belongs to a person ---------------------------------------------------------------------------------------------


def _states_of(subject: Subject) -> QuerySet[StateDocument]:
    return StateDocument.objects.filter(actor_key__in=subject.keys)


def _profiles_of(subject: Subject) -> QuerySet[ProfileDocument]:
    return ProfileDocument.objects.filter(kind=ProfileDocument.Kind.AGENT, subject__in=subject.keys)


def _exports_of(subject: Subject, person: User | None) -> list[AccessExport]:
    rows: Iterable[AccessExport] = AccessExport.objects.order_by("pk")
    digests = set(subject.digests)
    return [
        row
        for row in rows
        if (person is not None and row.person_id == person.pk) or (row.subject and digests & set(subject_from(row.subject).digests))
    ]


def _waiting_of(subject: Subject) -> QuerySet[PendingProjection]:
    """Only our own people have anything to project."""
    learner = subject.learner
    return PendingProjection.objects.filter(learner_key=learner) if learner else PendingProjection.objects.none()


def _forget_tasks(keys: list[str]) -> None:
    """Tasks carry the name of the learner they were for; what they did is long done."""
    if not apps.is_installed("django_tasks_db"):
        return
    results: Any = apps.get_model("django_tasks_database", "DBTaskResult")
    for key in keys:
        results.objects.filter(args_kwargs__icontains=key).delete()


def _overwrite_what_is_deleted() -> None:
    """SQLite leaves the bytes of deleted rows in its file unless told otherwise."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")


def _scrub() -> None:
    """The old versions of the rows go: PostgreSQL keeps them until a vacuum, SQLite in its log until a checkpoint."""
    if connection.in_atomic_block:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return
        for model in (Statement, Mention, StateDocument, ProfileDocument, PendingProjection, LearnerLock, Erasure, ErasureAlias, User):
            cursor.execute(f"VACUUM {connection.ops.quote_name(model._meta.db_table)}")


# --- Old back-ups -------------------------------------------------------------------------------------------------------


def _keep_marks(erasure: Erasure) -> None:
    """The marks stand beside the database as well: the copy in it is as old as the back-up from which it is restored."""
    storage = storages["private"]
    name = f"{MARKS}/{erasure.uuid}.json"
    if not storage.exists(name):
        marks = sorted(erasure.marks.values_list("mark", flat=True))
        text = json.dumps({"erasure": str(erasure.uuid), "asked_at": erasure.asked_at.isoformat(), "marks": marks})
        storage.save(name, ContentFile(text.encode()))


def known_marks() -> set[str]:
    """The marks of all erasures: those in the database and those beside it."""
    marks = set(ErasedMark.objects.values_list("mark", flat=True))
    storage = storages["private"]
    try:
        _folders, names = storage.listdir(MARKS)
    except FileNotFoundError:
        return marks
    for name in names:
        with storage.open(f"{MARKS}/{name}") as file:
            marks.update(json.load(file)["marks"])
    return marks


def erase_again() -> list[Erasure]:
    """After a restore: order again every erasure whose person is back in the record. Answers the erasures that were begun."""
    marks = known_marks()
    if not marks:
        return []
    people = User.objects.only("pk", "pseudonym", "first_name", "last_name", "email").iterator(chunk_size=1000)
    back = [person for person in people if all_marks_of(digest(actor_key(actor_of(person.pseudonym)))) & marks]
    subjects = [subject_of(person) for person in back]
    begun = [_begin_again(subject, person) for subject, person in zip(subjects, back, strict=True)]
    seen = {found for subject in subjects for found in subject.digests}
    for subject in _outside_again(marks):
        if not seen & set(subject.digests):
            seen |= set(subject.digests)
            begun.append(_begin_again(subject, None))
    return begun


def _begin_again(subject: Subject, person: User | None) -> Erasure:
    """Already decided once, so nothing stands in its way now."""
    with transaction.atomic():
        erasure = Erasure.objects.create(
            person=person,
            of_learner=subject.learner is not None,
            subject=subject.kept(),
            asked_by=None,
            reason=_("Opnieuw gewist na het terugzetten van een back-up."),
        )
        ErasedMark.objects.bulk_create(ErasedMark(erasure=erasure, mark=mark) for mark in sorted(marks_of(subject)))
    return erasure


def _outside_again(marks: set[str]) -> Iterator[Subject]:
    for found in Statement.objects.order_by().values_list("actor_digest", flat=True).distinct().iterator():
        if all_marks_of(found) & marks:
            row = Statement.objects.filter(actor_digest=found).order_by("sequence").first()
            if row is not None:
                yield subject_outside(_agent_with(row, {found}))
    for found in Mention.objects.order_by().values_list("key", flat=True).distinct().iterator():
        if all_marks_of(found) & marks:
            mention = Mention.objects.filter(key=found).first()
            named = Statement.objects.filter(pk=mention.statement_id).first() if mention else None
            if named is not None:
                yield subject_outside(_agent_with(named, {found}))


def _agent_with(row: Statement, wanted: set[uuid.UUID]) -> dict[str, Any]:
    for _where, agent in agents_of(row.document):
        key = actor_key(agent)
        if wanted & {digest(key), Mention.key_of(Mention.Kind.OBJECT, key), Mention.key_of(Mention.Kind.AGENT, key)}:
            return agent
    raise LookupError("no agent with this digest")
