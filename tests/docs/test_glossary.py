import importlib
import re
from pathlib import Path

import pytest

GLOSSARY = Path(__file__).resolve().parents[2] / "docs" / "glossary.md"
NAMES = re.findall(r"^\|[^|]+\| `([^`]+)` \|", GLOSSARY.read_text(encoding="utf-8"), flags=re.MULTILINE)


def test_the_glossary_has_terms():
    assert len(NAMES) >= 30


@pytest.mark.parametrize("name", NAMES)
def test_each_code_name_in_the_glossary_exists(name):
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            # A model's field is a deferred attribute; both it and a plain attribute count.
            found = getattr(found, part)
        return
    pytest.fail(f"{name} cannot be imported")
