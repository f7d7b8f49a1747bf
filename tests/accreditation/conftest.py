import pytest
from django.core.files.storage import storages

from accreditation.models import DossierIntake, DossierPackage, EvidenceFile


@pytest.fixture(autouse=True)
def _own_folders(settings, tmp_path, monkeypatch):
    """Certificates of a test go nowhere near those of an installation; keys and fonts are made once for all tests."""
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "private", "base_url": None},
        },
    }
    for model in (EvidenceFile, DossierPackage, DossierIntake):
        monkeypatch.setattr(model._meta.get_field("file"), "storage", storages["private"])
