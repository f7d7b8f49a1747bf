"""Three things: keep statements, keep a document, give a document back. No validation, no authentication, nothing that follows."""

import json

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from tests.bench.store.bare.models import Document, Record


def statements(request: HttpRequest) -> HttpResponse:
    value = json.loads(request.body)
    rows = Record.objects.bulk_create(Record(document=one) for one in (value if isinstance(value, list) else [value]))
    return _with_length(JsonResponse([row.pk for row in rows], safe=False))


def document(request: HttpRequest) -> HttpResponse:
    name = request.GET["name"]
    if request.method == "PUT":
        Document.objects.update_or_create(name=name, defaults={"content": request.body})
        return HttpResponse(status=204)
    return _with_length(HttpResponse(bytes(Document.objects.get(name=name).content), content_type="application/json"))


def _with_length(response: HttpResponse) -> HttpResponse:
    response.headers["Content-Length"] = str(len(response.content))  # else it goes out in chunks: no middleware adds it
    return response


urlpatterns = [path("statements", statements), path("document", document)]
