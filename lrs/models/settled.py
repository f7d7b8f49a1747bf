"""Derived: how far the order of arrival is settled, told to replicas through a row that they replay like any other."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Settled(models.Model):
    """One row. Whoever can read it on a replica can also read every statement up to its number."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    through = models.BigIntegerField()

    class Meta:
        verbose_name = _("vast tot")
        verbose_name_plural = _("vast tot")
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_row_of_settled")]

    def __str__(self) -> str:
        return str(self.through)
