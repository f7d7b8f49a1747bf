import pytest

from portal import seed_demo

pytestmark = pytest.mark.django_db


def test_without_the_rooms_below_there_is_no_story_to_tell():
    seed_demo.seed()


def test_the_past_sends_no_mail_and_the_setting_comes_back(settings):
    before = settings.EMAIL_BACKEND

    with seed_demo._no_mail():
        assert settings.EMAIL_BACKEND.endswith("dummy.EmailBackend")

    assert before == settings.EMAIL_BACKEND
