"""Each rule that refuses something is said once in English, for tools, and once for the pages."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation

import lrs
from lrs.reasons import SENTENCES, told
from lrs.refusals import Refusal
from lrs.validation import StatementRefused, check_statement

HOLE = re.compile(r"%\((\w+)\)s")
# What hands another's refusal on; and the words of a connection that failed, which are Dutch where they arise.
HANDED_ON = {"refusal.rule", "str(refusal)", "str(failure)"}


def rules() -> Iterator[tuple[str, ast.expr, set[str]]]:
    """Each rule in lrs: where it stands, how it is written, and the values it is given."""
    for module in pkgutil.walk_packages(lrs.__path__, "lrs."):
        if ".migrations" not in module.name:
            importlib.import_module(module.name)
    names = {kind.__name__ for kind in kinds_of(Refusal)}
    for path in sorted(Path(lrs.__path__[0]).rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(call.func, "id", "") if isinstance(call, ast.Call) else ""
            if isinstance(call, ast.Call) and name in names:
                rule = call.args[1 if name == "StatementRefused" else 0]
                for one in [rule.body, rule.orelse] if isinstance(rule, ast.IfExp) else [rule]:
                    if ast.unparse(one) not in HANDED_ON:
                        yield f"{path.name}:{call.lineno}", one, {keyword.arg or "" for keyword in call.keywords}


def kinds_of(kind: type) -> Iterator[type]:
    yield kind
    for inner in kind.__subclasses__():
        yield from kinds_of(inner)


def test_each_rule_has_a_sentence_for_the_pages_and_each_sentence_its_rule():
    said = {}
    for where, rule, given in rules():
        assert isinstance(rule, ast.Constant), f"{where}: a rule is a sentence that stands there whole, or no page can say it"
        assert set(HOLE.findall(rule.value)) <= given, f"{where} leaves a hole in its own sentence"
        said[rule.value] = where

    assert len(said) > 100
    assert not {where: rule for rule, where in said.items() if rule not in SENTENCES}, "say these in lrs/reasons.py too"
    assert not SENTENCES.keys() - said.keys(), "nothing is refused for these any more"
    for rule, sentence in SENTENCES.items():
        assert set(HOLE.findall(str(sentence))) <= set(HOLE.findall(rule)), f"no value for a hole in {sentence}"


@pytest.mark.parametrize(
    ("change", "dutch", "english"),
    [
        (
            {"actor": {"mbox": "ann"}},
            "Bij ‘actor.mbox’: dit is geen e-mailadres met ‘mailto:’ ervoor (xAPI 2.4.2.3).",
            "At ‘actor.mbox’: this is not an e-mail address with ‘mailto:’ before it (xAPI 2.4.2.3).",
        ),
        (
            {"extra %s": 1},
            "Bij de uitspraak zelf: het veld ‘extra %s’ hoort hier niet (xAPI 2.2).",
            "At the statement itself: the field ‘extra %s’ does not belong here (xAPI 2.2).",
        ),
        (
            {"verb": {"id": "geslaagd"}},
            "Bij ‘verb.id’: dit is geen volledig adres (IRI), zoals https://voorbeeld.nl/x.",
            "At ‘verb.id’: this is not a full address (IRI), such as https://voorbeeld.nl/x.",
        ),
    ],
)
def test_a_page_says_a_rule_in_the_language_of_its_reader_and_where_it_is_broken(change, dutch, english):
    statement = {"actor": {"mbox": "mailto:a@b.example"}, "verb": {"id": "https://a.example/v"}, "object": {"id": "https://a.example/o"}}
    with pytest.raises(StatementRefused) as caught:
        check_statement({**statement, **change})

    refusal = caught.value
    assert told(refusal.rule, refusal.values, otherwise=str(refusal)) == dutch
    with translation.override("en"):
        assert told(refusal.rule, refusal.values, otherwise=str(refusal)) == english


def test_what_no_sentence_is_known_for_is_told_whole_as_it_was_kept():
    whole = "$.actor: a rule that there was last year"

    assert told("a rule that there was %(when)s", {"when": "last year"}, otherwise=whole) == whole
    assert told("", {}, otherwise=whole) == whole
    assert told("required", {}, otherwise="") == "dit ontbreekt, maar is verplicht."
    assert told("required beside %(keys)s", {}, otherwise=whole) == whole, "kept before the rule had this hole"
    with translation.override("en"):
        assert told("", {}, otherwise="De verbinding brak af.") == "The connection broke off."
