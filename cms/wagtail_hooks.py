"""What the house changes in Wagtail's editor for everyone: its colours, and no news about Wagtail itself."""

from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from wagtail import hooks
from wagtail.admin.menu import MenuItem


@hooks.register("construct_help_menu")
def no_release_notes(request: HttpRequest, items: list[MenuItem]) -> None:
    """What is new in Wagtail is news for who maintains the installation, not for an author; it stands there in English with a badge."""
    items[:] = [item for item in items if not item.name.startswith("whats-new")]


@hooks.register("insert_global_admin_css")
def house_colours() -> SafeString:
    return format_html('<link rel="stylesheet" href="{}">', static("cms/editor.css"))
