"""Every pair of colours that meets on a page can be told apart: 4.5 for text, 3 for what is drawn (WCAG 2.2, 1.4.3 and 1.4.11)."""

import re
from pathlib import Path

import pytest
from django.conf import settings

TOKENS = (Path(settings.BASE_DIR) / "frontend/src/tokens.css").read_text("utf-8")

GROUNDS = ["ground", "surface", "raised"]
TEXT = [
    *[
        (text, ground)
        for text in ("ink", "ink-soft", "action", "action-strong", "signal", "done", "waiting", "refused")
        for ground in GROUNDS
    ],
    *[(state, f"{state}-pale") for state in ("signal", "done", "waiting", "refused")],
    *[(text, f"{state}-pale") for text in ("ink", "ink-soft") for state in ("signal", "done", "waiting", "refused")],
    ("on-action", "action"),
    ("on-action", "action-strong"),
    ("on-inverse", "inverse"),
    ("on-state", "refused"),
]
DRAWN = [
    *[(line, ground) for line in ("line", "action", "signal", "focus") for ground in GROUNDS],
    *[("line", f"{state}-pale") for state in ("signal", "done", "waiting", "refused")],
    ("focus", "focus-halo"),
]


def _tokens(css: str) -> dict[str, str]:
    return dict(re.findall(r"--vw-([a-z-]+): (#[0-9A-Fa-f]{6});", css))


LIGHT = _tokens(TOKENS.split("@media (prefers-color-scheme: dark)")[0])
DARK = {**LIGHT, **_tokens(TOKENS.split("@media (prefers-color-scheme: dark)")[1].split("@media print")[0])}
PAPER = {**LIGHT, **_tokens(TOKENS.split("@media print")[1])}


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_measure_itself_is_right():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", [LIGHT, DARK, PAPER], ids=["light", "dark", "paper"])
@pytest.mark.parametrize(("text", "ground"), TEXT)
def test_text_can_be_read(scheme, text, ground):
    assert contrast(scheme[text], scheme[ground]) >= 4.5


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("drawn", "ground"), DRAWN)
def test_what_is_drawn_can_be_seen(scheme, drawn, ground):
    assert contrast(scheme[drawn], scheme[ground]) >= 3


def test_the_colours_are_those_of_the_house():
    asked = {
        "ink": "#16323B",
        "action": "#0F5C66",
        "surface": "#EAF3F2",
        "ground": "#FCFBF8",
        "signal": "#B84516",
        "done": "#2A7348",
        "waiting": "#8A5A0B",
        "refused": "#A32A2A",
    }

    assert {name: LIGHT[name] for name in asked} == asked
