"""What a real installation refuses, asked of a process that starts as one."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

RIGHT = {
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "SECRET_KEY": "x1" * 40,
    "ALLOWED_HOSTS": "vakwijs.example",
    "SITE_URL": "https://vakwijs.example",
}
ASK = "from django.conf import settings; print(settings.STORAGES['default'].get('OPTIONS', {}).get('file_overwrite'))"


def start(**environment):
    return subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "VAR_DIR": str(settings.VAR_DIR), **RIGHT, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("address", ["", "http://vakwijs.example", "http://127.0.0.1:8000"])
def test_certificates_are_not_sealed_with_an_address_without_tls(address):
    refused = start(SITE_URL=address)

    assert refused.returncode
    assert "Set SITE_URL" in refused.stderr


def test_in_object_storage_an_upload_never_takes_the_place_of_another():
    started = start(S3_BUCKET="media")

    assert started.stdout.strip() == "False", started.stderr
