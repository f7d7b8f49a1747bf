"""Text is cleaned by the semantics of its library, as H5P core does; what is harmless stays as it was."""

import pytest

from courses.h5p.package import LibraryName
from courses.h5p.sanitise import Cleaning, escaped

MAIN, SUB = LibraryName("T.Main", 1, 2), LibraryName("T.Sub", 1, 0)
SEMANTICS = {
    MAIN: [
        {"name": "question", "type": "text", "widget": "html", "tags": ["p", "strong", "a"]},
        {"name": "label", "type": "text"},
        {"name": "short", "type": "text", "maxLength": 5},
        {"name": "colour", "type": "text", "regexp": {"pattern": "^#[0-9a-f]{6}$"}},
        {
            "name": "answers",
            "type": "list",
            "field": {
                "type": "group",
                "fields": [{"name": "text", "type": "text", "tags": ["em"]}, {"name": "correct", "type": "boolean"}],
            },
        },
        {"name": "only", "type": "group", "fields": [{"name": "text", "type": "text"}]},
        {"name": "picture", "type": "image"},
        {"name": "sub", "type": "library"},
    ],
    SUB: [{"name": "text", "type": "text", "tags": ["p"]}],
}


def clean(**params):
    cleaning = Cleaning(semantics_of=SEMANTICS.get, files={"images/a.png"})
    return cleaning.clean(params, MAIN), cleaning.notes


@pytest.mark.parametrize(
    ("params", "kept"),
    [
        ({"question": "<p>Dag <strong>jij</strong></p>"}, {"question": "<p>Dag <strong>jij</strong></p>"}),
        ({"question": "<p onclick='x()'>Dag</p><script>alert(1)</script><img src=x onerror=x>"}, {"question": "<p>Dag</p>"}),
        ({"question": '<a href="javascript:x()">k</a>'}, {"question": '<a rel="noopener noreferrer">k</a>'}),
        ({"question": "Formule \\(a < b\\) &amp; &nbsp;"}, {"question": "Formule \\(a &lt; b\\) &amp; &nbsp;"}),
        ({"label": '"><img src=x onerror=x>'}, {"label": "&quot;&gt;&lt;img src=x onerror=x&gt;"}),
        ({"label": "Al veilig: &quot;ja&#039; &amp; zo"}, {"label": "Al veilig: &quot;ja&#039; &amp; zo"}),
        ({"short": "te lange tekst"}, {"short": "te la"}),
        ({"colour": "#00ff00"}, {"colour": "#00ff00"}),
        ({"colour": "red;x"}, {"colour": ""}),
        ({"answers": [{"text": "<em>a</em><iframe></iframe>", "correct": True}]}, {"answers": [{"text": "<em>a</em>", "correct": True}]}),
        ({"only": "<b>"}, {"only": "&lt;b&gt;"}),
        ({"only": {"text": "<b>"}}, {"only": {"text": "&lt;b&gt;"}}),
        ({"picture": {"path": "images/a.png", "alt": "x"}}, {"picture": {"path": "images/a.png", "alt": "x"}}),
        ({"picture": {"path": "../../12/images/a.png#tmp"}}, {"picture": {"path": "images/a.png"}}),
        ({"picture": {"path": "../../../etc/passwd"}}, {"picture": {"path": ""}}),
        ({"picture": {"path": "javascript:x()"}}, {"picture": {"path": ""}}),
        (
            {"sub": {"library": "T.Sub 1.0", "params": {"text": "<p>x</p><h1>y</h1>"}}},
            {"sub": {"library": "T.Sub 1.0", "params": {"text": "<p>x</p>y"}}},
        ),
        ({"sub": {"library": "onzin", "params": {"text": "<svg onload=x>"}}}, {"sub": {"library": "onzin", "params": {"text": ""}}}),
        (
            {"unknown": ["<script>x</script>", {"y": "<table><tr><td>1</td></tr></table>"}]},
            {"unknown": ["", {"y": "<table><tbody><tr><td>1</td></tr></tbody></table>"}]},
        ),
        (
            {"question": 3, "answers": "x", "picture": None, "sub": [], "only": None},
            {"question": 3, "answers": "x", "picture": None, "sub": [], "only": None},
        ),
    ],
)
def test_text_is_cleaned_by_its_field(params, kept):
    assert clean(**params)[0] == kept


def test_a_file_that_is_named_but_absent_is_noted():
    assert clean(picture={"path": "images/weg.png"})[1] == ["content/images/weg.png wordt genoemd, maar staat niet in het pakket."]


def test_what_stands_on_a_site_that_is_not_allowed_is_noted(settings):
    film = {"files": [{"path": "https://www.youtube.com/watch?v=abcdefghijk&amp;t=1", "mime": "video/YouTube"}]}
    kept, notes = clean(**film)

    assert kept == film
    assert notes == ["Een deel staat op www.youtube.com. Die site is hier niet toegestaan; dat deel speelt niet."]
    settings.H5P_EXTERNAL_SOURCES = {"script-src": ["https://www.youtube.com"], "frame-src": ["https://www.youtube-nocookie.com"]}
    assert clean(**film) == (film, [])
    assert clean(picture={"path": "http://[x"})[0] == {"picture": {"path": "http://[x"}}


def test_escaping_twice_changes_nothing():
    assert escaped(escaped("a & b < \"c\" 'd' &nbsp;")) == escaped("a & b < \"c\" 'd' &nbsp;")
