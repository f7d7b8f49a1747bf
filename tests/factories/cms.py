"""Pages for tests."""

from wagtail.models import Locale, Page, Site


def root_page() -> Page:
    """The root of the page tree, made together with its locale and default site when they are not there."""
    Locale.objects.get_or_create(language_code="nl")
    root = Page.get_first_root_node() or Page.add_root(title="Root", slug="root")
    if not Site.objects.exists():
        Site.objects.create(hostname="localhost", root_page=root, is_default_site=True)
    return root
