"""Makes and changes how an organisation reports to a register, and stops and starts it."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from accounts.models import User
from accounts.outgoing.connection import AddressRefused, check_address
from accounts.outgoing.locks import locked
from accounts.permissions import Action, organisations_where
from accreditation.models import RegisterConnection, Report, ReportAttempt, ReportCall
from accreditation.reporting.transport import Login

State, Reason = RegisterConnection.State, RegisterConnection.Reason


class ConnectionRefused(Exception):
    """This connection cannot be kept like this; the message says why, `field` names what to mend."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


def visible_to(person: User, action: Action = Action.EXPORT_RESULTS) -> QuerySet[RegisterConnection]:
    """The connections of the organisations where this person may do this."""
    return RegisterConnection.objects.filter(organisation__in=organisations_where(person, action)).select_related(
        "organisation", "register"
    )


def save(connection: RegisterConnection, *, login: Login | None) -> RegisterConnection:
    """Keep this connection; `login` is None when the key stays as it was. A stopped connection with a new key goes on.

    Raises ConnectionRefused.
    """
    if connection.by_service:
        try:
            check_address(connection.endpoint)
        except AddressRefused as refusal:
            raise ConnectionRefused(str(refusal), "endpoint") from None
        if login is None and not connection.user_key_locked:
            raise ConnectionRefused(gettext("Vul de userID en de userKey in. Je krijgt ze van PE-online."), "user_id")
        before = RegisterConnection.objects.filter(pk=connection.pk).values_list("endpoint", flat=True).first()
        if login is None and before is not None and before != connection.endpoint:
            # Whoever may change the address could otherwise have the key sent to a place of their own.
            raise ConnectionRefused(gettext("Bij een ander adres vul je ook de userID en de userKey opnieuw in."), "user_key")
    goes_by_service = RegisterConnection.objects.filter(pk=connection.pk, transport__in=RegisterConnection.SERVICES).exists()
    if connection.pk is not None and connection.by_service and not goes_by_service and _unanswered(connection).exists():
        raise ConnectionRefused(
            gettext("Er ligt nog een bestand. Geef eerst aan dat je het hebt ingeleverd, of zet het terug; kies daarna de webservice.")
        )
    if login is not None:
        connection.user_id_locked, connection.user_key_locked = locked(login.user_id), locked(login.user_key)
        if connection.reason != Reason.BY_HAND:
            connection.state, connection.reason, connection.last_answer = State.ACTIVE, Reason.NONE, ""
        connection.retry_at, connection.failures, connection.refusals = None, 0, 0
    if not connection.automatic:
        connection.automatic_since = None
    elif connection.automatic_since is None:
        connection.automatic_since = timezone.now()
    with transaction.atomic():
        went_live = (
            connection.pk is not None
            and not connection.test_mode
            and RegisterConnection.objects.filter(pk=connection.pk, test_mode=True).exists()
        )
        fields = [
            "transport", "endpoint", "user_id_locked", "user_key_locked", "test_mode", "automatic", "automatic_since", "email", "columns",
            "state", "reason", "last_answer", "retry_at", "failures", "refusals",
        ]  # fmt: skip
        connection.save(update_fields=None if connection.pk is None else fields)
        if went_live:
            send_tested(connection)
        if goes_by_service and not connection.by_service:
            _take_back(connection)
    return connection


def send_tested(connection: RegisterConnection) -> int:
    """What was only approved in the vendor's test mode goes again, now for real."""
    found = list(Report.objects.filter(connection=connection, state=Report.State.TESTED).select_for_update(of=("self",)))
    Report.objects.filter(pk__in=[report.pk for report in found]).update(state=Report.State.WAITING)
    now = timezone.now()
    ReportAttempt.objects.bulk_create(
        [ReportAttempt(report=one, at=now, outcome=ReportAttempt.Outcome.AGAIN, number=one.number) for one in found]
    )
    return len(found)


def _unanswered(connection: RegisterConnection) -> QuerySet[ReportCall]:
    return ReportCall.objects.filter(connection=connection, closed_at=None)


def _take_back(connection: RegisterConnection) -> None:
    """What is under way waits again: no worker will read the answer, and what arrives twice changes nothing there."""
    now = timezone.now()
    _unanswered(connection).update(closed_at=now, outcome="lost")
    found = list(Report.objects.filter(connection=connection, state=Report.State.SENT).select_for_update(of=("self",)))
    Report.objects.filter(pk__in=[report.pk for report in found]).update(state=Report.State.WAITING)
    ReportAttempt.objects.bulk_create(
        [
            ReportAttempt(report=one, call_id=one.call_id, at=now, outcome=ReportAttempt.Outcome.UNANSWERED, number=one.number)
            for one in found
        ]
    )


def pause(connection: RegisterConnection) -> None:
    RegisterConnection.objects.filter(pk=connection.pk).update(state=State.PAUSED, reason=Reason.BY_HAND)


def resume(connection: RegisterConnection) -> None:
    """Go on now, whatever stopped it."""
    RegisterConnection.objects.filter(pk=connection.pk).update(
        state=State.ACTIVE, reason=Reason.NONE, retry_at=None, failures=0, refusals=0, queued_at=None
    )
