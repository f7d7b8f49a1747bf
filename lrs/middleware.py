"""The short way: an xAPI request is answered right behind the security headers, without session, language, cookies or pages.

None of the site's other middleware says anything to a tool. The addresses stand in `api_urls` too, so that they can be reversed;
a process that only serves tools never reads the addresses of the rest of the site.
"""

import logging
from collections.abc import Callable
from functools import partial

from django.core.exceptions import DisallowedHost
from django.core.signals import got_request_exception
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from lrs import api, api_tokens, outage
from lrs.validation import V1, V2

logger = logging.getLogger("django.request")

Answer = Callable[[HttpRequest], HttpResponseBase]


class ShortWay:
    """Django middleware; stands right after SecurityMiddleware."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response
        self._answers: dict[str, Answer] = {
            "/xapi/oauth/token": api_tokens.token,
            "/xapi/launch/fetch": api_tokens.fetch,
            "/.well-known/oauth-authorization-server/xapi": api_tokens.metadata,
        }
        for name, resource in api.RESOURCES.items():
            self._answers[f"/xapi/{name}"] = partial(resource, version=V2)
            self._answers[f"/xapi/1.0.3/{name}"] = partial(resource, version=V1)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self._answers.get(request.path_info) or (_not_there if request.path_info.startswith("/xapi/") else None)
        if answer is None:
            return self.get_response(request)
        try:
            request.get_host()
            response = answer(request)
        except DisallowedHost:
            response = _plain(400, "this host is not served here")
        except Exception as failure:
            if isinstance(failure, (DatabaseError, InterfaceError)) and outage.is_one(failure):
                outage.note(failure, path=request.path)
                response = _plain(503, outage.TOLD)
                response.headers["Retry-After"] = str(outage.RETRY_AFTER)
            else:
                # Here and not by Django's own handler, which makes a page of the site, and reads all its addresses for it.
                got_request_exception.send(sender=type(self), request=request)
                logger.exception("Internal Server Error: %s", request.path, extra={"status_code": 500, "request": request})
                response = _plain(500, "something went wrong here; nothing of this request was kept")
        response.headers.setdefault("X-Frame-Options", "DENY")
        if isinstance(response, HttpResponse) and not response.has_header("Content-Length"):
            response.headers["Content-Length"] = str(len(response.content))
        return response


def _not_there(request: HttpRequest) -> HttpResponse:
    """A tool that was given a wrong address can make nothing of a page of the site."""
    response = _plain(404, f"there is no such resource; those of xAPI are {', '.join(sorted(api.RESOURCES))}, under /xapi/ or /xapi/1.0.3/")
    response.headers[api.VERSION_HEADER] = V1 if request.path_info.startswith("/xapi/1.0.3/") else V2
    return response


def _plain(status: int, text: str) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8", headers={"Access-Control-Allow-Origin": "*"})
