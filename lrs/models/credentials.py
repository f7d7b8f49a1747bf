"""Decided: the keys with which tools may use the xAPI interface, how far what they say is trusted, and launches for one learner."""

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
    activity_prefixes = models.JSONField(_("alleen deze activiteiten"), default=list, blank=True)
    learners_of_organisation = models.BooleanField(_("alleen leden van de organisatie"), default=False)
    requests_a_minute = models.PositiveIntegerField(_("verzoeken per minuut"), null=True, blank=True)
    largest_body = models.PositiveIntegerField(_("grootste verzoek"), null=True, blank=True, help_text=_("In bytes."))
    # The secret before the last renewal, for as long as both work.
    previous_secret_hash = models.CharField(max_length=128, blank=True, default="")
    previous_until = models.DateTimeField(_("vorige geheim werkt tot"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("laatst gebruikt"), null=True, blank=True)
    created_at = models.DateTimeField(_("gemaakt op"), auto_now_add=True)
    expires_at = models.DateTimeField(_("verloopt op"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("ingetrokken op"), null=True, blank=True)

    # Set on the key that stands for a launch; such a key is in no table (lrs.launch).
    launch: "Launch | None" = None

    class Meta:
        verbose_name = _("toegangssleutel")
        verbose_name_plural = _("toegangssleutels")

    def __str__(self) -> str:
        return self.name


class Launch(models.Model):
    """Leave for content to write as one learner, about one activity and what lies under it, in one registration, for a while."""

    key = models.CharField(max_length=64, unique=True)
    secret_hash = models.CharField(max_length=128)
    fetch_hash = models.CharField(max_length=128, blank=True)
    learner = models.UUIDField(_("deelnemer"))
    application = models.CharField(_("onderdeel"), max_length=40)
    activity_prefix = models.CharField(_("activiteit"), max_length=1000)
    registration = models.UUIDField(_("registratie"))
    created_at = models.DateTimeField(_("gemaakt op"), auto_now_add=True)
    expires_at = models.DateTimeField(_("verloopt op"), db_index=True)
    fetched_at = models.DateTimeField(_("opgehaald op"), null=True, blank=True)
    ended_at = models.DateTimeField(_("beëindigd op"), null=True, blank=True)

    class Meta:
        verbose_name = _("start van een activiteit")
        verbose_name_plural = _("gestarte activiteiten")

    def __str__(self) -> str:
        return f"{self.application} {self.activity_prefix}"
