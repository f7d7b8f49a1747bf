"""What the ledger of points asks of the learning records: its proof stays as long as a register may ask for it."""

import json
import uuid
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _, ngettext

from accounts.models import User
from accreditation.certificates import with_state
from accreditation.dossiers import contents
from accreditation.evidence import files
from accreditation.models import (
    Application,
    AttendanceStatement,
    Certificate,
    DossierIntake,
    DossierPackage,
    DossierShare,
    Evidence,
    EvidenceDocument,
    EvidenceFile,
    Leave,
    PointAward,
    Report,
)
from lrs.erasure import Standing
from lrs.models import Statement


def standing(learner: uuid.UUID) -> Iterator[Standing]:
    """The points and certificates that stay (AVG, article 17, paragraph 3 under b and e), and until when their proof must."""
    awards = PointAward.objects.filter(learner__pseudonym=learner, reverses=None, reversed_by=None)
    certificates = _valid().filter(learner__pseudonym=learner)
    if count := awards.count():
        text = ngettext(
            "%(count)s toekenning van punten blijft in het grootboek: het register mag ernaar vragen (AVG art. 17 lid 3 onder b).",
            "%(count)s toekenningen van punten blijven in het grootboek: het register mag ernaar vragen (AVG art. 17 lid 3 onder b).",
            count,
        )
        yield Standing(text % {"count": count})
    if count := certificates.count():
        text = ngettext(
            "%(count)s certificaat blijft geldig en te controleren (AVG art. 17 lid 3 onder e).",
            "%(count)s certificaten blijven geldig en te controleren (AVG art. 17 lid 3 onder e).",
            count,
        )
        yield Standing(text % {"count": count})
    if count := Report.objects.filter(learner__pseudonym=learner, state__in=(Report.State.ACCEPTED, Report.State.MARKED)).count():
        text = ngettext(
            "%(count)s melding aan een register blijft: zij bewijst wat het register is verteld (AVG art. 17 lid 3 onder b).",
            "%(count)s meldingen aan registers blijven: zij bewijzen wat een register is verteld (AVG art. 17 lid 3 onder b).",
            count,
        )
        yield Standing(text % {"count": count})
    standing_on = Application.objects.filter(owner__pseudonym=learner, withdrawn_at=None, evidence__isnull=False)
    for application in standing_on.select_related("register").distinct():
        text = _("Eigen bewijs in de aanvraag voor %(register)s blijft: het register mag ernaar vragen (AVG art. 17 lid 3 onder b).")
        duty = proof_until(application.period_end) >= timezone.localdate()
        yield Standing(text % {"register": application.register.name}, duty=duty)
    days = [*awards.values_list("awarded_on", flat=True), *certificates.values_list("earned_on", flat=True)]
    if days and (until := proof_until(max(days))) >= timezone.localdate():
        text = _(
            "Op deze records rusten punten of een certificaat van %(earned)s. Het bewijs daarvan hoort tot %(until)s te blijven, zodat er bij "
            "een controle niets verloren gaat."
        )
        yield Standing(text % {"earned": date_format(max(days), "j F Y"), "until": date_format(until, "j F Y")}, duty=True)


def forget(learner: uuid.UUID) -> dict[str, int]:
    """Delete what this person brought and made themselves: own evidence that no standing application rests on, with its files; leave, links,
    packed dossiers and what was handed in. Files go after the commit.
    """
    mine = {"owner__pseudonym": learner}
    count = 0
    for model in (DossierPackage, DossierIntake):
        for row in model.objects.filter(**mine):
            name, storage = str(row.file.name), row.file.storage
            row.delete()
            if name:
                transaction.on_commit(lambda name=name, storage=storage: storage.delete(name), robust=True)  # type: ignore[misc]
            count += 1
    count += DossierShare.objects.filter(**mine).delete()[0]
    count += Application.objects.filter(**mine).exclude(withdrawn_at=None).delete()[0]
    free = Evidence.objects.filter(**mine).exclude(applications__withdrawn_at=None, applications__isnull=False)
    kept = [document.file for document in EvidenceDocument.objects.filter(evidence__in=free).select_related("file")]
    count += free.count()
    free.delete()
    count += Leave.objects.filter(user__pseudonym=learner).delete()[0]
    files.let_go(kept)
    return {"evidence": count} if count else {}


def access(learner: uuid.UUID) -> Iterator[tuple[str, Iterator[bytes]]]:
    """What somebody gets of their own dossier: all of it as JSON, drafts and links too, and the files of their evidence, in pieces."""
    person = User.objects.filter(pseudonym=learner).first()
    if person is None:
        return
    told = contents.whole(person=person)
    told["drafts"] = [
        contents.evidence_json(one) for one in Evidence.objects.filter(owner=person, state=Evidence.State.DRAFT, done_on__isnull=False)
    ]
    told["replaced_certificates"] = [contents.certificate_json(one) for one in contents.replaced_certificates_of(person)]
    told["unfinished"] = list(Evidence.objects.filter(owner=person, state=Evidence.State.DRAFT).values_list("suggestions", flat=True))
    told["shares"] = [
        {
            "reader": one.reader,
            "register": one.register.code,
            "created_at": one.created_at.isoformat(),
            "expires_at": one.expires_at.isoformat(),
        }
        for one in DossierShare.objects.filter(owner=person).select_related("register")
    ]
    told["leave"] = [
        {"kind": one.kind, "first_day": one.first_day.isoformat(), "last_day": one.last_day.isoformat(), "percentage": one.percentage}
        for one in Leave.objects.filter(user=person)
    ]
    told["reports"] = [
        {
            "register": one.connection.register.code,
            "course": one.accreditation.course.title,
            "number": one.number,
            "end_date": one.end_date.isoformat(),
            "state": one.state,
            "answer": one.text,
            "sent_at": one.sent_at.isoformat() if one.sent_at else None,
        }
        for one in Report.objects.filter(learner=person).select_related("connection__register", "accreditation__course")
    ]
    yield "dossier/dossier.json", iter([json.dumps(told, ensure_ascii=False, indent=1).encode()])
    for file in EvidenceFile.objects.filter(owner=person).order_by("pk"):
        yield f"dossier/bewijs/{file.sha256}{files.EXTENSIONS.get(file.content_type, '.bin')}", _pieces(file)


def _pieces(file: EvidenceFile) -> Iterator[bytes]:
    try:
        with file.file.storage.open(str(file.file.name), "rb") as source:
            while piece := source.read(files.CHUNK):
                yield piece
    except FileNotFoundError:
        return


def _valid() -> QuerySet[Any]:
    certificates: QuerySet[Any] = with_state()
    return certificates.filter(is_revoked=False, is_replaced=False)


def proof_until(earned: date) -> date:
    """Until when a register may ask for the proof of what was earned on this day."""
    years = settings.ACCREDITATION_PROOF_YEARS
    try:
        return earned.replace(year=earned.year + years)
    except ValueError:  # the 29th of February
        return earned.replace(year=earned.year + years, month=3, day=1)


def keeps(statements: Sequence[Statement]) -> dict[int, str]:
    """The statements of an enrolment that earned points or a certificate, or that an attendance statement rests on: they are the proof."""
    registrations = {statement.registration for statement in statements if statement.registration}
    earned = set(PointAward.objects.filter(enrolment__uuid__in=registrations).values_list("enrolment__uuid", flat=True))
    earned |= set(Certificate.objects.filter(enrolment__uuid__in=registrations).values_list("enrolment__uuid", flat=True))
    earned |= set(AttendanceStatement.objects.filter(enrolment__uuid__in=registrations).values_list("enrolment__uuid", flat=True))
    return {statement.sequence: "ledger" for statement in statements if statement.registration in earned and statement.source == "server"}
