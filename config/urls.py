"""Every address of the site. A package's own addresses stand in its `urls.py`."""

from django.conf import settings
from django.urls import include, path
from django.views.generic import RedirectView
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from config.health import healthz, readyz
from config.media import serve_media

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    # Before Wagtail's own log-in pages, which know no second step and no limit on attempts.
    path("cms/login/", RedirectView.as_view(pattern_name="account_login", query_string=True)),
    path("_util/login/", RedirectView.as_view(pattern_name="account_login", query_string=True)),
    path("cms/", include(wagtailadmin_urls)),
    path("documenten/", include(wagtaildocs_urls)),
    path("xapi/", include("lrs.api_urls")),
    path("", include("lrs.urls")),
    path("", include("lrs.forwarding.urls")),
    path("", include("accounts.urls")),
    path("", include("courses.launched.urls")),
    path("", include("courses.meetings.urls")),
    path("", include("courses.work.urls")),
    path("", include("courses.teaching.urls")),
    path("", include("courses.urls")),
    path("", include("competencies.urls")),
    path("", include("accreditation.urls")),
    path("", include("portal.urls")),
    path("", include("cms.urls")),
    path("", include(wagtail_urls)),
]

if settings.SERVE_MEDIA:  # in production the reverse proxy does (deploy/Caddyfile)
    urlpatterns.insert(0, path("media/<path:path>", serve_media, name="media"))
