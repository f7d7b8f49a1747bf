"""Builds are pinned by hash: patches move forward, forks stay with the content that brought them, nothing is half there."""

import pytest
from django.core.files.storage import storages

from courses.h5p.install import default_build, make_default
from courses.h5p.package import LibraryName
from courses.models import H5PContent, H5PLibrary, H5PVersion, VersionIsFixed
from tests.factories.accounts import OrganisationFactory, UserFactory
from tests.factories.h5p import library, package

pytestmark = pytest.mark.django_db
MAIN, HELP = LibraryName("T.Main", 1, 2), LibraryName("T.Help", 1, 0)


def with_help(*, patch=0, js="help", text=""):
    return package(
        "T.Main 1.2",
        library("T.Main 1.2", js="main", needs=["T.Help 1.0"]),
        library("T.Help 1.0", patch=patch, js=js),
        params={"text": text},
    )


def help_of(version):
    return version.libraries.get(machine_name="T.Help")


def test_a_newer_patch_becomes_the_default_and_leaves_earlier_content_as_it_was(upload):
    before = upload(with_help(patch=1))
    after = upload(with_help(patch=2))

    assert default_build(HELP).patch == 2
    assert (help_of(before).patch, help_of(after).patch) == (1, 2)


def test_an_older_patch_is_never_installed_over_a_newer_one(upload):
    upload(with_help(patch=5))
    version = upload(with_help(patch=3))

    assert list(H5PLibrary.objects.filter(machine_name="T.Help").values_list("patch", flat=True)) == [5]
    assert help_of(version).patch == 5
    assert any("nieuwere reparatieversie" in note for note in version.notes)


def test_a_fork_under_the_same_name_and_version_serves_only_the_content_that_brought_it(upload):
    first = upload(with_help(js="real"))
    fork = upload(with_help(js="evil"))
    later = upload(with_help(js="real", text="later"))

    assert help_of(first) == help_of(later) == default_build(HELP)
    assert help_of(fork) != help_of(first)
    assert not help_of(fork).is_default
    assert any("wijkt af" in note for note in fork.notes)


def test_the_same_build_is_stored_once(upload, stored_files):
    upload(with_help())
    count = len(stored_files())
    upload(with_help(text="anders"))

    assert len(stored_files()) == count
    assert H5PLibrary.objects.count() == 2


def test_a_package_that_only_uses_what_is_installed_needs_no_right_to_install(upload, refused):
    lean = package("T.Main 1.2", {}, params={"text": "zonder bibliotheken"})
    assert "T.Main 1.2: deze bibliotheek is nodig voor h5p.json" in refused(lean, may_install=False)[0]

    upload(with_help())

    assert upload(lean, may_install=False).main_library == default_build(MAIN)
    assert upload(with_help(js="anders"), may_install=False).pins.get(library__machine_name="T.Help").library == default_build(HELP)
    assert H5PLibrary.objects.count() == 2


def test_without_the_right_a_new_library_is_refused_with_what_to_do(refused, stored_files):
    assert "Vraag iemand die H5P-bibliotheken mag installeren" in refused(with_help(), may_install=False)[0]
    assert stored_files() == []


def test_the_same_package_again_is_the_same_version(upload):
    assert upload(with_help()) == upload(with_help())
    assert H5PVersion.objects.count() == 1


def test_a_new_package_for_content_is_its_next_version_and_versions_never_change(upload):
    first = upload(with_help())
    second = upload(with_help(text="beter"), content=first.content)

    assert (second.content, second.number) == (first.content, 2)
    assert first.content.latest == second
    with pytest.raises(VersionIsFixed):
        first.save()


def test_content_belongs_to_the_organisation_and_person_that_brought_it(upload):
    organisation, author = OrganisationFactory(), UserFactory()

    content = upload(with_help(), organisation=organisation, by=author).content

    assert (content.organisation, content.created_by) == (organisation, author)


def test_an_install_that_breaks_half_way_leaves_nothing(upload, stored_files, monkeypatch):
    storage = storages["private"]
    save = type(storage).save
    calls = []

    def breaks(self, name, content, **kwargs):
        calls.append(name)
        if len(calls) == 3:
            raise OSError("disk full")
        return save(self, name, content, **kwargs)

    monkeypatch.setattr(type(storage), "save", breaks)
    with pytest.raises(OSError, match="disk full"):
        upload(with_help())

    assert len(calls) == 3
    assert stored_files() == []
    assert not H5PLibrary.objects.exists()
    assert not H5PContent.objects.exists()


def test_an_administrator_chooses_which_build_is_the_default(upload):
    upload(with_help(js="real"))
    fork = help_of(upload(with_help(js="fork")))

    make_default(fork)

    assert default_build(HELP) == fork


def test_libraries_of_sub_content_load_too_before_what_needs_them(upload):
    sub = library("T.Sub 1.0", js="sub", needs=["T.Base 1.0"])
    version = upload(
        package(
            "T.Main 1.2",
            library("T.Main 1.2", js=""),
            sub,
            library("T.Base 1.0", js=""),
            params={"list": [{"library": "T.Sub 1.0", "params": {}, "subContentId": "x"}]},
        )
    )

    assert [pin.library.machine_name for pin in version.pins.order_by("order")] == ["T.Main", "T.Base", "T.Sub"]


def test_a_chain_of_thousands_of_libraries_does_not_break_the_stack(upload):
    chain = [library(f"T.L{n} 1.0", needs=[f"T.L{n + 1} 1.0"] if n < 1200 else None, runnable=0) for n in range(1201)]

    assert upload(package("T.L0 1.0", *chain)).libraries.count() == 1201


FORMULAS = {"addTo": {"content": {"types": [{"text": {"regex": r"/\$\$.+\$\$|\\\(.+\\\)/"}}, {"text": {"regex": "/(/"}}, {"text": {}}]}}}


def with_formulas(text, *, brought=True, main="T.Main 1.2"):
    addon = library("T.Formula 1.0", js="formula", runnable=0, needs=["T.Help 1.0"], extra=FORMULAS) if brought else {}
    return package(main, library(main, js="main"), library("T.Help 1.0", js="help"), addon, params={"groups": [{"text": text}]})


def test_a_library_that_draws_formulas_comes_with_content_that_has_one_though_nobody_names_it(upload):
    version = upload(with_formulas(r"De halfwaardetijd is \(t_{1/2}\)."))

    assert [library.machine_name for library in version.libraries.order_by("pins__order")] == ["T.Main", "T.Help", "T.Formula"]
    assert upload(with_formulas("Geen formule, 5 $.")).libraries.count() == 1


def test_an_installed_library_for_formulas_serves_packages_that_bring_none(upload):
    upload(with_formulas("Nog geen formule."))
    version = upload(with_formulas("$$x^2$$", brought=False, main="T.Other 1.0"))

    assert version.libraries.filter(machine_name="T.Formula").exists()
