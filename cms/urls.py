"""Addresses of `cms` that are not pages of the site tree."""

from django.urls import path

from cms import patterns, views

app_name = "cms"
urlpatterns = [
    path("taal/", views.choose_language, name="choose_language"),
    path("patronen/", patterns.pattern_library, name="patterns"),
]
