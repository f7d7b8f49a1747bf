"""What every installation's site needs before its first page: language, root of the tree, collection, front page, site."""

from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from wagtail.models import Collection, Locale, Page, Site

from cms.models import HomePage


def load() -> HomePage:
    """Make sure they are there; gives the front page. Wagtail's own welcome page makes room for ours."""
    Locale.objects.get_or_create(language_code=settings.LANGUAGE_CODE.split("-")[0])
    if not Collection.objects.filter(depth=1).exists():
        Collection.add_root(name="Root")
    root = Page.objects.filter(depth=1).first() or Page.add_root(title="Root", slug="root")
    home = HomePage.objects.first()
    if home is None:
        Page.objects.filter(depth=2, content_type__app_label="wagtailcore").delete()
        root.refresh_from_db()
        home = HomePage(title=settings.SITE_NAME, slug="home", hero_title=_("Werk hoort bij de behandeling"))
        root.add_child(instance=home)
    where = urlsplit(settings.SITE_URL)
    Site.objects.update_or_create(
        is_default_site=True,
        defaults={
            "hostname": where.hostname or "localhost",
            "port": where.port or (443 if where.scheme == "https" else 80),
            "root_page": home,
            "site_name": settings.SITE_NAME,
        },
    )
    return home
