"""What every template may know of the installation."""

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, object]:
    """The name of the site, and whether this is a demo installation."""
    return {"site_name": settings.SITE_NAME, "is_demo": settings.DEMO}
