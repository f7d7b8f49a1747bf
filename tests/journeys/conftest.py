import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def own_folders(settings, tmp_path):
    """Packages, hand-ins and certificates of a test go nowhere near those of an installation."""
    private = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path / "private", "base_url": None}}
    settings.STORAGES = {**settings.STORAGES, "private": private}
    settings.MEDIA_ROOT = tmp_path / "media"
    cache.clear()
