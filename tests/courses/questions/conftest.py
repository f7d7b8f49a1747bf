"""These stories end where the progress of the course begins to change; rooms above have their own tests."""

import pytest


@pytest.fixture(autouse=True)
def _only_the_projection_of_courses(settings):
    settings.LRS_PROJECTIONS = ["courses.progress.project"]


@pytest.fixture(autouse=True)
def _pictures_of_tests_go_to_a_folder_of_their_own(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
