"""A real installation: nothing has a default that would be unsafe."""

from config.settings.base import *  # noqa: F403 - a settings module extends the one below it
from config.settings.base import env

DEBUG = False
DEMO = False
SECRET_KEY = env.str("SECRET_KEY")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
