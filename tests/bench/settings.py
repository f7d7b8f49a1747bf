"""The demo's settings with the bare page added, and static files and templates as production has them."""

from config.settings.local import *  # noqa: F403 - a settings module extends the one below it

INSTALLED_APPS = [*INSTALLED_APPS, "tests.bench"]  # noqa: F405 - from base
ALLOWED_HOSTS = ["127.0.0.1"]
