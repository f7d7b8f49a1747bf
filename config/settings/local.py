"""One machine, and the demo: SQLite, no other server needed."""

from config.settings.base import *
from config.settings.base import env

DEBUG = env.bool("DEBUG", default=False)
DEMO = True
SECRET_KEY = env.str("SECRET_KEY", default="alleen-voor-de-demo-op-deze-machine")  # production.py refuses this value
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]", "testserver"])
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
