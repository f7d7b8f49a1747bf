"""Settings of the comparison: no middleware, one app, the same database with the same options as ours."""

from config.settings.base import DATABASES, DEFAULT_AUTO_FIELD  # noqa: F401 - a settings module

SECRET_KEY = "of-the-comparison-only"
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = ["tests.bench.store.bare"]
MIDDLEWARE: list[str] = []
ROOT_URLCONF = "tests.bench.store.bare.urls"
USE_TZ = True
