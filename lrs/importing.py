"""Taking over the statements of another store, from a file or by paging it: each one once, the bad ones told apart, to be continued.

Statements come in with the source OUTSIDE and under a key of the import's own, so nothing that counts for points follows from them.
What the other store said of them (when it stored them, on whose authority) is kept beside them (docs/decisions, "Statements of another
store").

The threat: a process that is killed, or two at work on one import, must neither lose a statement nor take one twice. So the position is
written in the transaction of the statements up to it, and only by who holds the claim.
"""

import json
import logging
import time
import uuid
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from json import JSONDecodeError
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext
from django_tasks import task

from accounts.models import Organisation, User
from accounts.outgoing.locks import CannotUnlock, locked
from lrs import attachments, credentials, json_text
from lrs.actors import actor_key, actor_of
from lrs.attachments import MessageRefused, MessageTooLarge, Part, Spool, StorageUnreachable, attachments_of
from lrs.digests import digest
from lrs.importing_lines import SHOWN, Bundle, FileRefused, Line, LineRefused, beginning_of, lines_of, opened
from lrs.importing_store import OtherStore, Page, StoreBusy, StoreRefused
from lrs.json_text import NotJSON
from lrs.models import Import, ImportedStatement, ImportProblem, OriginalAuthority, Source, Statement, StatementId
from lrs.realms import realm_of
from lrs.refusals import Refusal
from lrs.store import StatementConflict, StatementRefused, VoidingRefused, append
from lrs.validation import V1, V2, check_actor, check_statement, check_uuid, moment

logger = logging.getLogger(__name__)

BATCH = 500  # lines in one transaction
BATCH_TEXT = 4 * 1024 * 1024  # characters in one transaction
LEASE = timedelta(minutes=5)  # without a sign of life for so long, somebody else goes on
SLICE = 20.0  # seconds that a worker gives one import before it looks at what else waits
AT_ONCE = 2000  # people in one question to the database
MOST_TRIES = 12
MOST_PROBLEMS = 10_000  # kept to be looked at; the others are only counted
KEPT_FOR = timedelta(days=30)  # refused statements, which may name people
NAMESPACE = uuid.UUID("5d4ee8c7-6b55-4c0c-9d6a-3b6f2b6f9b0f")  # of ids for statements that have none

Told = Callable[[Import], None]


class ImportRefused(Exception):
    """The import cannot be made like this; the message tells what to do."""


class _LetGo(Exception):
    """Somebody else has taken this import over, or stopped it."""


# --- Beginning --------------------------------------------------------------------------------------------------------


def from_file(
    file: File,
    *,
    name: str,
    organisation: Organisation | None,
    made_by: User,
    joins_people: bool = False,
    keeps_without_bytes: bool = False,
) -> Import:
    """Keep an uploaded file and let the worker read it."""
    with transaction.atomic():
        run = _begin(name=name, organisation=organisation, made_by=made_by, joins_people=joins_people)
        run.keeps_without_bytes = keeps_without_bytes
        run.octets = file.size
        run.file.save(f"{uuid.uuid4().hex}.ndjson", file, save=False)
        run.save()
        transaction.on_commit(lambda: queue(run))
    return run


def from_path(
    path: Path | None, *, name: str, organisation: Organisation | None, joins_people: bool = False, keeps_without_bytes: bool = False
) -> Import:
    """An import of a file on this machine, or of what comes in at a pipe; the one that was not finished, when there is one."""
    where = str(path.resolve()) if path else ""
    if path:
        with path.open("rb") as file:
            beginning = beginning_of(file)
        unfinished = Import.objects.filter(path=where, beginning=beginning).filter(state__in=OPEN).order_by("-pk").first()
        if unfinished:
            return unfinished
    run = _begin(name=name, organisation=organisation, made_by=None, joins_people=joins_people)
    run.path, run.keeps_without_bytes = where, keeps_without_bytes
    if path:
        run.octets, run.beginning = path.stat().st_size, beginning
    run.save()
    return run


def from_store(
    *,
    name: str,
    address: str,
    key: str,
    secret: str,
    organisation: Organisation | None,
    made_by: User | None,
    since: datetime | None = None,
    joins_people: bool = False,
    keeps_without_bytes: bool = False,
) -> Import:
    """An import that pages another store, from its oldest statement on; the one that was not finished, when there is one.

    Raises ImportRefused for an address that is not called.
    """
    address = address.rstrip("/").removesuffix("/statements")
    try:
        OtherStore.check(address)
    except StoreRefused as refusal:
        raise ImportRefused(str(refusal)) from None
    credential_filter = {"credential__organisation": organisation} if organisation else {"credential__organisation": None}
    unfinished = Import.objects.filter(address=address, state__in=OPEN, since=since, **credential_filter).order_by("-pk").first()
    with transaction.atomic():
        run = unfinished or _begin(name=name, organisation=organisation, made_by=made_by, joins_people=joins_people)
        if not unfinished:
            run.address, run.since, run.keeps_without_bytes = address, since, keeps_without_bytes
        run.key_locked, run.secret_locked = locked(key), locked(secret)
        run.save()
        if made_by:
            transaction.on_commit(lambda: queue(run))
    return run


OPEN = (Import.State.WAITING, Import.State.RUNNING)


def _begin(*, name: str, organisation: Organisation | None, made_by: User | None, joins_people: bool) -> Import:
    credential, _secret = credentials.create(
        name=gettext("Ingelezen: %(name)s") % {"name": name[:100]},
        scopes=["statements/write", "define"],
        organisation=organisation,
        source=Source.OUTSIDE,
        joins_people=joins_people,
    )
    # It says who vouches for the statements. Nobody logs in with it, and nobody can.
    credentials.revoke(credential)
    return Import(name=name[:120], credential=credential, made_by=made_by)


def queue(run: Import) -> None:
    """Let a worker go on with it."""
    Import.objects.filter(pk=run.pk, state__in=OPEN).update(claim=None, claimed_until=timezone.now() + LEASE, next_try_at=None)
    read_on.enqueue(run.pk)


def stop(run: Import) -> None:
    """Stop. What was taken over stays; for a month it can be gone on with."""
    Import.objects.filter(pk=run.pk, state__in=OPEN).update(
        state=Import.State.STOPPED, claim=None, claimed_until=None, finished_at=timezone.now()
    )


def recognised(run: Import) -> int:
    """How many of the statements that it took over are about members of its organisation, and so stand in their dossiers."""
    members = User.objects.filter(memberships__organisation=run.credential.organisation).values_list("pseudonym", flat=True).distinct()
    digests = [digest(actor_key(actor_of(pseudonym))) for pseudonym in members]
    taken_over = Statement.objects.filter(credential=run.credential)  # a key of its own, for this import alone
    return sum(taken_over.filter(actor_digest__in=digests[place : place + AT_ONCE]).count() for place in range(0, len(digests), AT_ONCE))


def try_again(run: Import) -> None:
    """Go on with one that got stuck or was stopped, where it was."""
    if run.file or run.secret_locked:
        Import.objects.filter(pk=run.pk, state__in=(Import.State.FAILED, Import.State.STOPPED)).update(
            state=Import.State.WAITING, tries=0, trouble="", finished_at=None, **_error_of(None)
        )
        queue(run)


# --- Going on ---------------------------------------------------------------------------------------------------------


@task(queue_name="lrs")
def read_on(pk: int) -> None:
    """A worker's turn: some seconds, so that one large import does not keep everything else waiting."""
    run = Import.objects.filter(pk=pk).select_related("credential__organisation").first()
    if run is not None and go_on(run, seconds=SLICE) and run.next_try_at is None:
        queue(run)


def continue_waiting() -> int:
    """Queue the imports that nobody is at work on: after a crash, a lost queue, or a wait for another store. Answers how many."""
    free = Q(claimed_until=None) | Q(claimed_until__lte=timezone.now())
    due = Q(next_try_at=None) | Q(next_try_at__lte=timezone.now())
    waiting = list(Import.objects.filter(free, due, state__in=OPEN).exclude(file="", address=""))
    for run in waiting:
        queue(run)
    return len(waiting)


def forget_old() -> int:
    """Delete what imports that ended a month ago left behind, which may name people: texts of refused statements, files, secrets.

    Answers of how many.
    """
    ended = Import.objects.filter(finished_at__lt=timezone.now() - KEPT_FOR)
    left = ended.filter(~Q(file="") | ~Q(secret_locked="") | Q(pk__in=ImportProblem.objects.order_by().values("run").distinct()))
    old = list(left)
    for run in old:
        run.problems.all().delete()
        _tidy(run)
    return len(old)


def go_on(
    run: Import,
    *,
    seconds: float | None = None,
    take_over: bool = False,
    stream: IO[bytes] | None = None,
    folder: Path | None = None,
    told: Told | None = None,
) -> bool:
    """Read on where it stopped, for so many seconds or to the end; answers whether there is more to do.

    Another who is at work on it is left alone, unless `take_over`: then the other finds out at the next batch, and lets go.
    `stream` is the pipe of an import that has no file, `folder` where the attachments of a file lie. Never raises for what the other
    store or the file does: that stands in the import.
    """
    work = _Work(run, claim=uuid.uuid4(), told=told)
    if not work.begin(take_over=take_over):
        return False
    until = time.monotonic() + seconds if seconds else None
    try:
        ready = _page_on(work, until=until) if run.address else _read_file_on(work, until=until, stream=stream, folder=folder)
    except _LetGo:
        return False
    except StoreBusy as busy:
        work.wait(busy.seconds, Import.Trouble.BUSY, busy)
    except StorageUnreachable as failure:
        work.wait(60, Import.Trouble.STORAGE, failure)
    except StoreRefused as refusal:
        work.end(Import.State.FAILED, Import.Trouble(refusal.trouble), refusal)
    except CannotUnlock:
        work.end(Import.State.FAILED, Import.Trouble.KEY, Refusal("the secret was locked with another SECRET_KEY"))
    except FileRefused as refusal:
        work.end(Import.State.FAILED, Import.Trouble.FILE, refusal)
    except (BadZipFile, EOFError, zlib.error, OSError) as error:
        work.end(Import.State.FAILED, Import.Trouble.FILE, _in_its_own_words(error))
    except Exception as error:
        logger.exception("Import %s stopped at line %s", run.pk, run.line)
        work.wait(60, Import.Trouble.OTHER, _in_its_own_words(error))
    else:
        if ready:
            work.end(Import.State.DONE)
        else:
            work.release()
    return run.is_open


def _in_its_own_words(error: Exception) -> Refusal:
    return Refusal("%(kind)s: %(error)s", kind=type(error).__name__, error=str(error))


def _error_of(why: Refusal | None) -> dict[str, Any]:
    """The columns of an import that say why it does not go on."""
    return {"error": _as_text(str(why)[:2000]), **_rule_of(why)} if why else {"error": "", "rule": "", "values": {}}


@dataclass
class _Work:
    """One process at work on one import. `run` follows what the database says after each batch."""

    run: Import
    claim: uuid.UUID
    told: Told | None = None

    def begin(self, *, take_over: bool) -> bool:
        now = timezone.now()
        mine = Import.objects.filter(pk=self.run.pk, state__in=OPEN)
        if not take_over:
            mine = mine.filter(Q(claim=None) | Q(claimed_until__lte=now))
        begun = mine.update(claim=self.claim, claimed_until=now + LEASE, state=Import.State.RUNNING, next_try_at=None)
        self.run.refresh_from_db()
        return bool(begun)

    def write(self, **values: Any) -> None:
        """Change the import, if it is still ours. Raises _LetGo."""
        if not Import.objects.filter(pk=self.run.pk, claim=self.claim).update(**values):
            raise _LetGo

    def advanced(self) -> None:
        self.run.refresh_from_db()
        if self.told:
            self.told(self.run)

    def wait(self, seconds: float, trouble: str, why: Refusal) -> None:
        tries = self.run.tries + 1
        if tries >= MOST_TRIES:
            self.end(Import.State.FAILED, trouble, why)
            return
        # Twice as long each time, unless the other store said how long.
        at = timezone.now() + timedelta(seconds=max(seconds, min(2**tries, 3600)))
        self._last_word(state=Import.State.WAITING, trouble=trouble, tries=tries, next_try_at=at, **_error_of(why))

    def end(self, state: str, trouble: str = "", why: Refusal | None = None) -> None:
        self._last_word(state=state, trouble=trouble, finished_at=timezone.now(), **_error_of(why))
        if state == Import.State.DONE:
            _tidy(self.run)

    def release(self) -> None:
        self._last_word()

    def _last_word(self, **values: Any) -> None:
        Import.objects.filter(pk=self.run.pk, claim=self.claim).update(claim=None, claimed_until=None, **values)
        self.advanced()


def _tidy(run: Import) -> None:
    """Keep nothing that is not needed any more: the uploaded file, and the key of the other store."""
    Import.objects.filter(pk=run.pk).update(key_locked="", secret_locked="")
    if run.file:
        run.file.delete(save=False)
        Import.objects.filter(pk=run.pk).update(file="")
    run.refresh_from_db()


def _read_file_on(work: _Work, *, until: float | None, stream: IO[bytes] | None, folder: Path | None) -> bool:
    run = work.run
    with ExitStack() as stack:
        file: IO[bytes]
        if stream is not None:
            file = stream
        elif run.path:
            file = stack.enter_context(Path(run.path).open("rb"))
            if beginning_of(file) != run.beginning:
                raise FileRefused("the file is another one than the one that was begun with")
        else:
            file = stack.enter_context(run.file.open("rb"))
        statements, bundle = stack.enter_context(opened(file, folder=folder))
        for lines in _batches(lines_of(statements, octet=run.octet, line=run.line)):
            with Spool() as spool:
                rows = [_row_of(line) for line in lines]
                if run.octet == 0 and all(row.unreadable for row in rows):
                    raise FileRefused("no line of it is JSON")
                for row in rows:
                    _bring_attachments(row, bundle, spool, run=run)
                _take(work, rows, octet=lines[-1].end, line=lines[-1].number)
            if until and time.monotonic() > until:
                return False
    return True


def _batches(lines: Iterable[Line]) -> Iterator[list[Line]]:
    batch: list[Line] = []
    size = 0
    for line in lines:
        batch.append(line)
        size += len(line.text)
        if len(batch) >= BATCH or size >= BATCH_TEXT:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _page_on(work: _Work, *, until: float | None) -> bool:
    run = work.run
    with OtherStore(run) as store:
        if not run.version:
            work.write(version=store.choose_version())
            run.refresh_from_db()
        while True:
            with store.page(more=run.more, since=run.last_stored_before or run.since) as page:
                rows = _rows_of(page, run=run)
                _take(work, rows, line=run.line + len(page.texts), more=page.more, last_stored=_latest(rows, run.last_stored))
            if not page.more:
                return True
            if until and time.monotonic() > until:
                return False


def _latest(rows: Sequence["_Row"], before: datetime | None) -> datetime | None:
    return max((row.stored for row in rows if row.stored), default=before)


# --- One batch --------------------------------------------------------------------------------------------------------


@dataclass
class _Row:
    """One statement on its way: as it will be appended, and what the other store said of it. With a `problem` it stays behind."""

    line: int
    text: str
    statement: dict[str, Any] = field(default_factory=dict)
    id: uuid.UUID | None = None
    stored: datetime | None = None
    authority: str = ""
    parts: dict[str, Part] = field(default_factory=dict)
    problem: Refusal | None = None
    kind: str = ImportProblem.Kind.REFUSED
    there: bool = False
    unreadable: bool = False  # no JSON at all

    @property
    def version(self) -> str:
        # A statement without a version is one of 1.0.0 (Data, 2.4.10).
        return V2 if str(self.statement.get("version", "1.0.0")).startswith("2.") else V1


def _row_of(line: Line) -> _Row:
    row = _Row(line=line.number, text=line.text, problem=line.problem)
    try:
        found = {} if row.problem else json_text.members(line.text)
    except NotJSON as refusal:
        row.problem = refusal
    except JSONDecodeError as error:
        row.problem = LineRefused("the line is not JSON from character %(place)s on: %(error)s", place=error.pos + 1, error=error.msg)
    except (ValueError, RecursionError) as error:
        row.problem = LineRefused("the line cannot be read as JSON: %(error)s", error=str(error)[:200])
    if row.problem:
        row.unreadable = True
        return row
    row.statement, row.text = json_text.object_of(found, without=("stored", "authority"))
    try:
        if "stored" in found:
            row.stored = moment(found["stored"][0], "$.stored")
        if "authority" in found:
            check_actor(found["authority"][0], "$.authority")
            row.authority = json.dumps(found["authority"][0], sort_keys=True)
        if "id" in row.statement:
            check_uuid(row.statement["id"], "$.id")
        else:
            # The same text again is the same statement, so that reading a file twice takes nothing twice.
            row.statement = {"id": str(uuid.uuid5(NAMESPACE, row.text)), **row.statement}
            row.text = f'{{"id":"{row.statement["id"]}"{"," if len(row.statement) > 1 else ""}{row.text[1:]}'
        row.id = uuid.UUID(row.statement["id"])
        # Here already, so that a bad one does not make its whole batch go one by one.
        check_statement(row.statement, version=row.version)
    except StatementRefused as refusal:
        row.problem = refusal
    return row


def _bring_attachments(row: _Row, bundle: Bundle, spool: Spool, *, run: Import) -> None:
    """Find the bytes of its attachments beside the file. One that is neither there nor here, nor says where it is, is a problem."""
    for entry in attachments_of(row.statement) if not row.problem else ():
        sha2 = str(entry.get("sha2", "")).lower()
        with bundle.open(sha2) as found:
            if found is None:
                if not _may_lack_bytes(entry, run):
                    row.problem = MessageRefused("the bytes of the attachment %(sha2)s are not beside the file", sha2=sha2[:80])
                continue
            try:
                part = spool.add(
                    iter(lambda: found.read(64 * 1024), b""),
                    sha2=sha2,
                    content_type=str(entry.get("contentType", "application/octet-stream")),
                    largest=settings.LRS_LARGEST_ATTACHMENT,
                )
            except MessageTooLarge as refusal:
                row.problem = refusal
                continue
        if part is None:
            row.problem = MessageRefused("the bytes beside the file are not those of the attachment %(sha2)s", sha2=sha2[:80])
        else:
            row.parts[sha2] = part


def _rows_of(page: Page, *, run: Import) -> list[_Row]:
    rows = []
    for number, text in zip(count(run.line + 1), page.texts, strict=False):
        row = _row_of(Line(number=number, end=0, text=text))
        for entry in attachments_of(row.statement) if not row.problem else ():
            sha2 = str(entry.get("sha2", "")).lower()
            if sha2 in page.parts:
                row.parts[sha2] = page.parts[sha2]
            elif not _may_lack_bytes(entry, run):
                row.problem = page.lost.get(sha2) or MessageRefused(
                    "the other store did not send the bytes of the attachment %(sha2)s", sha2=sha2[:80]
                )
        rows.append(row)
    return rows


def _may_lack_bytes(entry: dict[str, Any], run: Import) -> bool:
    """What tools of another organisation sent does not count: nobody may learn here what others have."""
    if "fileUrl" in entry or run.keeps_without_bytes:
        return True
    return attachments.was_sent(str(entry.get("sha2", "")).lower(), realm=realm_of(run.credential))


def _take(work: _Work, rows: Sequence[_Row], **position: Any) -> None:
    """Take over what is good of these rows, tell what is not, and move on: all of it or nothing. Raises _LetGo and StorageUnreachable."""
    for row in rows:
        _keep_parts(row, work.run)
    with transaction.atomic():
        _append([row for row in rows if not row.problem], work)
        problems = [(row, row.problem) for row in rows if row.problem]
        new = [row for row in rows if not row.problem and not row.there]
        _keep_what_they_said(new, work.run)
        room = max(0, MOST_PROBLEMS - work.run.refused - work.run.conflicting)
        ImportProblem.objects.bulk_create(_problem(row, problem, work.run) for row, problem in problems[:room])
        conflicting = sum(row.kind == ImportProblem.Kind.CONFLICT for row, _why in problems)
        work.write(
            new=F("new") + len(new),
            there=F("there") + len(rows) - len(new) - len(problems),
            conflicting=F("conflicting") + conflicting,
            refused=F("refused") + len(problems) - conflicting,
            claimed_until=timezone.now() + LEASE,
            tries=0,
            trouble="",
            **_error_of(None),
            **position,
        )
    work.advanced()


def _keep_parts(row: _Row, run: Import) -> None:
    """Before the transaction: storing takes long, and a file that nobody names is swept away."""
    if row.problem or not row.parts:
        return
    try:
        if any(entry.get("usageType") == attachments.SIGNATURE for entry in attachments_of(row.statement)):
            attachments.check_signatures([row.statement], row.parts)
        attachments.keep_parts(row.parts.values(), realm=realm_of(run.credential))
    except MessageRefused as refusal:
        row.problem = refusal


def _append(rows: Iterable[_Row], work: _Work) -> None:
    """Append them in their order; what is refused gets its problem, what was there already is marked.

    Nearly always all are good, so they go together; only when one is not, each goes alone.
    """
    for group in _groups(rows):
        known = set(StatementId.objects.filter(uuid__in=[row.id for row in group if row.id]).values_list("uuid", flat=True))
        try:
            with transaction.atomic():
                _append_together(group, work)
        except (StatementRefused, StatementConflict, VoidingRefused):
            for row in group:
                _append_alone(row, work)
        for row in group:
            row.there = row.id in known


def _groups(rows: Iterable[_Row]) -> Iterator[list[_Row]]:
    """Rows that go together: of one version, and no id twice."""
    group: list[_Row] = []
    ids: set[uuid.UUID | None] = set()
    for row in rows:
        if group and (row.version != group[0].version or row.id in ids):
            yield group
            group, ids = [], set()
        group.append(row)
        ids.add(row.id)
    if group:
        yield group


def _append_together(rows: Sequence[_Row], work: _Work) -> None:
    append(
        [row.statement for row in rows],
        source=Source.OUTSIDE,
        credential=work.run.credential,
        version=rows[0].version,
        originals=[row.text for row in rows],
    )


def _append_alone(row: _Row, work: _Work) -> None:
    try:
        with transaction.atomic():
            _append_together([row], work)
    except (StatementRefused, VoidingRefused) as refusal:
        row.problem = refusal
    except StatementConflict as conflict:
        row.problem, row.kind = conflict, ImportProblem.Kind.CONFLICT


def _keep_what_they_said(rows: Sequence[_Row], run: Import) -> None:
    said = [row for row in rows if row.stored or row.authority]
    if not said:
        return
    authorities = {digest(row.authority): row.authority for row in said if row.authority}
    OriginalAuthority.objects.bulk_create(
        [OriginalAuthority(digest=key, authority=text) for key, text in sorted(authorities.items())], ignore_conflicts=True
    )
    numbers = dict(StatementId.objects.filter(uuid__in=[row.id for row in said if row.id]).values_list("uuid", "sequence"))
    ImportedStatement.objects.bulk_create(
        ImportedStatement(
            statement_id=numbers[row.id], run=run, stored=row.stored, authority_id=digest(row.authority) if row.authority else None
        )
        for row in said
        if row.id in numbers
    )


def _problem(row: _Row, problem: Refusal, run: Import) -> ImportProblem:
    return ImportProblem(
        run=run,
        kind=row.kind,
        line=row.line,
        statement_id=_as_text(str(row.statement.get("id", ""))[:100]),
        text=_as_text(row.text[:SHOWN]),
        reason=_as_text(str(problem)),
        **_rule_of(problem),
    )


def _rule_of(refusal: Refusal) -> dict[str, Any]:
    return {"rule": _as_text(refusal.rule), "values": {name: _as_text(str(value)[:1000]) for name, value in refusal.values.items()}}


def _as_text(text: str) -> str:
    """As a database keeps it: without NUL, and without half a surrogate pair, which only an escape in JSON can carry."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
