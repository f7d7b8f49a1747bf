"""Questions out and in again: QTI 3.0, CSV, H5P; and files that must not come in."""

import io
import json
import zipfile

import pytest
from django.core.files.storage import storages

from courses.models import Question, QuestionVersion
from courses.questions.bank import revise
from courses.questions.exchange import ExchangeRefused, export_questions, read_file
from courses.questions.exchange.incoming import take_in
from courses.questions.types import TYPES
from tests.factories.courses import CourseFactory
from tests.factories.questions import make_question

pytestmark = pytest.mark.django_db
RICH = "Lees **goed** en *rustig*:\n\n- eerst dit\n- dan [dat](https://voorbeeld.example/)"


def bank(*kinds, **fields):
    course = CourseFactory()
    return [
        make_question(
            kind,
            course=course,
            title=f"Vraag {kind}",
            key=f"q-{kind.replace('_', '-')}",
            tags=("eindtoets", "m1"),
            difficulty="hard",
            points=3,
            provenance="Een bron, p. 3",
            **fields,
        ).versions.get()
        for kind in kinds
    ]


def packed(**files: str | bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def manifest(*hrefs: str, kind: str = "imsqti_item_xmlv3p0") -> str:
    resources = "".join(f'<resource identifier="r{n}" type="{kind}" href="{href}"/>' for n, href in enumerate(hrefs))
    return f'<manifest xmlns="http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1" identifier="m"><organizations/><resources>{resources}</resources></manifest>'


def item(body: str, *, declaration: str = "", head: str = "") -> str:
    return (
        f'{head}<qti-assessment-item xmlns="http://www.imsglobal.org/xsd/imsqtiasi_v3p0" identifier="i1" title="Van elders" adaptive="false" time-dependent="false">'
        f"{declaration}<qti-item-body>{body}</qti-item-body></qti-assessment-item>"
    )


def taken_back(content: bytes, name: str):
    course = CourseFactory()
    report = take_in(read_file(content, name=name), organisation=course.organisation, course=course, author=None)
    assert [(line.outcome, line.incoming.problems) for line in report.lines if line.outcome != "added"] == []
    return course


def told(version):
    definition = {name: value for name, value in version.definition.items() if name != "image"}
    question = version.question
    return (
        version.type,
        definition,
        version.points,
        sorted(tag.name for tag in question.tags.all()),
        question.difficulty,
        question.provenance,
        question.title,
    )


QTI_KINDS = [kind for kind in TYPES if kind != "case"]


@pytest.mark.parametrize("kind", QTI_KINDS)
def test_a_question_goes_out_as_qti_and_comes_back_the_same(kind):
    (version,) = bank(kind, definition={"prompt": RICH})

    course = taken_back(export_questions([version], form="qti", title="Bank").content, "vragen.zip")

    (back,) = QuestionVersion.objects.filter(question__course=course)
    assert told(back) == told(version)


@pytest.mark.parametrize("kind", [kind for kind in TYPES if kind != "hotspot"])
def test_a_question_goes_out_as_csv_and_comes_back_the_same(kind):
    (version,) = bank(kind, definition={"prompt": '=Wat; is "dit"?\nEn dat?'})

    content = export_questions([version], form="csv", title="Bank").content
    course = taken_back(content, "vragen.csv")

    assert b"'=Wat" in content  # a spreadsheet does not run it
    (back,) = QuestionVersion.objects.filter(question__course=course)
    assert told(back) == told(version)


def test_reading_the_same_file_again_changes_nothing_and_a_changed_one_makes_a_version():
    versions = bank("single_choice", "numeric")
    course = versions[0].question.course
    content = export_questions(versions, form="csv", title="Bank").content

    same = take_in(read_file(content, name="a.csv"), organisation=course.organisation, course=course, author=None)
    changed = take_in(
        read_file(content.replace(b"Hoeveel procent?", b"Hoeveel ongeveer?"), name="a.csv"),
        organisation=course.organisation,
        course=course,
        author=None,
    )

    assert [line.outcome for line in same.lines] == ["same", "same"]
    assert [line.outcome for line in changed.lines] == ["same", "revised"]


def test_one_bad_row_keeps_everything_out_unless_the_author_says_otherwise():
    course = CourseFactory()
    content = b"type;prompt;correct;option_1;option_2\nsingle_choice;Goed?;1;ja;nee\nsingle_choice;Fout?;3;ja;nee\nraar;Wat?;;;\nnumeric;Hoeveel?;veel;;\n"

    nothing = take_in(read_file(content, name="a.csv"), organisation=course.organisation, course=course, author=None)
    assert [(line.incoming.where, line.outcome) for line in nothing.lines] == [
        ("Rij 2", "left"),
        ("Rij 3", "refused"),
        ("Rij 4", "refused"),
        ("Rij 5", "refused"),
    ]
    assert [bool(line.incoming.problems) for line in nothing.lines] == [False, True, True, True]
    assert not Question.objects.exists()

    some = take_in(read_file(content, name="a.csv"), organisation=course.organisation, course=course, author=None, despite=True)
    assert (some.taken, some.refused) == (1, 3)
    assert Question.objects.get().title == "Goed?"


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe\x00", b"a;b\n1;2\n", b"type;prompt;vreemd\n", "type;prompt\nöpen;x".encode("latin-1"), b'type;prompt\n"open;x\n', b""],
)
def test_what_is_not_our_csv_is_refused_whole(content):
    with pytest.raises(ExchangeRefused):
        read_file(content, name="a.csv")


def test_items_of_others_come_in_and_what_we_do_not_know_is_said_per_item():
    choice = item(
        '<p>Welke stad?</p><qti-choice-interaction response-identifier="RESPONSE" max-choices="1"><qti-prompt>Kies.</qti-prompt>'
        '<qti-simple-choice identifier="A">Utrecht</qti-simple-choice><qti-simple-choice identifier="B">Zwolle</qti-simple-choice></qti-choice-interaction>',
        declaration='<qti-response-declaration identifier="RESPONSE" cardinality="single" base-type="identifier"><qti-correct-response><qti-value>B</qti-value></qti-correct-response></qti-response-declaration>',
    )
    gaps = item(
        '<p>Jan <qti-text-entry-interaction response-identifier="R1"/> en Piet <qti-text-entry-interaction response-identifier="R2"/>.</p>',
        declaration="".join(
            f'<qti-response-declaration identifier="R{n}" cardinality="single" base-type="string"><qti-correct-response><qti-value>loopt</qti-value></qti-correct-response>'
            '<qti-mapping default-value="0"><qti-map-entry map-key="wandelt" mapped-value="1"/><qti-map-entry map-key="rent" mapped-value="0"/></qti-mapping></qti-response-declaration>'
            for n in (1, 2)
        ),
    )
    slider = item('<qti-slider-interaction response-identifier="RESPONSE" lower-bound="0" upper-bound="10"/>')
    content = packed(**{"imsmanifest.xml": manifest("a.xml", "b.xml", "c.xml", "weg.xml"), "a.xml": choice, "b.xml": gaps, "c.xml": slider})

    first, second, third, fourth = read_file(content, name="x.zip")

    assert (first.kind, first.definition["prompt"], [option["correct"] for option in first.definition["options"]]) == (
        "single_choice",
        "Welke stad?\n\nKies.",
        [False, True],
    )
    assert (second.kind, second.definition["text"]) == ("fill_in", "Jan [[1]] en Piet [[2]].")
    assert second.definition["gaps"] == {"1": ["loopt", "wandelt"], "2": ["loopt", "wandelt"]}
    assert third.problems == ["We kennen qti-slider-interaction niet."]
    assert "weg.xml ontbreekt" in fourth.problems[0]


HOSTILE = {
    "an entity": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
    "an outside document type": '<!DOCTYPE x SYSTEM "http://kwaad.example/x.dtd">',
    "a bomb": '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>',
}


@pytest.mark.parametrize("head", HOSTILE.values(), ids=HOSTILE)
def test_xml_that_reaches_outside_itself_is_refused(head):
    body = '<p>x</p><qti-extended-text-interaction response-identifier="RESPONSE"/>'

    (read,) = read_file(packed(**{"imsmanifest.xml": manifest("a.xml"), "a.xml": item(body, head=head)}), name="x.zip")
    assert "documenttype of entiteiten" in read.problems[0]
    with pytest.raises(ExchangeRefused, match="documenttype"):
        read_file(packed(**{"imsmanifest.xml": head + manifest("a.xml")}), name="x.zip")
    sneaky = item(body, head=head).encode("utf-16")
    (read,) = read_file(packed(**{"imsmanifest.xml": manifest("a.xml"), "a.xml": sneaky}), name="x.zip")
    assert "geen UTF-8" in read.problems[0]


def test_packages_that_point_outside_or_blow_up_are_refused():
    with pytest.raises(ExchangeRefused, match="buiten zichzelf"):
        read_file(packed(**{"../imsmanifest.xml": manifest("a.xml")}), name="x.zip")
    with pytest.raises(ExchangeRefused, match="te groot"):
        read_file(packed(**{"imsmanifest.xml": b" " * 3_000_000}), name="x.zip")
    with pytest.raises(ExchangeRefused, match="beschadigd"):
        read_file(b"PK\x03\x04niets", name="x.zip")
    with pytest.raises(ExchangeRefused, match="noemt geen vragen"):
        read_file(packed(**{"imsmanifest.xml": manifest()}), name="x.zip")
    (old,) = read_file(packed(**{"imsmanifest.xml": manifest("a.xml", kind="imsqti_item_xmlv2p1")}), name="x.zip")
    assert "we lezen QTI 3.0" in old.problems[0]


def test_a_picture_with_code_in_it_is_refused():
    body = (
        '<qti-hotspot-interaction response-identifier="RESPONSE" max-choices="1"><img src="a.svg" alt="x"/>'
        '<qti-hotspot-choice identifier="A" shape="rect" coords="0,0,5,5"/><qti-hotspot-choice identifier="B" shape="rect" coords="5,5,9,9"/></qti-hotspot-interaction>'
    )
    declaration = '<qti-response-declaration identifier="RESPONSE" cardinality="single" base-type="identifier"><qti-correct-response><qti-value>A</qti-value></qti-correct-response></qti-response-declaration>'
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10">{}</svg>'

    for inside in ("<script>alert(1)</script>", '<g onclick="x()"/>', "<foreignObject/>", '<a href="javascript:x()"/>'):
        (read,) = read_file(
            packed(**{"imsmanifest.xml": manifest("i.xml"), "i.xml": item(body, declaration=declaration), "a.svg": svg.format(inside)}),
            name="x.zip",
        )
        assert read.problems == ["De SVG-afbeelding bevat code."]
    (read,) = read_file(
        packed(**{"imsmanifest.xml": manifest("i.xml"), "i.xml": item(body, declaration=declaration), "a.svg": svg.format("<g/>")}),
        name="x.zip",
    )
    assert read.definition["areas"][0]["width"] == 50


def test_a_case_stays_behind_and_is_named():
    versions = bank("case", "true_false")

    with zipfile.ZipFile(io.BytesIO(export_questions(versions, form="qti", title="Bank").content)) as archive:
        assert "Vraag case" in archive.read("niet-meegenomen.txt").decode()
        assert len([name for name in archive.namelist() if name.startswith("items/")]) == 1
    with pytest.raises(ExchangeRefused):
        export_questions(versions[:1], form="qti", title="Bank")


def test_a_question_goes_out_as_h5p_without_libraries():
    versions = bank("multiple_choice", "single_choice", "open")

    with zipfile.ZipFile(io.BytesIO(export_questions(versions, form="h5p-multichoice", title="Bank").content)) as outer:
        packages = [name for name in outer.namelist() if name.endswith(".h5p")]
        with zipfile.ZipFile(io.BytesIO(outer.read(packages[0]))) as package:
            about, content = (json.loads(package.read(name)) for name in ("h5p.json", "content/content.json"))

    assert len(packages) == 2
    assert about["mainLibrary"] == "H5P.MultiChoice"
    assert {"machineName": "H5P.MultiChoice", "majorVersion": 1, "minorVersion": 16} in about["preloadedDependencies"]
    assert [answer["correct"] for answer in content["answers"]] == [True, True, False, False]
    with (
        zipfile.ZipFile(io.BytesIO(export_questions(bank("true_false"), form="h5p-truefalse", title="Bank").content)) as outer,
        zipfile.ZipFile(io.BytesIO(outer.read(outer.namelist()[0]))) as package,
    ):
        assert json.loads(package.read("content/content.json"))["correct"] == "true"


def test_questions_go_out_as_our_own_h5p_that_our_own_check_accepts(settings, tmp_path):
    content = export_questions(bank("single_choice", "true_false", "open"), form="h5p-choice", title="Bank").content

    with zipfile.ZipFile(io.BytesIO(content)) as package:
        assert json.loads(package.read("h5p.json"))["mainLibrary"] == "Vakwijs.Choice"
        assert any(name.startswith("Vakwijs.Choice-") for name in package.namelist())
        assert "Wie spreekt over terugkeer" in package.read("content/content.json").decode()
    assert storages  # the package holds everything it needs


def test_a_version_never_changes():
    (version,) = bank("true_false")

    with pytest.raises(TypeError):
        version.save()
    newer = revise(version.question, kind="true_false", definition={**version.definition, "answer": False}, points=3)
    assert (newer.number, version.question.versions.count()) == (2, 2)
    assert revise(version.question, kind="true_false", definition=newer.definition, points=3) == newer
