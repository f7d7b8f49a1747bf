"""Addresses of `accounts`: log-in through allauth, and a person's own profile."""

from django.urls import include, path

urlpatterns = [
    path("", include("allauth.urls")),
]
