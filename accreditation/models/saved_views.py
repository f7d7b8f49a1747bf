"""Decided: ways of looking at a list that somebody keeps: filters, order and columns under a name, for oneself or for colleagues."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class SavedView(models.Model):
    """The question part of a list's address, under a name. With an organisation, everyone who may see the list there has it too."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views", verbose_name=_("van"))
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("gedeeld binnen")
    )
    table = models.SlugField(_("lijst"), max_length=30)
    name = models.CharField(_("naam"), max_length=60)
    query = models.CharField(_("filters, volgorde en kolommen"), max_length=1000, blank=True)
    made_at = models.DateTimeField(_("gemaakt op"), auto_now_add=True)

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("weergave")
        verbose_name_plural = _("weergaven")
        constraints = [models.UniqueConstraint(fields=["owner", "table", "name"], name="one_view_per_name")]

    def __str__(self) -> str:
        return self.name
