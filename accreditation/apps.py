"""App configuration."""

from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _


class AccreditationConfig(AppConfig):
    name = "accreditation"

    def ready(self) -> None:
        from accounts import audit  # noqa: PLC0415 - the same
        from accreditation.checks import seal_opens  # noqa: PLC0415 - models can be imported only when all apps are there

        checks.register(seal_opens, deploy=True)
        audit.name_events(
            {
                "accreditation-saved": _("Accreditatie bewaard"),
                "points-awarded-later": _("Punten alsnog bijgeschreven"),
                "results-viewed": _("Resultaten bekeken"),
                "results-exported": _("Resultaten geëxporteerd"),
                "register-rule-saved": _("Registerregel bewaard"),
                "job-stopped": _("Taak gestopt"),
                "job-continued": _("Taak hervat"),
                "certificate-viewed": _("Certificaat bekeken"),
                "certificate-downloaded": _("Certificaat gedownload"),
                "certificate-revoked": _("Certificaat ingetrokken"),
                "application-made": _("Aanvraag voor een register vastgelegd"),
                "application-withdrawn": _("Aanvraag voor een register teruggenomen"),
                "certificate-reissued": _("Certificaat opnieuw uitgegeven"),
                "badge-key-rotated": _("Badgesleutel vervangen"),
            }
        )
