"""For whoever watches the machine: is the process alive, and can it do its work?"""

from django.core.cache import cache
from django.core.files.storage import storages
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Touches nothing else, so that a slow database does not get the process killed."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Database, cache and private storage can be reached; 503 with the names of those that cannot."""
    failing = [name for name, works in (("database", _database), ("cache", _cache), ("storage", _storage)) if not works()]
    return JsonResponse({"ready": not failing, "failing": failing}, status=503 if failing else 200)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _cache() -> bool:
    try:
        cache.set("readyz", 1, 5)
        return cache.get("readyz") == 1
    except Exception:  # noqa: BLE001 - every client library has its own errors, and each means "not ready"
        return False


def _storage() -> bool:
    try:
        storages["private"].exists("readyz")
    except Exception:  # noqa: BLE001 - as above
        return False
    return True
