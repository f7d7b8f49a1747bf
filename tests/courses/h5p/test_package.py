"""What comes in, what is refused, and that every refusal names the file and the rule."""

import io
import json
import stat
import struct
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings as hypothesis_settings, strategies as st

from courses.h5p.archive import PackageRefused
from courses.h5p.package import open_package
from courses.models import H5PContent, H5PLibrary
from tests.factories.h5p import PNG, library, old_style_package, package, raw_zip, zipped


def entries_of(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_package_comes_in_with_its_library_content_and_files(upload):
    version = upload(
        package(
            params={"text": "Dag"},
            files={"content/images/foto.PNG": PNG},
            h5p={"license": "U", "authors": [{"name": "A", "role": "Author"}], "defaultLanguage": "nl"},
        )
    )

    assert (version.title, version.language, version.number) == ("Proefpakket", "nl", 1)
    assert version.main_library.versioned_name == "T.Main 1.2"
    assert json.loads(version.parameters) == {"text": "Dag"}
    assert list(version.files) == ["images/foto.PNG"]
    assert version.metadata["license"] == "U"


LOOK_ALIKES = {
    "an old one with eval, made on Windows": old_style_package(),
    "language und": package(h5p={"language": "und"}),
    "patch version in the folder": package("T.Main 1.2", library("T.Main 1.2", patch=7, js="", folder="T.Main-1.2.7")),
    "embedded as iframe only": package(h5p={"embedTypes": ["iframe"]}),
    "extra fields": package(
        h5p={"extraTitle": "x", "a11yTitle": "y", "changes": [], "licenseExtras": None, "yearFrom": "2020", "wcag": {"x": [1]}}
    ),
    "a byte order mark": package(
        files={"content/content.json": b"\xef\xbb\xbf{}", "h5p.json": b"\xef\xbb\xbf" + entries_of(package())["h5p.json"]}
    ),
    "rubbish of a Mac and of Windows": package(
        files={
            "__MACOSX/._h5p.json": b"\x00",
            ".DS_Store": b"x",
            "content/.DS_Store": b"x",
            "T.Main-1.2/.gitignore": "x",
            "T.Main-1.2/_build/x.html": "x",
            "content/images/Thumbs.db": b"x",
        }
    ),
    "loose files at the top": package(files={"README.md": "x", "LICENSE": "y"}),
    "files in a library that do no harm": package(
        "T.Main 1.2",
        library(
            "T.Main 1.2",
            js="",
            css="",
            extra={
                "coreApi": {"majorVersion": 1, "minorVersion": 28},
                "editorDependencies": [],
                "metadataSettings": {"disable": 0},
                "w": 100,
            },
            semantics=[],
            files={
                "upgrades.js": "",
                "presave.js": "",
                "icon.svg": "<svg/>",
                "LICENSE": "MIT",
                "README": "",
                "main.min.map": "{}",
                "package.json": "{}",
                "fonts/a.woff2": b"x",
                "language/.en.json": "{}",
                "language/nl.json": "{}",
                "language/nl..json": "[",
                "language/nl_nieuw.json": "[",
                "language/README.txt": "",
                "styles/a.scss": "",
                "player.swf": b"x",
                "crossdomain.xml": "<x/>",
            },
        ),
    ),
    "empty lists as PHP writes them": package(
        "T.Main 1.2", library("T.Main 1.2", js="", extra={"preloadedDependencies": {}, "preloadedCss": [], "dynamicDependencies": None})
    ),
    "a folder without a version": package("T.Main 1.2", library("T.Main 1.2", js="", folder="T.Main")),
    "runnable as a boolean": package("T.Main 1.2", library("T.Main 1.2", js="", runnable=True)),
    "folders as entries": raw_zip(("content/", b""), ("content/images/", b""), ("T.Main-1.2/", b""), *entries_of(package()).items()),
    "identical repeats": raw_zip(*entries_of(package()).items(), *entries_of(package()).items()),
    "libraries of the editor": package(
        "T.Main 1.2",
        library(
            "T.Main 1.2", js="", extra={"editorDependencies": [{"machineName": "H5PEditor.Absent", "majorVersion": 1, "minorVersion": 0}]}
        ),
        library("H5PEditor.Wizard 1.0", js="", files={"help.html": "<p>"}),
        needs=["H5PEditor.Wizard 1.0", "H5PEditor.Absent 1.1"],
    ),
    "two versions of one library": package(
        "T.Main 1.2",
        library("T.Main 1.2", js="", needs=["T.Help 1.0"]),
        library("T.Help 1.0", js=""),
        library("T.Help 1.1", js=""),
        needs=["T.Help 1.1"],
    ),
    "libraries that depend on each other in a circle": package(
        "T.Main 1.2", library("T.Main 1.2", js="", needs=["T.Help 1.0"]), library("T.Help 1.0", js="", needs=["T.Main 1.2"])
    ),
    "a label library that nobody brings": package(params={"label": {"library": "H5P.Nil 1.0", "params": {}}}),
    "script paths with a slash": package(
        "T.Main 1.2",
        library(
            "T.Main 1.2", extra={"preloadedJs": [{"path": "/js/a b.js"}, {"path": "./js/c.JS"}]}, files={"js/a b.js": "", "js/c.JS": ""}
        ),
    ),
    "data files in the content": package(
        files={"content/files/tabel.CSV": "a;b", "content/subs/nl.vtt": "WEBVTT", "content/model.glb": b"x", "content/docs/les.docx": b"PK"}
    ),
}


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_packages_as_others_make_them_come_in(upload, name):
    assert upload(LOOK_ALIKES[name]).pk


def named(name, **attributes):
    entry = zipfile.ZipInfo(name)
    for key, value in attributes.items():
        setattr(entry, key, value)
    return entry


GOOD = list(entries_of(package()).items())


def patched(content, *, flag):
    """The same zip with a flag set on its first entry, in both places where a zip keeps flags."""
    content = bytearray(content)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(signature) + offset
        struct.pack_into("<H", content, at, struct.unpack_from("<H", content, at)[0] | flag)
    return bytes(content)


def renamed(old, new):
    return raw_zip(*GOOD, (old, b"x")).replace(old.encode(), new)


HOSTILE = {
    "climbs out": (raw_zip(*GOOD, ("content/../../etc/x.txt", b"x")), "content/../../etc/x.txt: een pad met '..' mag niet."),
    "climbs out under a hidden name": (raw_zip(*GOOD, ("__MACOSX/../../x.txt", b"x")), "'..'"),
    "absolute": (raw_zip(*GOOD, ("/etc/x.txt", b"x")), "/etc/x.txt: een absoluut pad mag niet."),
    "backslash": (raw_zip(*GOOD, ("content\\..\\x.txt", b"x")), "backslash"),
    "drive": (raw_zip(*GOOD, ("C:/x.txt", b"x")), "schijfletter"),
    "nul": (renamed("content/aXb.txt", b"content/a\x00b.txt"), "nul-teken"),
    "symlink": (
        raw_zip(*GOOD, (named("content/x.txt", create_system=3, external_attr=(stat.S_IFLNK | 0o777) << 16), b"/etc/passwd")),
        "content/x.txt: een symbolische koppeling mag niet.",
    ),
    "device": (
        raw_zip(*GOOD, (named("content/x.txt", create_system=3, external_attr=(stat.S_IFCHR | 0o777) << 16), b"")),
        "bijzonder bestand",
    ),
    "encrypted": (patched(raw_zip(*GOOD), flag=1), "versleuteld"),
    "lzma": (raw_zip(*GOOD, (named("content/x.txt", compress_type=zipfile.ZIP_LZMA), b"x")), "manier van inpakken"),
    "bomb": (raw_zip(*GOOD, ("content/x.txt", bytes(30_000_000))), "zip-bom"),
    "differs in case": (raw_zip(*GOOD, ("content/a.txt", b"x"), ("content/A.txt", b"x")), "verschilt alleen in hoofdletters"),
    "twice, differently": (
        raw_zip(*GOOD, ("content/a.txt", b"x"), ("content/a.txt", b"y")),
        "content/a.txt: dit bestand staat er twee keer in",
    ),
    "html in content": (package(files={"content/x.html": "<script>"}), "content/x.html: dit soort bestand (.html) mag niet in de inhoud."),
    "svg in content": (package(files={"content/images/x.SVG": "<svg/>"}), "(.svg)"),
    "flash in content": (package(files={"content/x.swf": b"x"}), "(.swf)"),
    "xml in content": (package(files={"content/x.xml": "<x/>"}), "(.xml)"),
    "script in content": (package(files={"content/x.js": "x"}), "(.js)"),
    "no extension in content": (package(files={"content/x": "x"}), "zonder extensie"),
    "html in a library": (
        package("T.Main 1.2", library("T.Main 1.2", js="", files={"x.html": ""})),
        "T.Main-1.2/x.html: dit soort bestand (.html) mag niet in een bibliotheek.",
    ),
    "php in a library": (package("T.Main 1.2", library("T.Main 1.2", js="", files={"x.php": ""})), ".php"),
    "not a zip": (b"hallo", "geen zip-bestand"),
    "nothing": (b"", "geen zip-bestand"),
    "cut off": (package()[:-30], "geen zip-bestand"),
    "empty zip": (zipped({}), "h5p.json: dit bestand ontbreekt."),
    "no h5p.json": (package(drop=("h5p.json",)), "h5p.json: dit bestand ontbreekt."),
    "inside a folder": (zipped({f"pakket/{name}": content for name, content in GOOD}), "pak de inhoud van de map in"),
    "no content": (package(drop=("content/content.json",)), "content/content.json: dit bestand ontbreekt."),
    "content is no JSON": (package(files={"content/content.json": "{,}"}), "content/content.json: dit is geen geldige JSON"),
    "content is a list": (package(params=[1]), "content/content.json: hier hoort een JSON-object"),
    "content is too deep": (package(files={"content/content.json": '{"a":' + "[" * 500 + "]" * 500 + "}"}), "te diep genest"),
    "content is endless": (package(files={"content/content.json": "[" * 2_000_000}), "content/content.json"),
    "not a number": (package(files={"content/content.json": '{"a": NaN}'}), "geen geldige JSON"),
    "infinite": (package(files={"content/content.json": '{"a": 1e999}'}), "geen geldige JSON"),
    "not UTF-8": (package(files={"content/content.json": b'{"a": "\xff"}'}), "geen UTF-8"),
    "no title": (package(h5p={"title": None}), "h5p.json: title ontbreekt"),
    "no language": (package(h5p={"language": None}), "h5p.json: language ontbreekt"),
    "no main library": (package(h5p={"mainLibrary": None}), "h5p.json: mainLibrary ontbreekt"),
    "no embed types": (package(h5p={"embedTypes": None}), "h5p.json: embedTypes ontbreekt"),
    "no dependencies": (package(h5p={"preloadedDependencies": None}), "h5p.json: preloadedDependencies ontbreekt"),
    "main not among them": (package(h5p={"mainLibrary": "T.Other"}), "preloadedDependencies noemt de hoofdbibliotheek T.Other niet"),
    "library absent": (
        package("T.Main 1.2", library("T.Main 1.2", js="", needs=["T.Absent 2.3"])),
        "T.Absent 2.3: deze bibliotheek is nodig voor T.Main",
    ),
    "sub-content absent": (
        package(params={"a": [{"library": "T.Absent 2.3", "params": {}}]}),
        "T.Absent 2.3: deze bibliotheek is nodig voor content/content.json",
    ),
    "other minor version": (package("T.Main 1.3", library("T.Main 1.2", js="")), "T.Main 1.3"),
    "folder has another name": (
        package("T.Main 1.2", library("T.Main 1.2", js="", folder="T.Other-1.2")),
        "T.Other-1.2/library.json: de map hoort T.Main of T.Main-1.2 te heten.",
    ),
    "script absent": (
        package("T.Main 1.2", library("T.Main 1.2", extra={"preloadedJs": [{"path": "x.js"}]})),
        "preloadedJs: x.js staat niet in het pakket",
    ),
    "script outside": (
        package("T.Main 1.2", library("T.Main 1.2", extra={"preloadedJs": [{"path": "../x.js"}]})),
        "is geen pad naar een .js-bestand",
    ),
    "newer core": (
        package("T.Main 1.2", library("T.Main 1.2", js="", extra={"coreApi": {"majorVersion": 1, "minorVersion": 29}})),
        "vraagt H5P core 1.29",
    ),
    "no runnable": (package("T.Main 1.2", library("T.Main 1.2", js="", extra={"runnable": None})), "runnable ontbreekt"),
    "no patch": (package("T.Main 1.2", library("T.Main 1.2", js="", extra={"patchVersion": None})), "patchVersion ontbreekt"),
    "semantics broken": (
        package("T.Main 1.2", library("T.Main 1.2", js="", files={"semantics.json": "["})),
        "T.Main-1.2/semantics.json: dit is geen geldige JSON",
    ),
    "language broken": (
        package("T.Main 1.2", library("T.Main 1.2", js="", files={"language/nl.json": "["})),
        "T.Main-1.2/language/nl.json: dit is geen geldige JSON",
    ),
    "folder that is no library": (package(files={"Los/x.js": "x"}), "Los/library.json: dit bestand ontbreekt."),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_breaks_a_rule_is_refused_with_file_and_rule_and_leaves_nothing(refused, stored_files, name):
    content, reason = HOSTILE[name]

    reasons = refused(content)

    assert any(reason in given_reason for given_reason in reasons), reasons
    assert not H5PContent.objects.exists()
    assert not H5PLibrary.objects.exists()
    assert stored_files() == []


def test_another_extension_is_refused(refused):
    assert refused(package(), filename="pakket.zip") == ["pakket.zip: de naam van een H5P-pakket eindigt op .h5p."]


def test_all_reasons_are_given_at_once(refused):
    reasons = refused(package(h5p={"title": None}, files={"content/a.svg": "x", "content/b.html": "x"}))

    assert len(reasons) == 3


def test_limits_come_from_settings(refused, upload, settings):
    upload(package())
    settings.H5P_LIMITS = {"entries": 2}
    assert "meer dan 2 mag niet" in refused(package())[0]
    settings.H5P_LIMITS = {"file_bytes": 10}
    assert "MB mag niet" in refused(package())[0]
    settings.H5P_LIMITS = {"total_bytes": 100}
    assert "Uitgepakt is het pakket" in refused(package())[0]
    settings.H5P_LIMITS = {"package_bytes": 100}
    assert "Het pakket is" in refused(package())[0]


def test_a_directory_that_lies_about_a_size_is_stopped_while_streaming(refused):
    content = bytearray(raw_zip(*GOOD, ("content/x.txt", bytes(1_000_000))))
    at = content.rfind(b"PK\x01\x02")
    struct.pack_into("<I", content, at + 24, 10)

    assert "content/x.txt" in refused(bytes(content))[0]


def test_a_directory_that_claims_millions_of_entries_is_refused_unread(refused):
    content = bytearray(package())
    at = content.rfind(b"PK\x05\x06")
    struct.pack_into("<HHI", content, at + 8, 65_535, 65_535, 0x7FFFFFFF)

    assert "zegt 65535 bestanden te tellen" in refused(bytes(content))[0]


def test_the_malware_scanner_sees_every_file(refused, settings):
    settings.H5P_MALWARE_SCANNER = lambda path: "Eicar" if b"EICAR" in path.read_bytes() else None

    assert refused(package(files={"content/x.txt": "EICAR"})) == ["content/x.txt: de virusscanner vond Eicar."]


def test_characters_that_no_database_keeps_are_dropped(upload):
    assert upload(package(files={"content/content.json": r'{"a": "x\u0000y\ud800z"}'})).params == {"a": "xyz"}


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["T.Main", "T.Main 1.2", "path", "../x", "1"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "title",
                    "machineName",
                    "majorVersion",
                    "minorVersion",
                    "path",
                    "library",
                    "params",
                    "name",
                    "type",
                    "fields",
                    "field",
                    "tags",
                    "regexp",
                    "x",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
FIELDS = ["title", "language", "mainLibrary", "embedTypes", "preloadedDependencies", "dynamicDependencies"]
LIBRARY_FIELDS = [
    "title",
    "machineName",
    "majorVersion",
    "patchVersion",
    "runnable",
    "preloadedJs",
    "preloadedCss",
    "preloadedDependencies",
    "editorDependencies",
    "dropLibraryCss",
    "coreApi",
]


@pytest.mark.django_db
@hypothesis_settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_json_of_any_shape_is_accepted_or_refused_but_never_a_crash(upload, data):
    h5p = {data.draw(st.sampled_from(FIELDS)): data.draw(json_values)}
    extra = {data.draw(st.sampled_from(LIBRARY_FIELDS)): data.draw(json_values)}
    main = library(
        "T.Main 1.2",
        js="",
        extra=extra,
        semantics=data.draw(
            json_values
            | st.lists(
                st.fixed_dictionaries(
                    {
                        "name": st.just("x"),
                        "type": json_values | st.sampled_from(["text", "group", "list", "library", "image"]),
                        "field": json_values,
                        "fields": json_values,
                        "tags": json_values,
                        "regexp": json_values,
                        "maxLength": json_values,
                    }
                ),
                max_size=2,
            )
        ),
    )

    try:
        upload(package("T.Main 1.2", main, h5p=h5p, params=data.draw(json_values | st.dictionaries(st.just("x"), json_values))))
    except PackageRefused as refusal:
        assert refusal.reasons


@hypothesis_settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_damaged_zip_is_accepted_or_refused_but_never_a_crash(data):
    content = bytearray(package(files={"content/images/x.png": PNG}))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        with open_package(io.BytesIO(bytes(content)), filename="x.h5p"):
            pass
    except PackageRefused as refusal:
        assert refusal.reasons
