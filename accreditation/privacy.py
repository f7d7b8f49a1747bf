"""What the ledger of points asks of the learning records: its proof stays as long as a register may ask for it."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _, ngettext

from accreditation.certificates import with_state
from accreditation.models import Certificate, PointAward
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
    days = [*awards.values_list("awarded_on", flat=True), *certificates.values_list("earned_on", flat=True)]
    if days and (until := proof_until(max(days))) >= timezone.localdate():
        text = _(
            "Op deze records rusten punten of een certificaat van %(earned)s. Het bewijs daarvan hoort tot %(until)s te blijven, zodat er bij "
            "een controle niets verloren gaat."
        )
        yield Standing(text % {"earned": date_format(max(days), "j F Y"), "until": date_format(until, "j F Y")}, duty=True)


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
    """The statements of an enrolment that earned points or a certificate: they are the proof."""
    registrations = {statement.registration for statement in statements if statement.registration}
    earned = set(PointAward.objects.filter(enrolment__uuid__in=registrations).values_list("enrolment__uuid", flat=True))
    earned |= set(Certificate.objects.filter(enrolment__uuid__in=registrations).values_list("enrolment__uuid", flat=True))
    return {statement.sequence: "ledger" for statement in statements if statement.registration in earned and statement.source == "server"}
