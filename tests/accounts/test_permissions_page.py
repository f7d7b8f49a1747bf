from django.conf import settings

from accounts.permission_table import markdown


def test_the_page_about_permissions_is_in_step_with_the_code():
    page = (settings.BASE_DIR / "docs" / "permissions.md").read_text("utf-8")

    assert page == markdown(), "Run manage.py permissions_table."
