"""Roles in an organisation: asking someone in, giving and taking. The only place where memberships change, so that the audit trail and
the editor's permissions stay in step with them."""

from datetime import timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, editors
from accounts.models import Invitation, Membership, Organisation, Role, User
from accounts.permissions import GRANTABLE, Action, may

INVITATION_IS_VALID_FOR = timedelta(days=14)


class RoleRefused(Exception):
    """This role may not be given or taken by this person; the message says why and what to do."""


def grantable_roles(*, by: User, organisation: Organisation) -> list[Role]:
    """The roles that this person may give to others in this organisation."""
    if by.is_superuser:
        return list(Role)
    return [role for role in Role if role in GRANTABLE] if may(by, Action.MANAGE_MEMBERS, organisation) else []


def invite(*, email: str, organisation: Organisation, role: Role, by: User, origin: str = "") -> Invitation:
    """Ask the owner of this address to take a role; they say yes or no. Asking again sends the same invitation once more.

    Whether the address has an account makes no difference to what the asker sees. Raises RoleRefused.
    """
    _may_give(role=role, organisation=organisation, by=by)
    if email.lower() == by.email.lower():
        raise RoleRefused(_("Je kunt jezelf geen rol geven. Vraag een andere beheerder."))
    with transaction.atomic():
        invitation, _made = Invitation.objects.update_or_create(
            organisation=organisation,
            email=email.lower(),
            role=role,
            answered_at=None,
            defaults={"invited_by": by, "valid_until": timezone.now() + INVITATION_IS_VALID_FOR},
        )
        audit.record("member_invited", actor=by, on_behalf_of=organisation, subject=email, origin=origin, role=role.value)
        transaction.on_commit(lambda: _send(invitation))
    return invitation


def answer(*, invitation: Invitation, user: User, accept: bool, origin: str = "") -> None:
    """Say yes or no to an invitation. Raises RoleRefused when it is not for this person, or no longer open."""
    if invitation.email != user.email.lower():
        raise RoleRefused(_("Deze uitnodiging is voor een ander e-mailadres. Log in met het adres waarop je haar kreeg."))
    with transaction.atomic():
        # One of two simultaneous answers counts.
        claimed = Invitation.objects.filter(pk=invitation.pk, answered_at=None, valid_until__gt=timezone.now()).update(
            answered_at=timezone.now(), accepted=accept
        )
        if not claimed:
            raise RoleRefused(_("Deze uitnodiging is al beantwoord of verlopen. Vraag een nieuwe."))
        if accept:
            # Who gave it may have lost the right to since.
            _may_give(role=Role(invitation.role), organisation=invitation.organisation, by=invitation.invited_by)
            _add(user=user, organisation=invitation.organisation, role=Role(invitation.role), by=invitation.invited_by, origin=origin)
        else:
            audit.record(
                "invitation_declined",
                actor=user,
                dossier_owner=user,
                on_behalf_of=invitation.organisation,
                origin=origin,
                role=invitation.role,
            )


def grant(*, user: User, organisation: Organisation, role: Role, by: User | None, origin: str = "") -> Membership:
    """Give a member a further role. `by=None` is the installation itself (seeding, a system of the organisation).

    Raises RoleRefused: nobody gives themselves a role, nobody gives more than they may, and only members get further ones.
    """
    if by is not None:
        _may_give(role=role, organisation=organisation, by=by)
        if by == user:
            raise RoleRefused(_("Je kunt jezelf geen rol geven. Vraag een andere beheerder."))
        if not by.is_superuser and not Membership.objects.filter(user=user, organisation=organisation).exists():
            raise RoleRefused(_("Deze persoon hoort nog niet bij de organisatie. Stuur eerst een uitnodiging."))
    return _add(user=user, organisation=organisation, role=role, by=by, origin=origin)


@transaction.atomic
def revoke(*, membership: Membership, by: User, origin: str = "") -> None:
    """Take a role away, someone else's or your own. Raises RoleRefused when nobody would be left to manage the members."""
    own = membership.user_id == by.pk
    if not own:
        _may_give(role=Role(membership.role), organisation=membership.organisation, by=by)
    managers = Membership.objects.select_for_update().filter(organisation=membership.organisation, role=Role.ASSOCIATION_ADMIN)
    if membership.role == Role.ASSOCIATION_ADMIN and not by.is_superuser and len(managers) == 1:
        raise RoleRefused(_("Dit is de laatste beheerder van deze organisatie. Geef eerst iemand anders deze rol."))
    user, organisation, role = membership.user, membership.organisation, membership.role
    membership.delete()
    audit.record("role_taken", actor=by, dossier_owner=user, on_behalf_of=organisation, origin=origin, role=role)
    editors.keep_groups_in_step(user)


@transaction.atomic
def _add(*, user: User, organisation: Organisation, role: Role, by: User | None, origin: str) -> Membership:
    membership, made = Membership.objects.get_or_create(user=user, organisation=organisation, role=role)
    if made:
        audit.record("role_given", actor=by, dossier_owner=user, on_behalf_of=organisation, origin=origin, role=role.value)
        editors.keep_groups_in_step(user)
    return membership


def _may_give(*, role: Role, organisation: Organisation, by: User) -> None:
    if role not in grantable_roles(by=by, organisation=organisation):
        raise RoleRefused(_("Deze rol mag jij hier niet geven of afnemen. Vraag de beheerder van de site."))


def _send(invitation: Invitation) -> None:
    link = settings.SITE_URL.rstrip("/") + reverse("accounts:invitation", args=[invitation.uuid])
    context = {"invitation": invitation, "organisation": invitation.organisation, "role": invitation.get_role_display(), "link": link}
    send_mail(
        _("Uitnodiging van %(organisation)s") % {"organisation": invitation.organisation},
        render_to_string("accounts/mail/invitation.txt", context),
        None,
        [invitation.email],
    )
