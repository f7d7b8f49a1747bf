"""One strict Content-Security-Policy for our own pages, and a wider one for Wagtail's editor only."""

from typing import Any

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class ContentSecurityPolicyMiddleware(CSPMiddleware):
    """django-csp, with `CONTENT_SECURITY_POLICY_EDITOR` under the addresses that it names."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        editor: dict[str, Any] = settings.CONTENT_SECURITY_POLICY_EDITOR
        # A view that chose its own policy (the H5P frame) keeps it.
        if request.path_info.startswith(editor["URL_PREFIXES"]) and not hasattr(response, "_csp_config"):
            response._csp_config = editor["DIRECTIVES"]  # type: ignore[attr-defined]
        return super().process_response(request, response)
