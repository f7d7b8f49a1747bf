"""An application for one register period: it freezes the evidence it uses, and how the dossier stood. Withdrawn, it leaves a trace."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy

from accounts.models import RegisterEntry
from accreditation.evaluation import Evaluation
from accreditation.models import Application, Evidence

REASON_ASKED = gettext_lazy("Schrijf in een paar woorden op waarom je de aanvraag terugneemt.")


class ApplicationRefused(Exception):
    """The message tells the person what to do."""


def that_stands(*, entry: RegisterEntry, last_day: date) -> Application | None:
    """The application for the period that ends on this day, unless it was taken back; while it stands there is no other."""
    return Application.objects.filter(owner=entry.user_id, register=entry.register_id, period_end=last_day, withdrawn_at=None).first()


def added_since(*, application: Application, entry: RegisterEntry, evaluation: Evaluation) -> int:
    """How much came into this period since it was frozen: awards that count, and own evidence."""
    frozen = {(row["source"], row["key"]) for row in application.frozen.get("rows", [])}
    awards = sum(bool(one.counted) and one.row.source == "award" and one.row.id not in frozen for one in evaluation.rows)
    used = application.evidence.values("pk")
    return awards + usable(entry=entry, first_day=evaluation.first_day, last_day=evaluation.last_day).exclude(pk__in=used).count()


def usable(*, entry: RegisterEntry, first_day: date, last_day: date) -> Any:
    """The evidence of this person that such an application would use: kept, of this register, ended within the period."""
    return Evidence.objects.filter(
        owner=entry.user_id, state=Evidence.State.KEPT, kind__register=entry.register_id, done_on__range=(first_day, last_day)
    ).order_by("pk")


def apply(*, entry: RegisterEntry, first_day: date, last_day: date, frozen: Callable[[], dict[str, Any]]) -> Application:
    """Freeze the evidence of this period. `frozen` tells how the dossier stands, as JSON, once nobody can change that evidence any more.

    Raises ApplicationRefused.
    """
    with transaction.atomic():
        # The rows first: who changes one at this moment is either done before, or finds it locked.
        used = list(usable(entry=entry, first_day=first_day, last_day=last_day).select_for_update(of=("self",)))
        try:
            with transaction.atomic():
                application = Application.objects.create(
                    owner=entry.user,
                    register=entry.register,
                    register_number=entry.number,
                    period_start=first_day,
                    period_end=last_day,
                    frozen=frozen(),
                )
        except IntegrityError:
            raise ApplicationRefused(
                _("Je hebt voor deze periode al een aanvraag vastgelegd. Neem die eerst terug als je iets wilt veranderen.")
            ) from None
        application.evidence.set(used)
    return application


def take_back(*, application: Application, because: str) -> Application:
    """Withdraw it. Its evidence may be changed again; that there was an application stays to be seen."""
    if not because.strip():
        raise ApplicationRefused(str(REASON_ASKED))
    taken = Application.objects.filter(pk=application.pk, withdrawn_at=None).update(
        withdrawn_at=timezone.now(), withdrawn_because=because.strip()[:300]
    )
    application.refresh_from_db()
    if not taken:
        raise ApplicationRefused(_("Deze aanvraag was al teruggenomen."))
    return application
