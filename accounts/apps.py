"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Mensen en organisaties")

    def ready(self) -> None:
        from accounts import checks  # noqa: F401, PLC0415 - registers the checks, which need the settings to be complete
