"""Settings of the second installation in tests: its tables are made from the models at once, as those of the tests are."""

from config.settings.local import *  # noqa: F403 - settings are built upon settings


class _NoMigrations:
    def __contains__(self, app: str) -> bool:
        return True

    def __getitem__(self, app: str) -> None:
        return None


MIGRATION_MODULES = _NoMigrations()
