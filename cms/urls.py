"""Addresses of `cms` that are not pages of the site tree."""

from django.urls import path

from cms import patterns, views

app_name = "cms"
urlpatterns = [
    path("taal/", views.choose_language, name="choose_language"),
    path("film/<int:pk>/", views.film, name="film"),
    path("zoeken/", views.search, name="search"),
    path("hulpmiddelen/gebruikt/<int:pk>/", views.tool_used, name="tool_used"),
    path("patronen/", patterns.pattern_library, name="patterns"),
]
