"""The audit trail: one function to write, one question to read."""

from django.http import HttpRequest

from accounts.models import AuditEvent, Organisation, User


def record(
    event: str,
    *,
    actor: User | None,
    dossier_owner: User | None = None,
    on_behalf_of: Organisation | None = None,
    subject: str = "",
    origin: str = "",
    **details: object,
) -> AuditEvent:
    """Add one row to the audit trail; `details` must be JSON and hold no more personal data than the event needs."""
    return AuditEvent.objects.create(
        event=event, actor=actor, dossier_owner=dossier_owner, on_behalf_of=on_behalf_of, subject=subject[:200], origin=origin[:200], details=details
    )


def origin_of(request: HttpRequest) -> str:
    """Where a request came from: the network address, for the audit trail's "from where"."""
    return request.META.get("REMOTE_ADDR", "")
