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
                "big-number-decided": _("Over je BIG-nummer besloten"),
                "number-claimed": _("Om een registernummer gevraagd"),
                "number-claim-decided": _("Over een registernummer besloten"),
                "number-reviews-viewed": _("Nummers ter beoordeling bekeken"),
                "number-review-opened": _("Je registernummer beoordeeld"),
                "insight-viewed": _("Inzicht bekeken"),
                "insight-exported": _("Inzicht geëxporteerd"),
                "register-rule-saved": _("Registerregel bewaard"),
                "register-rule-ended": _("Registerregel beëindigd"),
                "register-section-saved": _("Deelregister bewaard"),
                "point-category-saved": _("Puntensoort bewaard"),
                "leave-saved": _("Verlof opgeschreven"),
                "leave-removed": _("Verlof weggehaald"),
                "draft-saved": _("Voorstel bewaard"),
                "draft-applied": _("Voorstel ingegaan"),
                "draft-dropped": _("Voorstel weggelegd"),
                "draft-people-viewed": _("Uitkomst van een voorstel per persoon bekeken"),
                "draft-people-exported": _("Uitkomst van een voorstel per persoon geëxporteerd"),
                "attendance-list-read": _("Presentielijst ingelezen"),
                "attendance-list-viewed": _("Presentielijst bekeken"),
                "attendance-list-confirmed": _("Presentielijst vastgelegd"),
                "attendance-list-discarded": _("Presentielijst weggegooid"),
                "attendance-lines-enrolled": _("Mensen uit een presentielijst ingeschreven"),
                "attendance-lines-left-out": _("Mensen uit een presentielijst weggelaten"),
                "attendance-people-searched": _("Deelnemers gezocht bij een onbekend nummer"),
                "attendance-line-settled": _("Onbekend nummer aan een deelnemer gekoppeld"),
                "attendance-name-accepted": _("Afwijkende naam op een presentielijst goedgekeurd"),
                "attendance-line-corrected": _("Regel op een presentielijst verbeterd"),
                "attendance-line-dropped": _("Onbekend nummer weggelegd"),
                "bulk-confirmed": _("Bulkactie bevestigd"),
                "bulk-undone": _("Bulkactie ongedaan gemaakt"),
                "bulk-row-undone": _("Ongedaan gemaakt met een tegenboeking"),
                "bulk-reported": _("Aangeboden om te melden"),
                "bulk-viewed": _("Bulkactie bekeken"),
                "awards-viewed": _("Toekenningen bekeken"),
                "points-corrected": _("Punten verbeterd"),
                "job-file-fetched": _("Bestand van een taak gedownload"),
                "job-stopped": _("Taak gestopt"),
                "job-continued": _("Taak hervat"),
                "certificate-viewed": _("Certificaat bekeken"),
                "certificate-downloaded": _("Certificaat gedownload"),
                "certificate-revoked": _("Certificaat ingetrokken"),
                "dossier-shared": _("Link gemaakt om mee te kijken in een dossier"),
                "dossier-share-stopped": _("Link om mee te kijken gestopt"),
                "shared-dossier-viewed": _("Gedeeld dossier bekeken via een link"),
                "shared-document-opened": _("Document uit een gedeeld dossier geopend via een link"),
                "dossier-taken-over": _("Dossier van elders overgenomen"),
                "evidence-kind-saved": _("Soort eigen bewijs bewaard"),
                "dossier-packed": _("Dossier ingepakt om mee te nemen"),
                "dossier-downloaded": _("Ingepakt dossier gedownload"),
                "dossier-on-paper": _("Dossier als PDF gedownload"),
                "application-made": _("Aanvraag voor een register vastgelegd"),
                "application-withdrawn": _("Aanvraag voor een register teruggenomen"),
                "certificate-reissued": _("Certificaat opnieuw uitgegeven"),
                "attendance-statements-viewed": _("Deelnameverklaringen bekeken"),
                "attendance-statement-issued": _("Deelnameverklaring gemaakt"),
                "attendance-statement-downloaded": _("Deelnameverklaring gedownload"),
                "attendance-statement-revoked": _("Deelnameverklaring ingetrokken"),
                "badge-key-rotated": _("Badgesleutel vervangen"),
                "reports-viewed": _("Meldingen aan registers bekeken"),
                "report-viewed": _("Melding aan een register bekeken"),
                "reports-queued": _("Aanwezigheid klaargezet om te melden"),
                "reports-sent-again": _("Meldingen opnieuw klaargezet"),
                "report-number-changed": _("Nummer van een melding gewijzigd"),
                "reports-answered": _("Antwoord van het register bij meldingen vastgelegd"),
                "reports-marked": _("Meldingen met de hand als gemeld aangemerkt"),
                "reports-dropped": _("Meldingen die niet meer hoeven"),
                "report-told": _("Wijziging gemeld bij het register"),
                "reports-filed": _("Bestand met meldingen gemaakt"),
                "reports-compared": _("Meldingen vergeleken met de lijst van het register"),
                "register-connection-saved": _("Koppeling met een register bewaard"),
                "register-connection-changed": _("Koppeling met een register gestopt of hervat"),
                "reporting-term-saved": _("Meldtermijn van een register bewaard"),
                "known-answer-saved": _("Uitleg bij een antwoord van een register bewaard"),
            }
        )
