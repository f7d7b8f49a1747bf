"""The audit trail: one function to write, and questions to read it.

Events are named by the room that records them; `name_events` gives them the words in which people read them.
"""

from datetime import date
from typing import Any

from allauth.account.adapter import get_adapter
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.looking_up import meant_by
from accounts.models import AuditEvent, Organisation, User
from accounts.permissions import Action, organisations_where

_WORDS: dict[str, str | Promise] = {
    "logged_in": _("Ingelogd"),
    "logged_out": _("Uitgelogd"),
    "login_failed": _("Inloggen geprobeerd met een verkeerd wachtwoord"),
    "second_step_failed": _("Verkeerde code bij de tweede stap"),
    "second_step_removed": _("Tweede stap weggehaald door de beheerder"),
    "sessions_ended": _("Elders uitgelogd"),
    "password_changed": _("Wachtwoord gewijzigd"),
    "password_set": _("Wachtwoord gekozen"),
    "password_reset": _("Wachtwoord opnieuw ingesteld"),
    "email_changed": _("E-mailadres gewijzigd"),
    "email_confirm": _("E-mailadres bevestigd"),
    "email_deleted": _("E-mailadres verwijderd"),
    "totp_activated": _("Tweede stap met een app ingesteld"),
    "totp_deactivated": _("Tweede stap met een app uitgezet"),
    "webauthn_added": _("Passkey of sleutel toegevoegd"),
    "webauthn_removed": _("Passkey of sleutel verwijderd"),
    "recovery_codes_generated": _("Herstelcodes gemaakt"),
    "account_connected": _("Account van een ander systeem gekoppeld"),
    "account_disconnected": _("Account van een ander systeem losgekoppeld"),
    "profile_changed": _("Profiel gewijzigd"),
    "register_entry_added": _("Registernummer toegevoegd"),
    "register_entry_changed": _("Registernummer gewijzigd"),
    "register_entry_removed": _("Registernummer verwijderd"),
    "member_invited": _("Iemand uitgenodigd"),
    "invitation_declined": _("Uitnodiging afgeslagen"),
    "role_given": _("Rol gegeven"),
    "role_taken": _("Rol afgenomen"),
    "audit_exported": _("Audittrail gedownload"),
}


def name_events(words: dict[str, str | Promise]) -> None:
    """Add the words for the events of another room: `audit.name_events({"dossier_seen": _("Dossier bekeken")})`."""
    _WORDS.update(words)


def words_for(event: str) -> str:
    """What happened, as a person reads it."""
    known = _WORDS.get(event)
    return str(known) if known else event.replace("_", " ").replace("-", " ").capitalize()


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
    """Add one row to the audit trail; `details` must be JSON and hold no more personal data than the event needs.

    The detail `visitor` names who did it without an account, in the words of the person who let them in.
    """
    return AuditEvent.objects.create(
        event=event,
        actor=actor,
        dossier_owner=dossier_owner,
        on_behalf_of=on_behalf_of,
        subject=subject[:200],
        origin=origin[:200],
        details=details,
    )


def origin_of(request: HttpRequest) -> str:
    """Where a request came from: the network address, for the audit trail's "from where"."""
    return get_adapter(request).get_client_ip(request) or ""


def about(owner: User, *, by_others_only: bool = True) -> QuerySet[AuditEvent]:
    """Who looked at or changed this person's data; their own acts too when asked."""
    events = AuditEvent.objects.filter(dossier_owner=owner).select_related("actor", "on_behalf_of")
    # An unknown actor is someone else as well: `exclude` alone would drop the rows without one.
    return events.filter(Q(actor=None) | ~Q(actor=owner)) if by_others_only else events


def readable_by(reader: User) -> QuerySet[AuditEvent]:
    """The rows that this person may read: those of the organisations they audit; all of them for a superuser."""
    events = AuditEvent.objects.select_related("actor", "on_behalf_of", "dossier_owner")
    return events if reader.is_superuser else events.filter(on_behalf_of__in=organisations_where(reader, Action.READ_AUDIT))


def narrowed(
    events: QuerySet[AuditEvent], *, q: str = "", event: str = "", since: date | None = None, until: date | None = None, **_other: Any
) -> QuerySet[AuditEvent]:
    """Those of a person, of one kind, between two days (Amsterdam's days, both included)."""
    if q:
        events = events.filter(meant_by(q, path="actor__") | meant_by(q, path="dossier_owner__") | Q(details__visitor__icontains=q))
    if event:
        events = events.filter(event=event)
    if since:
        events = events.filter(at__date__gte=since)
    if until:
        events = events.filter(at__date__lte=until)
    return events


def event_choices(events: QuerySet[AuditEvent]) -> list[tuple[str, str]]:
    """The kinds of event that occur, with their words."""
    return sorted(
        ((event, words_for(event)) for event in events.order_by().values_list("event", flat=True).distinct()), key=lambda pair: pair[1]
    )
