"""What the comparison keeps: statements as JSON (jsonb on PostgreSQL), and documents under a name."""

from django.db import models


class Record(models.Model):
    document = models.JSONField()

    class Meta:
        verbose_name = "record"

    def __str__(self) -> str:
        return str(self.pk)


class Document(models.Model):
    name = models.CharField(max_length=200, unique=True)
    content = models.BinaryField()

    class Meta:
        verbose_name = "document"

    def __str__(self) -> str:
        return self.name
