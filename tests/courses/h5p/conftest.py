import io
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.files.storage import storages

from courses.h5p.archive import PackageRefused
from courses.h5p.install import import_package


@pytest.fixture(autouse=True)
def own_private_storage(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "private", "base_url": None},
        },
    }


@pytest.fixture(autouse=True)
def nothing_remembered():
    cache.clear()


@pytest.fixture
def stored_files():
    """The files that lie in the private storage now."""

    def list_files():
        root = storages["private"].base_location
        return sorted(str(path) for path in Path(root).rglob("*") if path.is_file())

    return list_files


@pytest.fixture
def upload(db):
    """Upload the bytes of a package, with the right to install libraries unless told otherwise."""

    def upload(archive, *, filename="pakket.h5p", may_install=True, **kwargs):
        return import_package(io.BytesIO(archive), filename=filename, may_install=may_install, **kwargs)

    return upload


@pytest.fixture
def refused(upload):
    """Upload what has to be refused; answers the reasons."""

    def refused(content, **kwargs):
        with pytest.raises(PackageRefused) as refusal:
            upload(content, **kwargs)
        return refusal.value.reasons

    return refused
