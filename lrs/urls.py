"""Addresses of the pages about the record; the xAPI interface has its own in `api_urls`."""

from django.urls import path

from lrs import credential_views, privacy_views, viewer_views, views

app_name = "lrs"
urlpatterns = [
    path("mijn/leerrecords/", views.my_records, name="my_records"),
    path("mijn/leerrecords/wissen/", privacy_views.my_erasure, name="my_erasure"),
    path("mijn/leerrecords/zip/", privacy_views.my_exports, name="my_exports"),
    path("mijn/leerrecords/download.json", views.my_records_download, name="my_records_download"),
    path("beheer/leerrecords/", viewer_views.records, name="records"),
    path("beheer/leerrecords/keuzes/", viewer_views.records_choices, name="records_choices"),
    path("beheer/leerrecords/export.<str:kind>", viewer_views.records_export, name="records_export"),
    path("beheer/leerrecords/<uuid:statement>/", viewer_views.record, name="record"),
    path("beheer/leerrecords/<uuid:statement>/tekst.json", viewer_views.record_text, name="record_text"),
    path("beheer/leerrecords/<uuid:statement>/bijlagen/<str:sha2>/", viewer_views.record_attachment, name="record_attachment"),
    path("beheer/toegangssleutels/", credential_views.credential_list, name="credentials"),
    path("beheer/toegangssleutels/<int:pk>/", credential_views.credential_page, name="credential"),
    path("beheer/toegangssleutels/<int:pk>/vernieuwen/", credential_views.credential_rotate, name="credential_rotate"),
    path("beheer/toegangssleutels/<int:pk>/intrekken/", credential_views.credential_revoke, name="credential_revoke"),
    path("beheer/verwerkingen/", views.set_aside, name="set_aside"),
    path("beheer/verwerkingen/opnieuw/", views.set_aside_again, name="set_aside_again"),
    path("beheer/privacy/", privacy_views.overview, name="privacy"),
    path("beheer/privacy/mensen/<int:pk>/", privacy_views.open_person, name="privacy_open_person"),
    path("beheer/privacy/buiten/", privacy_views.open_outside, name="privacy_open_outside"),
    path("beheer/privacy/dossier/<uuid:uuid>/", privacy_views.case_page, name="privacy_case"),
    path("beheer/privacy/dossier/<uuid:uuid>/export/", privacy_views.case_export, name="privacy_case_export"),
    path("beheer/privacy/dossier/<uuid:uuid>/bewaren/", privacy_views.case_hold, name="privacy_case_hold"),
    path("beheer/privacy/dossier/<uuid:uuid>/wissen/", privacy_views.case_erase, name="privacy_case_erase"),
    path("beheer/privacy/export/<uuid:uuid>.zip", privacy_views.export_file, name="privacy_export_file"),
    path("beheer/privacy/verzoek/<uuid:uuid>/", privacy_views.answer_request, name="privacy_request"),
    path("beheer/privacy/bewaarplichten/", privacy_views.hold_list, name="privacy_holds"),
    path("beheer/privacy/bewaarplichten/<int:pk>/opheffen/", privacy_views.hold_lift, name="privacy_hold_lift"),
    path("beheer/privacy/bewaartermijnen/", privacy_views.retention_rules, name="privacy_retention"),
    path("beheer/privacy/bewaartermijnen/<int:pk>/", privacy_views.retention_act, name="privacy_retention_act"),
    path("beheer/privacy/opschoning/<uuid:uuid>/", privacy_views.retention_run, name="privacy_run"),
    path("beheer/privacy/verslagen/", privacy_views.reports, name="privacy_reports"),
    path("beheer/privacy/verslagen/<uuid:uuid>/", privacy_views.report, name="privacy_report"),
]
