"""Our own packages: every exercise of the demo builds, is accepted by our own checks, and building again changes nothing."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from courses.h5p.seed import TYPES, ContentRefused, build_package, demo_content, demo_sources, install_demo_packages
from courses.models import H5PContent, H5PLibrary, H5PVersion
from tests.factories.h5p import package

SOURCES = dict(demo_sources())


def test_the_demo_has_at_least_eight_distinct_packages_and_uses_most_types():
    assert len({build_package(path) for path in SOURCES.values()}) >= 8


@pytest.mark.django_db
@pytest.mark.parametrize("slug", SOURCES)
def test_every_exercise_of_the_demo_is_accepted(upload, slug):
    version = upload(build_package(SOURCES[slug]))

    assert version.notes == []
    assert version.main_library.machine_name in TYPES.values()


@pytest.mark.django_db
def test_installing_the_demo_again_changes_nothing():
    first = install_demo_packages()
    assert install_demo_packages() == first

    assert set(first) == set(SOURCES)
    assert H5PVersion.objects.count() == H5PContent.objects.count() == len(SOURCES)
    assert not H5PLibrary.objects.exclude(origin=H5PLibrary.Origin.OWN).exists()
    slug = next(iter(SOURCES))
    assert demo_content(*slug.split("/")) == first[slug]


def test_a_scenario_that_leads_nowhere_is_refused(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("{type: scenario, title: X, start: a, nodes: {a: {text: A, choices: [{text: x, next: weg}]}}}")

    with pytest.raises(ContentRefused, match="no node weg"):
        build_package(path)


def test_an_unknown_type_is_refused(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("{type: hotspot, title: X}")

    with pytest.raises(ContentRefused, match="hotspot"):
        build_package(path)


def test_build_h5p_writes_a_file_per_exercise(tmp_path):
    call_command("build_h5p", str(tmp_path / "uit"), stdout=StringIO())

    assert len(list((tmp_path / "uit").glob("*.h5p"))) == len(SOURCES)


@pytest.mark.django_db
def test_import_h5p_gives_a_line_per_package_and_goes_on_after_a_refusal(tmp_path):
    (tmp_path / "goed.h5p").write_bytes(package())
    (tmp_path / "fout.h5p").write_bytes(package(files={"content/x.svg": "<svg/>"}))
    paths = [str(tmp_path / name) for name in ["fout.h5p", "er-niet.h5p", "goed.h5p"]]
    out = StringIO()

    call_command("import_h5p", *paths, "--json", stdout=out)

    assert [json.loads(line) for line in out.getvalue().splitlines()] == [
        {
            "file": paths[0],
            "accepted": False,
            "main_library": "T.Main 1.2",
            "reasons": ["content/x.svg: dit soort bestand (.svg) mag niet in de inhoud."],
        },
        {"file": paths[1], "accepted": False, "main_library": None, "reasons": [f"{paths[1]}: dit bestand bestaat niet."]},
        {"file": paths[2], "accepted": True, "main_library": "T.Main 1.2", "reasons": []},
    ]
