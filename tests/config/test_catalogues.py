import errno
import os

import pytest
from django.core.checks import run_checks

from config import catalogues, translations


@pytest.fixture
def source(tmp_path, monkeypatch):
    """An installation with one catalogue that was never compiled."""
    folder = tmp_path / "accounts" / "locale" / "en" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text('msgid ""\nmsgstr ""\n\nmsgid "Inloggen"\nmsgstr "Log in"\n')
    monkeypatch.setattr(catalogues, "ROOT", tmp_path)
    monkeypatch.setattr(translations, "ROOT", tmp_path)
    return folder / "django.po"


def test_a_catalogue_that_is_missing_or_older_than_its_source_is_compiled_at_the_start_and_no_other(source):
    compiled = source.with_suffix(".mo")
    catalogues.bring_up_to_date()
    assert b"Log in" in compiled.read_bytes()
    first = compiled.stat().st_ino

    catalogues.bring_up_to_date()
    assert compiled.stat().st_ino == first
    source.write_text(source.read_text().replace("Log in", "Sign in"))
    os.utime(compiled, (1, 1))
    catalogues.bring_up_to_date()
    assert b"Sign in" in compiled.read_bytes()
    assert sorted(path.name for path in source.parent.iterdir()) == ["django.mo", "django.po"]


def test_a_disk_that_cannot_be_written_keeps_nobody_from_starting(source, monkeypatch):
    def refuse(**where: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(translations.tempfile, "NamedTemporaryFile", refuse)
    catalogues.bring_up_to_date()
    assert not source.with_suffix(".mo").exists()


def test_english_without_its_words_is_said_before_anyone_reads_half_a_page(source, settings, monkeypatch):
    assert [one.id for one in run_checks(tags=["translation"])] == []
    monkeypatch.setattr("accounts.checks.apps.get_app_configs", lambda: [type("App", (), {"path": str(source.parents[3])})])
    settings.BASE_DIR = source.parents[4]

    assert [one.id for one in run_checks(tags=["translation"])] == ["accounts.E005"]
    settings.LANGUAGES = [("nl", "Nederlands")]
    assert run_checks(tags=["translation"]) == []
