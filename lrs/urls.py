"""Addresses of the pages about the record; the xAPI interface has its own in `api_urls`."""

from django.urls import path

from lrs import views

app_name = "lrs"
urlpatterns = [
    path("mijn/leerrecords/", views.my_records, name="my_records"),
    path("mijn/leerrecords/download.json", views.my_records_download, name="my_records_download"),
    path("beheer/toegangssleutels/", views.credential_list, name="credentials"),
    path("beheer/toegangssleutels/<int:pk>/vernieuwen/", views.credential_rotate, name="credential_rotate"),
    path("beheer/toegangssleutels/<int:pk>/intrekken/", views.credential_revoke, name="credential_revoke"),
    path("beheer/verwerkingen/", views.set_aside, name="set_aside"),
    path("beheer/verwerkingen/opnieuw/", views.set_aside_again, name="set_aside_again"),
]
