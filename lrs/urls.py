"""Addresses of the pages about the record; the xAPI interface has its own in `api_urls`."""

from django.urls import path

from lrs import viewer_views, views

app_name = "lrs"
urlpatterns = [
    path("mijn/leerrecords/", views.my_records, name="my_records"),
    path("mijn/leerrecords/download.json", views.my_records_download, name="my_records_download"),
    path("beheer/leerrecords/", viewer_views.records, name="records"),
    path("beheer/leerrecords/keuzes/", viewer_views.records_choices, name="records_choices"),
    path("beheer/leerrecords/export.<str:kind>", viewer_views.records_export, name="records_export"),
    path("beheer/leerrecords/<uuid:statement>/", viewer_views.record, name="record"),
    path("beheer/leerrecords/<uuid:statement>/tekst.json", viewer_views.record_text, name="record_text"),
    path("beheer/leerrecords/<uuid:statement>/bijlagen/<str:sha2>/", viewer_views.record_attachment, name="record_attachment"),
    path("beheer/toegangssleutels/", views.credential_list, name="credentials"),
    path("beheer/toegangssleutels/<int:pk>/vernieuwen/", views.credential_rotate, name="credential_rotate"),
    path("beheer/toegangssleutels/<int:pk>/intrekken/", views.credential_revoke, name="credential_revoke"),
    path("beheer/verwerkingen/", views.set_aside, name="set_aside"),
    path("beheer/verwerkingen/opnieuw/", views.set_aside_again, name="set_aside_again"),
]
