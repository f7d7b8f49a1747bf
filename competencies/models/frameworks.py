"""Decided: frameworks of competencies, such as CanMEDS for nurses and for physicians."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Framework(models.Model):
    """A published set of competencies for some professions."""

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("naam"), max_length=200)
    professions = models.ManyToManyField("accounts.Profession", blank=True, related_name="frameworks", verbose_name=_("beroepen"))
    source = models.TextField(_("bron"), blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("competentieraamwerk")
        verbose_name_plural = _("competentieraamwerken")

    def __str__(self) -> str:
        return self.name


class Competency(models.Model):
    """One competency of a framework. `code` holds the framework's, as in `canmeds-vpk:communicator`; lessons point at it."""

    framework = models.ForeignKey(Framework, on_delete=models.CASCADE, related_name="competencies", verbose_name=_("raamwerk"))
    code = models.CharField(_("code"), max_length=100, unique=True)
    name = models.CharField(_("naam"), max_length=200)
    description = models.TextField(_("omschrijving"), blank=True)
    order = models.PositiveSmallIntegerField(_("volgorde"), default=0)

    class Meta:
        ordering = ["framework", "order"]
        verbose_name = _("competentie")
        verbose_name_plural = _("competenties")

    def __str__(self) -> str:
        return self.name
