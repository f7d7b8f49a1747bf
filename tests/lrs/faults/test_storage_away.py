"""The storage of attachments is full, fails or hangs: 503 for what has attachments, nothing of it is stored, and the rest goes on."""

import resource
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage

from lrs import attachments
from lrs.models import Attachment, Statement
from tests.factories.lrs import Tool, a_statement
from tests.lrs.test_attachments import KIND, attached, files_in, message

pytestmark = pytest.mark.django_db
SMALL, LARGE = b"klein", b"x" * 300_000
hanging = threading.Event()


class Full(FileSystemStorage):
    """A disk on which a file stops growing at 64 kB: the system itself refuses to write on."""

    def _save(self, name: str, content: Any) -> str:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, hard))
        try:
            return str(super()._save(name, content))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


class Broken(FileSystemStorage):
    def _save(self, name: str, content: Any) -> str:
        raise ConnectionError("no route to the storage")


class Hanging(FileSystemStorage):
    def _save(self, name: str, content: Any) -> str:
        hanging.wait(30)
        return str(super()._save(name, content))


@pytest.fixture(autouse=True)
def _a_storage_that_answers_within_a_moment(settings):
    settings.LRS_STORAGE_SECONDS = 0.2
    attachments._places_at_storage.cache_clear()
    yield
    hanging.set()
    for thread in threading.enumerate():
        if thread.name == "storage":
            thread.join(10)
    hanging.clear()
    attachments._places_at_storage.cache_clear()


def stored_in(settings: Any, folder: Path, kind: type) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {"BACKEND": f"{__name__}.{kind.__name__}", "OPTIONS": {"location": folder, "base_url": None}},
    }


def send(tool: Tool, content: bytes) -> Any:
    return tool.send("POST", "statements", message(a_statement(attachments=[attached(content)]), content), content_type=KIND)


@pytest.mark.parametrize("kind", [Full, Broken, Hanging])
def test_nothing_is_stored_of_a_message_whose_attachment_cannot_be_kept(kind, settings, tmp_path, monkeypatch):
    monkeypatch.setattr(attachments, "SLOWEST", 10**9)
    stored_in(settings, tmp_path, kind)
    tool = Tool()

    answer = send(tool, LARGE)

    assert (answer.status_code, answer["Retry-After"], answer["Content-Type"]) == (503, "60", "text/plain; charset=utf-8")
    assert not Statement.objects.exists()
    assert not Attachment.objects.exists()
    assert files_in(tmp_path) == []
    assert tool.post(a_statement()).status_code == 200  # without attachments all goes on


def test_what_a_full_disk_refused_is_taken_when_there_is_room_again(settings, tmp_path):
    stored_in(settings, tmp_path, Full)
    tool = Tool()
    assert send(tool, SMALL).status_code == 200  # what fits is kept
    assert send(tool, LARGE).status_code == 503
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path, "base_url": None}},
    }

    assert send(tool, LARGE).status_code == 200
    assert Attachment.objects.count() == len(files_in(tmp_path)) == 2


def test_a_storage_that_hangs_holds_half_of_the_requests_at_most(settings, tmp_path, monkeypatch):
    monkeypatch.setattr(attachments, "SLOWEST", 10**9)
    settings.WEB_THREADS = 4
    stored_in(settings, tmp_path, Hanging)
    tool = Tool()
    assert [send(tool, LARGE + bytes([number])).status_code for number in range(3)] == [503] * 3

    assert len([thread for thread in threading.enumerate() if thread.name == "storage"]) == 2
    assert tool.post(a_statement()).status_code == 200

    hanging.set()
    until = time.monotonic() + 60
    while files_in(tmp_path) or any(thread.name == "storage" for thread in threading.enumerate()):
        assert time.monotonic() < until, "what came too late is still there"
        time.sleep(0.02)
    stored_in_again = send(tool, LARGE)
    assert stored_in_again.status_code == 200


def test_no_room_for_the_temporary_file_of_a_message_is_no_fault_of_the_sender(settings, tmp_path, monkeypatch):
    def no_room(**_: Any) -> Any:
        return Path("/dev/full").open("w+b")

    monkeypatch.setattr(attachments.tempfile, "TemporaryFile", no_room)

    assert send(Tool(), LARGE).status_code == 503
    assert not Statement.objects.exists()
