"""System checks: a seal that cannot seal is found at the start, not by the first learner."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info
from django.core.exceptions import ImproperlyConfigured

from accreditation import certificate_seal


def seal_opens(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """The configured key must be there and open with the configured password."""
    if settings.DEMO:
        return []
    if not settings.CERTIFICATE_SEAL_P12:
        return [
            Info(
                "No CERTIFICATE_SEAL_P12: certificates are recorded, but their PDFs wait until there is a seal.",
                hint="docs/operations.md tells how to make or obtain one.",
                id="accreditation.I001",
            )
        ]
    try:
        certificate_seal.current_signer()
    except Exception as error:  # noqa: BLE001 - whatever is wrong with the file, the administrator wants to read it here
        return [
            Error(
                f"The seal key {settings.CERTIFICATE_SEAL_P12} cannot be used: {error}",
                hint="Check the path and CERTIFICATE_SEAL_PASSWORD.",
                id="accreditation.E001",
            )
        ]
    try:
        certificate_seal.current_level()
    except ImproperlyConfigured as error:
        return [Error(str(error), hint="docs/operations.md tells what each level needs.", id="accreditation.E002")]
    return []
