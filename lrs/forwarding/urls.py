"""Addresses of the pages about forwarding."""

from django.urls import path

from lrs.forwarding import views

app_name = "forwarding"
urlpatterns = [
    path("beheer/doorsturen/", views.target_list, name="targets"),
    path("beheer/doorsturen/nieuw/", views.new_target, name="new"),
    path("beheer/doorsturen/<int:pk>/", views.target_page, name="target"),
    path("beheer/doorsturen/<int:pk>/wijzigen/", views.change_target, name="change"),
    path("beheer/doorsturen/<int:pk>/doen/", views.act, name="act"),
    path("beheer/doorsturen/<int:pk>/onbestelbaar/", views.undelivered_list, name="undelivered"),
    path("beheer/doorsturen/<int:pk>/onbestelbaar/doen/", views.undelivered_act, name="undelivered_act"),
    path("beheer/doorsturen/<int:pk>/onbestelbaar/<int:row>/", views.undelivered_page, name="undelivered_one"),
    path("beheer/doorsturen/<int:pk>/wissen/<uuid:erasure>/", views.erasure_page, name="erasure"),
    path("beheer/doorsturen/<int:pk>/wissen/<uuid:erasure>/lijst.txt", views.erasure_list, name="erasure_list"),
]
