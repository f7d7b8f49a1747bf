"""App configuration."""

from django.apps import AppConfig
from django.core import checks


class AccreditationConfig(AppConfig):
    name = "accreditation"

    def ready(self) -> None:
        from accreditation.checks import seal_opens  # noqa: PLC0415 - models can be imported only when all apps are there

        checks.register(seal_opens, deploy=True)
