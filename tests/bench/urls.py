"""The site's addresses, and what it is compared with: one JSON insert without validation, authentication or projections."""

import json

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from tests.bench.models import BareRecord


@csrf_exempt
def bare(request: HttpRequest) -> HttpResponse:
    """Store what came in."""
    value = json.loads(request.body)
    rows = BareRecord.objects.bulk_create(BareRecord(document=one) for one in (value if isinstance(value, list) else [value]))
    return JsonResponse([row.pk for row in rows], safe=False)


urlpatterns = [path("kaal-record/", bare), path("", include("config.urls"))]
