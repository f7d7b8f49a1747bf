import pytest


@pytest.fixture(autouse=True)
def _own_folders(settings, tmp_path):
    """Certificates of a test go nowhere near those of an installation; keys and fonts are made once for all tests."""
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "private", "base_url": None},
        },
    }
