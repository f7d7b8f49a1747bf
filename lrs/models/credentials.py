"""Decided: the keys with which tools may use the xAPI interface, and how far what they say is trusted."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Source(models.TextChoices):
    """How a statement came in; completion rules state the trust they need (docs/architecture.md, "Trust")."""

    SERVER = "server", _("onze eigen server")
    LEARNER_SESSION = "learner_session", _("de browser van de deelnemer")
    TOOL = "tool", _("een aangesloten hulpmiddel")
    OUTSIDE = "outside", _("een ander systeem")


class Credential(models.Model):
    """A key and secret with which a tool may use the xAPI interface. The secret is kept only as a keyed hash."""

    name = models.CharField(_("naam"), max_length=120)
    key = models.CharField(_("sleutel"), max_length=64, unique=True)
    secret_hash = models.CharField(_("hash van het geheim"), max_length=128)
    scopes = models.JSONField(_("rechten"), default=list)
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("organisatie")
    )
    joins_people = models.BooleanField(
        _("herkent leden aan hun e-mailadres"),
        default=False,
        help_text=_(
            "Een uitspraak over het bevestigde e-mailadres van een lid van de organisatie komt in diens dossier, onder pseudoniem."
        ),
    )
    source = models.CharField(_("herkomst"), max_length=20, choices=Source, default=Source.OUTSIDE)
    created_at = models.DateTimeField(_("gemaakt op"), auto_now_add=True)
    expires_at = models.DateTimeField(_("verloopt op"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("ingetrokken op"), null=True, blank=True)

    class Meta:
        verbose_name = _("toegangssleutel")
        verbose_name_plural = _("toegangssleutels")

    def __str__(self) -> str:
        return self.name
