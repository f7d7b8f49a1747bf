"""The vocabularies: each name is an IRI of its own, and each verb can be told."""

from types import ModuleType

import pytest

from lrs.profiles import adl, cmi5, h5p, scorm, vakwijs, video
from lrs.sentences import NAMES, THEY, YOU
from lrs.validation import check_iri

PROFILES = [adl, cmi5, h5p, scorm, vakwijs, video]


def terms(profile: ModuleType) -> dict[str, str]:
    return {name: value for name, value in vars(profile).items() if name.isupper() and isinstance(value, str)}


def verbs(profile: ModuleType) -> set[str]:
    return {value for value in terms(profile).values() if "/verbs/" in value} | set(getattr(profile, "VERBS", ()))


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.__name__)
def test_each_name_is_an_iri_of_its_own(profile):
    found = terms(profile)

    for name, iri in found.items():
        check_iri(iri, name)
    assert len(set(found.values())) == len(found)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.__name__)
def test_each_verb_has_a_sentence_for_oneself_and_about_another(profile):
    for verb in verbs(profile):
        assert "%(what)s" in str(YOU[verb]) or verb == adl.VOIDED
        assert "%(who)s" in str(THEY[verb])


def test_what_we_have_words_for_are_the_verbs_of_the_vocabularies():
    known = set().union(*(verbs(profile) for profile in PROFILES))

    assert set(YOU) == set(THEY) == set(NAMES) == known
