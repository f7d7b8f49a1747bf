"""A real installation: nothing has a default that would be unsafe, and what is unsafe is refused at the start."""

from django.core.exceptions import ImproperlyConfigured

from config.settings.base import *
from config.settings.base import REDIS_URL, SITE_URL, STORAGES, env

DEMO = False
DEBUG = False
if env.bool("DEBUG", default=False):
    raise ImproperlyConfigured("DEBUG shows a visitor the inside of the site; production refuses to start with it.")

SECRET_KEY = env.str("SECRET_KEY", default="")
if len(SECRET_KEY) < 50 or "demo" in SECRET_KEY:
    raise ImproperlyConfigured(
        "Set SECRET_KEY to a secret of at least 50 characters: python -c 'import secrets; print(secrets.token_urlsafe(50))'"
    )
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
if not ALLOWED_HOSTS:
    raise ImproperlyConfigured("Set ALLOWED_HOSTS to the host names of this site, separated by commas.")
if not SITE_URL.startswith("https://"):
    # It is sealed into every certificate as the address where that is verified, and mails lead people there to log in.
    raise ImproperlyConfigured("Set SITE_URL to the public address of this site, starting with https://.")
CSRF_TRUSTED_ORIGINS = [SITE_URL]
# The reverse proxy of deploy/ stands in front and tells the visitor's address; with 0 every visitor would look like the proxy.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=1)

# TLS ends at the reverse proxy, which must set this header and drop it from visitors (deploy/Caddyfile does).
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=365 * 24 * 3600)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
LANGUAGE_COOKIE_SECURE = True

vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="noreply@localhost")

STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}}

if REDIS_URL:
    TASKS = {"default": {"BACKEND": "django_tasks_rq.RQBackend", "QUEUES": ["default", "lrs"]}}
    RQ_QUEUES = {name: {"URL": REDIS_URL} for name in ("default", "lrs")}
    INSTALLED_APPS = [*INSTALLED_APPS, "django_rq", "django_tasks_rq"]

if sentry_dsn := env.str("SENTRY_DSN", default=""):
    import sentry_sdk

    # Without the values of variables: among them are keys of other systems.
    sentry_sdk.init(dsn=sentry_dsn, send_default_pii=False, include_local_variables=False)
