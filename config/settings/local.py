"""One machine, and the demo: SQLite, no other server needed."""

from config.catalogues import bring_up_to_date
from config.settings.base import *
from config.settings.base import env

bring_up_to_date()

DEBUG = env.bool("DEBUG", default=False)
DEMO = True
SERVE_MEDIA = True  # no reverse proxy on one machine
SECRET_KEY = env.str("SECRET_KEY", default="alleen-voor-de-demo-op-deze-machine")  # production.py refuses this value
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]", "testserver"])
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"

OUTGOING_LOOPBACK = True  # another system may run on this machine, without https: a second store, a stand-in of a register

# A visitor of the demo wants to look round, not to set up a second step or to fetch mail. The banner says so.
MFA_REQUIRED_FOR_ADMINISTRATORS = env.bool("MFA_REQUIRED_FOR_ADMINISTRATORS", default=False)
ACCOUNT_EMAIL_VERIFICATION = env.str("ACCOUNT_EMAIL_VERIFICATION", default="optional")
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True  # passkeys on http://localhost
