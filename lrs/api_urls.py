"""Addresses of the xAPI interface: version 2.0 at the root of `/xapi/`, version 1.0.3 under its own name."""

from django.urls import path

from lrs import api_tokens
from lrs.api import RESOURCES, resource
from lrs.validation import V1, V2

app_name = "xapi"
urlpatterns = [
    *(path(name, resource, {"name": name, "version": V2}, name=name) for name in RESOURCES),
    *(path(f"1.0.3/{name}", resource, {"name": name, "version": V1}, name=f"1.0.3/{name}") for name in RESOURCES),
    path("oauth/token", api_tokens.token, name="oauth_token"),
    path("launch/fetch", api_tokens.fetch, name="launch_fetch"),
]
