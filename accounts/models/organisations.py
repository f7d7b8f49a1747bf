"""Decided: organisations, and the roles people hold in them."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Region(models.Model):
    """A care region, for capacity and cohorts."""

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("naam"), max_length=120)

    class Meta:
        ordering = ["name"]
        verbose_name = _("regio")
        verbose_name_plural = _("regio's")

    def __str__(self) -> str:
        return self.name


class Organisation(models.Model):
    """An association, hospital, training institute or centre of expertise."""

    class Kind(models.TextChoices):
        ASSOCIATION = "association", _("vereniging")
        HOSPITAL = "hospital", _("ziekenhuis")
        TRAINING_INSTITUTE = "training_institute", _("opleidingsinstituut")
        EXPERTISE_CENTRE = "expertise_centre", _("expertisecentrum")

    name = models.CharField(_("naam"), max_length=200, unique=True)
    slug = models.SlugField(_("korte naam"), unique=True)
    kind = models.CharField(_("soort"), max_length=30, choices=Kind)
    region = models.ForeignKey(Region, on_delete=models.SET_NULL, null=True, blank=True, verbose_name=_("regio"))

    class Meta:
        ordering = ["name"]
        verbose_name = _("organisatie")
        verbose_name_plural = _("organisaties")

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What someone is to an organisation. Which role may do what: `accounts.permissions`."""

    LEARNER = "learner", _("deelnemer")
    AUTHOR = "author", _("auteur")
    TEACHER = "teacher", _("docent")
    SUPERVISOR = "supervisor", _("opleider")
    ACCREDITATION_ADMIN = "accreditation_admin", _("accreditatiebeheerder")
    ASSOCIATION_ADMIN = "association_admin", _("verenigingsbeheerder")
    AUDITOR = "auditor", _("auditor")


class Membership(models.Model):
    """A role of a person, within one organisation."""

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="memberships", verbose_name=_("persoon"))
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("organisatie"))
    role = models.CharField(_("rol"), max_length=30, choices=Role)
    since = models.DateField(_("sinds"), auto_now_add=True)

    class Meta:
        verbose_name = _("lidmaatschap")
        verbose_name_plural = _("lidmaatschappen")
        constraints = [models.UniqueConstraint(fields=["user", "organisation", "role"], name="one_membership_per_role")]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()} ({self.organisation})"


class Invitation(models.Model):
    """Someone is asked into an organisation. A role shows an organisation a person's progress, so the person says yes first."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="invitations", verbose_name=_("organisatie"))
    email = models.EmailField(_("e-mailadres"))
    role = models.CharField(_("rol"), max_length=30, choices=Role)
    invited_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+", verbose_name=_("uitgenodigd door"))
    invited_at = models.DateTimeField(_("uitgenodigd op"), auto_now_add=True)
    valid_until = models.DateTimeField(_("geldig tot"))
    answered_at = models.DateTimeField(_("beantwoord op"), null=True, blank=True)
    accepted = models.BooleanField(_("aangenomen"), null=True)

    class Meta:
        ordering = ["-invited_at"]
        verbose_name = _("uitnodiging")
        verbose_name_plural = _("uitnodigingen")
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "email", "role"], condition=models.Q(answered_at=None), name="one_open_invitation_per_role"
            )
        ]

    def __str__(self) -> str:
        return f"{self.email}: {self.get_role_display()} ({self.organisation})"

    @property
    def is_open(self) -> bool:
        return self.answered_at is None and timezone.now() < self.valid_until
