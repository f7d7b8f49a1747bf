import re
from collections import defaultdict
from datetime import date

import pytest
from django.utils import translation
from django.utils.formats import date_format, localize

from config import translations

# What a translation has to hand on unchanged: values, tags, a literal %, and the marks that scripts fill in.
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[sd%]|\{\w*\}|</?\w+>|(?<!\w):(?:num|title)\b|#|\[\[\d\]\]")

# Words that English and Dutch write alike.
ALIKE = {
    "In bytes.",
    "%(count)s min",
    "%(how)s (%(tool)s)",
    "%(judge)s, %(date)s",
    "%(minutes)s min",
    "%(name)s in ‘%(title)s’",
    "%(verb)s: ‘%(what)s’",
    "%(who)s: %(verb)s ‘%(what)s’",
    "15 min",
    "2: e-learning",
    "3.0 Unported",
    "6 min",
    "CSV",
    "Code",
    "Demo",
    "Download",
    "Download PDF",
    "EPA",
    "Filters",
    "H5P",
    "Home",
    "Log in",
    "Log in via %(name)s",
    "Menu",
    "Online",
    "PDF",
    "PECourseID",
    "PEEditionID",
    "PEMeetingID",
    "PEModuleID",
    "Print",
    "Privacy",
    "Register",
    "Team",
    "Vakwijs",
    "Vakwijs, %(domain)s",
    "Video",
    "actor",
    "auditor",
    "code",
    "e-learning",
    "externalCourseID",
    "externalEditionID",
    "externalMeetingID",
    "externalmoduleID",
    "h5p.json",
    "hash",
    "later",
    "library.json",
    "module",
    "modules",
    "online",
    "open",
    "orgID in PE-online",
    "passkey",
    "register",
    "registers",
    "score",
    "score %(percent)s%%",
    "video",
}

STRINGS = [(package, message) for package in translations.PACKAGES for message in translations.english(package)]


def forms(text):
    return text if isinstance(text, (tuple, list)) else (text,)


def placeholders(text):
    return set(PLACEHOLDER.findall(text))


@pytest.mark.parametrize("package", translations.PACKAGES)
def test_every_string_of_a_package_has_its_english(package):
    missing = translations.untranslated(package)

    assert not missing, "run `python -m config.translations collect` and fill in what is new"


def test_there_is_something_to_translate():
    assert len(STRINGS) > 2000


def test_placeholders_survive_translation():
    lost = [
        (dutch, english)
        for _package, message in STRINGS
        for dutch, english in zip(forms(message.id), forms(message.string), strict=True)
        if placeholders(dutch) != placeholders(english)
    ]

    assert not lost


def test_nothing_is_left_in_dutch():
    same = {
        dutch
        for _package, message in STRINGS
        for dutch, english in zip(forms(message.id), forms(message.string), strict=True)
        if dutch == english
    }

    assert same <= ALIKE


def test_a_string_has_one_translation_in_all_packages():
    """Django lays all catalogues over each other, so of two translations only one would ever be seen."""
    found = defaultdict(set)
    for _package, message in STRINGS:
        found[message.context, forms(message.id)[0]].add(forms(message.string)[0])

    assert not {key: texts for key, texts in found.items() if len(texts) > 1}


def test_english_speaks_without_exclamation_marks():
    assert not [english for _package, message in STRINGS for english in forms(message.string) if "!" in english]


def test_marked_strings_in_code_are_found():
    source = """
from django.utils.translation import gettext as _, ngettext, pgettext

def told(kind, number):
    _("Bewaar") if kind else _(
        "Een zin die "
        "over twee regels loopt"
    )
    _("Goed" if number else "Niet goed")
    pgettext("norm", "gehaald")
    return ngettext("%(number)s les", "%(number)s lessen", number) % {"number": number}
"""
    assert set(translations.in_code(source)) == {
        (None, "Bewaar"),
        (None, "Een zin die over twee regels loopt"),
        (None, "Goed"),
        (None, "Niet goed"),
        ("norm", "gehaald"),
        (None, ("%(number)s les", "%(number)s lessen")),
    }


def test_marked_strings_in_templates_are_found():
    source = """{% load i18n %}
<section>
        {% translate "Naar de inhoud" as label %}
    <h1 title="{% translate 'Kop' %}" data-saved="{% translate "Bewaard" %}">{% translate "gehaald" context "norm" %}</h1>
      {% include "button.html" with label=_("Ga verder") only %}
  {% blocktranslate trimmed with name=person.name %}
      Dag {{ name }},
      welkom
  {% endblocktranslate %}
  {% blocktranslate trimmed count number=lessons|length %}{{ number }} les{% plural %}{{ number }} lessen{% endblocktranslate %}
  {% if done %}{{ done|default:_("nog niet") }}{% endif %}
</section>
"""
    assert set(translations.in_template(source)) == {
        (None, "Naar de inhoud"),
        (None, "Kop"),
        (None, "Bewaard"),
        ("norm", "gehaald"),
        (None, "Ga verder"),
        (None, "Dag %(name)s, welkom"),
        (None, ("%(number)s les", "%(number)s lessen")),
        (None, "nog niet"),
    }


def test_dates_and_numbers_follow_the_language_with_the_day_first():
    day = date(2026, 12, 11)

    with translation.override("nl"):
        assert (date_format(day), localize(8.5)) == ("11 december 2026", "8,5")
    with translation.override("en"):
        assert (date_format(day), localize(8.5)) == ("11 December 2026", "8.5")
