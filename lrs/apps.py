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
                "lrs_credential_changed": _("Grenzen van een toegangssleutel gewijzigd"),
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
                "records_case_opened": _("Opgezocht wat de leerrecords bevatten"),
                "records_export_ordered": _("Export van leerrecords gevraagd"),
                "records_export_downloaded": _("Export van leerrecords gedownload"),
                "records_erasure_asked": _("Om wissen van leerrecords gevraagd"),
                "records_erasure_withdrawn": _("Verzoek om wissen ingetrokken"),
                "records_erasure_refused": _("Verzoek om wissen afgewezen"),
                "records_erasure_settled": _("Verzoek om wissen afgehandeld"),
                "records_erasure_extended": _("Meer tijd genomen voor een verzoek om wissen"),
                "records_erasure_ordered": _("Opdracht gegeven om leerrecords te wissen"),
                "records_erased": _("Leerrecords gewist"),
                "records_hold_placed": _("Bewaarplicht gezet"),
                "records_hold_lifted": _("Bewaarplicht opgeheven"),
                "retention_rule_made": _("Bewaartermijn gemaakt"),
                "retention_rule_ended": _("Bewaartermijn vervallen"),
                "retention_ordered": _("Opdracht gegeven om oude leerrecords te wissen"),
                "retention_carried_out": _("Oude leerrecords gewist"),
                "records_downloaded": _("Eigen leerrecords gedownload"),
                "records_taken_along": _("Leerrecords meegenomen naar een ander systeem"),
                "import_begun": _("Leerrecords ingelezen uit een ander systeem"),
                "import_stopped": _("Inlezen van leerrecords gestopt"),
                "import_report_seen": _("Niet overgenomen leerrecords bekeken"),
                "records_viewed": _("Leerrecords bekeken"),
                "record_viewed": _("Leerrecord geopend"),
                "records_searched": _("In leerrecords gezocht"),
                "records_export_begun": _("Download van leerrecords begonnen"),
                "records_exported": _("Leerrecords gedownload"),
            }
        )
