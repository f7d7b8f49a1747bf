"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LrsConfig(AppConfig):
    name = "lrs"

    def ready(self) -> None:
        from accounts import audit  # noqa: PLC0415 - models are not there yet when this module is read

        audit.name_events(
            {
                "lrs_credential_made": _("Toegangssleutel gemaakt"),
                "lrs_credential_rotated": _("Toegangssleutel vernieuwd"),
                "lrs_credential_revoked": _("Toegangssleutel ingetrokken"),
                "forwarding_made": _("Bestemming voor leerrecords gemaakt"),
                "forwarding_changed": _("Bestemming voor leerrecords gewijzigd"),
                "forwarding_removed": _("Bestemming voor leerrecords verwijderd"),
                "forwarding_paused": _("Doorsturen gepauzeerd"),
                "forwarding_resumed": _("Doorsturen hervat"),
                "forwarding_rewound": _("Leerrecords nog een keer doorgestuurd"),
                "forwarding_tested": _("Verbinding voor doorsturen getest"),
                "forwarding_resent": _("Onbestelbare leerrecords opnieuw verstuurd"),
                "forwarding_statement_seen": _("Onbestelbaar leerrecord bekeken"),
                "forwarding_erasure_list": _("Lijst van te wissen leerrecords gedownload"),
                "forwarding_erasure_confirmed": _("Wissen bij een bestemming bevestigd"),
                "records_downloaded": _("Eigen leerrecords gedownload"),
                "records_viewed": _("Leerrecords bekeken"),
                "record_viewed": _("Leerrecord geopend"),
                "records_searched": _("In leerrecords gezocht"),
                "records_export_begun": _("Download van leerrecords begonnen"),
                "records_exported": _("Leerrecords gedownload"),
            }
        )
