"""What is set up wrongly, said before someone finds out the hard way."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, register


@register(Tags.translation)
def english_is_whole(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A language that is offered has its words: without a compiled catalogue only dates and numbers would change with it."""
    sources = [Path(app.path) / "locale/en/LC_MESSAGES/django.po" for app in apps.get_app_configs()]
    missing = [source for source in sources if source.is_relative_to(settings.BASE_DIR) and source.exists()]
    missing = [source for source in missing if not source.with_suffix(".mo").exists()]
    if not missing or "en" not in dict(settings.LANGUAGES):
        return []
    hint = "Run python -m config.translations compile: pages in English would have Dutch sentences with English dates and numbers."
    return [Error(f"English is offered, but {len(missing)} of its catalogues are not compiled.", hint=hint, id="accounts.E005")]


@register(Tags.security)
def login_is_safe(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The shortcuts of the demo stay in the demo; another system to log in with is reached over TLS."""
    if settings.DEMO:
        return []
    found: list[CheckMessage] = []
    if not settings.MFA_REQUIRED_FOR_ADMINISTRATORS:
        found.append(
            Error(
                "Administrators may log in without a second step.",
                hint="MFA_REQUIRED_FOR_ADMINISTRATORS may be off in the demo only: administrators see and change what belongs to others.",
                id="accounts.E001",
            )
        )
    if settings.ACCOUNT_EMAIL_VERIFICATION != "mandatory":
        found.append(
            Error(
                "Someone can have an account with an address that is not theirs.",
                hint='ACCOUNT_EMAIL_VERIFICATION must be "mandatory": invitations, password resets and other systems rely on the address.',
                id="accounts.E002",
            )
        )
    found += [
        Error(
            f"The log-in system {app['provider_id']} is reached without TLS.",
            hint="OIDC_PROVIDERS: server_url must start with https://, or anyone on the way decides who logs in.",
            id="accounts.E003",
        )
        for app in settings.SOCIALACCOUNT_PROVIDERS.get("openid_connect", {}).get("APPS", [])
        if urlsplit(app["settings"]["server_url"]).scheme != "https"
    ]
    found += [
        Error(f"Unsigned assertions of {app['provider_id']} are believed.", hint="Keep want_assertion_signed on.", id="accounts.E004")
        for app in settings.SOCIALACCOUNT_PROVIDERS.get("saml", {}).get("APPS", [])
        if not app["settings"]["advanced"].get("want_assertion_signed")
    ]
    if not settings.REDIS_URL:
        found.append(
            Info(
                "Attempts to log in are counted per process.",
                hint="Set REDIS_URL when there is more than one web process, so that the limit on attempts holds for all of them together.",
                id="accounts.I001",
            )
        )
    return found
