"""Demo: how the demo associations report. By list and as a file, which go nowhere by themselves; and a service that is a stand-in, stopped."""

from datetime import timedelta

from django.utils import timezone

from accounts.models import Register, User
from accounts.outgoing.locks import locked
from accreditation.models import Accreditation, PointAward, RegisterConnection, Report
from accreditation.reporting import files, outbox

Transport, State, Reason = RegisterConnection.Transport, RegisterConnection.State, RegisterConnection.Reason
# Where `make pe-online-stand-in` listens, and the key that it prints: no secret of anybody.
STAND_IN = "http://127.0.0.1:8052/pe-services/pe-attendanceelearning/WriteAttendance.asmx"
STAND_IN_USER, STAND_IN_KEY = "demo-aanbieder", "demo-sleutel-niet-geheim"
WAYS = {"kwaliteitsregister-vv": Transport.LIST, "vs-register": Transport.FILE, "rgs-gaia": Transport.POST}
REPORTED_BEFORE = timedelta(days=200)


def seed(actor: User | None) -> None:
    """Make the connections, and report what is older than half a year. Again is harmless."""
    for accreditation in Accreditation.objects.filter(is_demo=True, register__code__in=WAYS).select_related("course", "register"):
        if accreditation.course.organisation_id:
            _connection(accreditation.register, accreditation.course.organisation_id)
    if actor is None:
        return
    for connection in RegisterConnection.objects.filter(transport=Transport.LIST, register__code__in=WAYS).select_related("register"):
        if Report.objects.filter(connection=connection).exists():
            continue
        before = timezone.now() - REPORTED_BEFORE
        old = PointAward.objects.filter(register=connection.register, accreditation__course__organisation=connection.organisation_id)
        if outbox.queue(awards=old.filter(accreditation__is_demo=True, completed_at__lt=before), actor=actor).new:
            call = files.make(connection=connection, actor=actor)
            files.mark(call=call, on=timezone.now() - timedelta(days=30), note="Voorbeeld: lijst ingelezen.", actor=actor)


def _connection(register: Register, organisation: int) -> None:
    way = WAYS[register.code]
    RegisterConnection.objects.get_or_create(
        organisation_id=organisation,
        register=register,
        defaults={
            "transport": way,
            **(
                {
                    "endpoint": STAND_IN,
                    "user_id_locked": locked(STAND_IN_USER),
                    "user_key_locked": locked(STAND_IN_KEY),
                    "state": State.PAUSED,
                    "reason": Reason.BY_HAND,
                }
                if way == Transport.POST
                else {}
            ),
        },
    )
