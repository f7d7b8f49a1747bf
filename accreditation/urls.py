"""Addresses of `accreditation`."""

from django.urls import path
from django.views.generic import RedirectView

from accreditation.views import administration, badges, dossier, evidence, jobs, verification

app_name = "accreditation"
urlpatterns = [
    path("mijn/dossier/", dossier.my_dossier, name="my_dossier"),
    path("mijn/dossier/bijschrijven/<slug:register>/", dossier.claim_points, name="claim_points"),
    path("mijn/dossier/bewijs/", evidence.my_evidence, name="my_evidence"),
    path("mijn/dossier/bewijs/nieuw/", evidence.new_evidence, name="new_evidence"),
    path("mijn/dossier/bewijs/<uuid:uuid>/", evidence.evidence, name="evidence"),
    path("mijn/dossier/bewijs/<uuid:uuid>/bestand/", evidence.add_document, name="add_document"),
    path("mijn/dossier/bewijs/<uuid:uuid>/bestand/<int:pk>/", evidence.document, name="evidence_document"),
    path("mijn/dossier/bewijs/<uuid:uuid>/bestand/<int:pk>/weghalen/", evidence.remove_document, name="remove_document"),
    path("mijn/dossier/bewijs/<uuid:uuid>/intrekken/", evidence.withdraw_evidence, name="withdraw_evidence"),
    path("mijn/dossier/bewijs/<uuid:uuid>/terugzetten/", evidence.put_back_evidence, name="put_back_evidence"),
    path("mijn/dossier/bewijs/<uuid:uuid>/weggooien/", evidence.discard_evidence, name="discard_evidence"),
    path("mijn/certificaten/", dossier.my_certificates, name="my_certificates"),
    path("mijn/certificaten/<str:number>.pdf", dossier.my_certificate_pdf, name="my_certificate_pdf"),
    path("mijn/certificaten/<str:number>/badge/", badges.my_badge, name="my_badge"),
    path("mijn/certificaten/<str:number>/badge.<str:kind>", badges.my_badge_file, name="my_badge_file"),
    path(".well-known/did.json", badges.installation_did, name="installation_did"),
    path(".well-known/jwks.json", badges.all_keys, name="all_keys"),
    path("uitgevers/<slug:slug>/", badges.issuer, name="issuer"),
    path("uitgevers/<slug:slug>/did.json", badges.issuer_did, name="issuer_did"),
    path("uitgevers/<slug:slug>/jwks.json", badges.issuer_keys, name="issuer_keys"),
    path("uitgevers/<slug:slug>/sleutels/<slug:name>/", badges.issuer_key, name="issuer_key"),
    path("uitgevers/<slug:slug>/ingetrokken.json", badges.issuer_revocations, name="issuer_revocations"),
    path("prestaties/<uuid:release>/", badges.achievement, name="achievement"),
    path("prestaties/<uuid:release>/beeld.png", badges.achievement_picture, name="achievement_picture"),
    path("verifieer/", verification.check_number, name="verify"),
    path("verifieer/bestand/", verification.check_file, name="verify_file"),
    path("verifieer/<str:token>/", verification.check_token, name="verify_token"),
    path("beheer/accreditaties/", administration.accreditations, name="accreditations"),
    path("beheer/accreditaties/nieuw/", administration.accreditation, name="new_accreditation"),
    path("beheer/accreditaties/<int:pk>/", administration.accreditation, name="accreditation"),
    path("beheer/accreditaties/<int:pk>/bijschrijven/", administration.award_missing, name="award_missing"),
    path("beheer/accreditaties/<int:pk>/export/<slug:kind>/", administration.export, name="export"),
    path("beheer/resultaten/", administration.results_table, name="results"),
    path("beheer/certificaten/", RedirectView.as_view(pattern_name="accreditation:results", query_string=True), name="certificates"),
    path("beheer/certificaten/<int:pk>/", administration.certificate, name="certificate"),
    path("beheer/certificaten/<int:pk>/pdf/", administration.certificate_pdf, name="certificate_pdf"),
    path("beheer/certificaten/<int:pk>/intrekken/", administration.revoke, name="revoke"),
    path("beheer/certificaten/<int:pk>/vervangen/", administration.reissue, name="reissue"),
    path("beheer/registers/", administration.registers, name="registers"),
    path("beheer/registers/regel/<int:pk>/", administration.register_rule, name="register_rule"),
    path("beheer/taken/", jobs.job_list, name="jobs"),
    path("beheer/taken/<int:pk>/", jobs.job, name="job"),
    path("beheer/taken/<int:pk>/stop/", jobs.stop_job, name="stop_job"),
    path("beheer/taken/<int:pk>/verder/", jobs.continue_job, name="continue_job"),
]
