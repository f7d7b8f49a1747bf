"""Reading what the service says; and the stand-in, which refuses as the manual does."""

from datetime import UTC, datetime

import pytest

from accounts.outgoing.connection import Reply
from accreditation.reporting.answers import Outcome, read, same_moment
from tests.pe_online_stand_in import World
from tests.pe_online_stand_in.rules import Refused, process

SENT = datetime(2026, 6, 1, 21, 30, tzinfo=UTC)  # 23:30 in Amsterdam


def reply(text, status=200):
    return Reply(status=status, headers={}, body=text.encode())


SUMMARY = (
    "<Summary><Results><rejected_rows>1</rejected_rows><accepted_rows>1</accepted_rows><total_rows>2</total_rows></Results>"
    "<Error><{tag}>100</{tag}><errorMsg>Professional op regel [2] bestaat niet in PE</errorMsg></Error>"
    "<Accepted><person>123456</person><course>9471</course><date>2026-06-01T23:30:00+02:00</date></Accepted></Summary>"
)


@pytest.mark.parametrize("tag", ["errorNR", "errorNr"])
@pytest.mark.parametrize(
    "shape",
    [
        "{}",
        "<?xml version='1.0'?>{}",
        "<string xmlns='x'>{escaped}</string>",
        "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><R xmlns='y'><ProcessXMLResult>{escaped}</ProcessXMLResult></R></s:Body></s:Envelope>",
        "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><R xmlns='y'><ProcessXMLResult>{}</ProcessXMLResult></R></s:Body></s:Envelope>",
    ],
)
def test_an_answer_is_read_however_it_is_wrapped(tag, shape):
    summary = SUMMARY.format(tag=tag)
    escaped = summary.replace("&", "&amp;").replace("<", "&lt;")

    answer = read(reply(shape.replace("{escaped}", escaped).replace("{}", summary)))

    assert answer.outcome == Outcome.PROCESSED
    assert [(row.person, row.course) for row in answer.accepted] == [("123456", "9471")]
    assert [(error.code, error.without_line) for error in answer.errors] == [("100", "Professional bestaat niet in PE")]
    assert (answer.accepted_rows, answer.rejected_rows) == (1, 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "geen xml",
        "<html><body>Onderhoud</body></html>",
        "<Summary/>",
        "<Summary><Results/></Summary>",
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>',
        "<a>" * 5000,
        "<string>" + "&lt;Summary" * 50,
    ],
)
def test_nonsense_is_nonsense_and_nothing_outside_is_read(text):
    answer = read(reply(text))

    assert answer.outcome == Outcome.NONSENSE
    assert "root:" not in answer.text


@pytest.mark.parametrize(
    ("said", "same"),
    [
        ("2026-06-01T23:30:00+02:00", True),
        ("2026-06-01T21:30:00Z", True),
        ("2026-06-01T23:30:00.1234567+02:00", True),
        ("2026-06-01T23:30:00", True),
        ("01-06-2026", True),
        ("01-06-2026 23:30:00", True),
        ("2026-06-01", True),
        ("2026-06-02", False),
        ("2026-06-01T21:30:00", False),
        ("2026-06-01T23:30:01+02:00", False),
        ("", False),
        ("morgen", False),
    ],
)
def test_the_moment_in_an_answer_is_ours_or_not(said, same):
    assert same_moment(said, SENT) is same


@pytest.mark.parametrize(
    "text",
    [
        "Professional op regel [12] bestaat",
        "Professional op regel 12 bestaat",
        "Professional regel: 12 bestaat",
        "Professional op Regel [ 12 ] bestaat",
    ],
)
def test_the_number_of_the_line_is_taken_out(text):
    answer = read(
        reply(
            f"<Summary><Error><errorNR>100</errorNR><errorMsg>{text}</errorMsg></Error><Results><rejected_rows>1</rejected_rows></Results></Summary>"
        )
    )

    assert answer.errors[0].without_line == "Professional bestaat"


# --- The stand-in ----------------------------------------------------------------------------------------------------------

WORLD = World.load()
SETTINGS = {
    "userID": "demo-aanbieder",
    "userRole": "EDU",
    "userKey": "demo-sleutel-niet-geheim",
    "orgID": "52",
    "settingOutput": "0",
    "emailOutput": "",
    "languageID": "1",
    "defaultLanguageID": "1",
}
END = "2026-06-01T14:00:00+02:00"


def call(*rows, **settings):
    def fields(values):
        return "".join(f"<{name}>{text}</{name}>" for name, text in values.items())

    return f"<Entry><Settings>{fields({**SETTINGS, **settings})}</Settings>{''.join(f'<Attendance>{fields(row)}</Attendance>' for row in rows)}</Entry>"


def row(course, **more):
    return {"PECourseID": course, "externalPersonID": "123456", **more}


@pytest.mark.parametrize(
    "good",
    [
        row("9471", endDate=END),
        row("9472", endDate=END, externalmoduleID="Module_A"),
        row("9473", PEEditionID="501", externalMeetingID="dag-1"),
        row("9474", endDate=END),
        row("9475", externalEditionID="voorjaar"),
    ],
)
def test_what_the_manual_asks_for_each_type_is_taken(good):
    outcome = process(call(good), WORLD)

    assert (len(outcome.taken), outcome.errors) == (1, [])


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        ({"PECourseID": "9471", "endDate": END}, "Professional op regel [2] niet opgegeven"),
        ({**row("9471", endDate=END), "externalPersonID": "999999"}, "Professional op regel [2] bestaat niet in PE"),
        ({"externalPersonID": "123456", "endDate": END}, "Cursus op regel [2] niet opgegeven"),
        (row("1", endDate=END), "Cursus [1] op regel [2] bestaat niet in PE"),
        (row("8001", endDate=END), "Niet geaccrediteerd bij een beroepsgroep van de organisatie [52]"),
        (row("9471"), "bevat geen enddate"),
        (row("9471", endDate="2019-06-01T14:00:00+02:00"), "De datum [01-06-2019] valt buiten alle accr. periodes"),
        ({**row("9471", endDate=END), "externalPersonID": "234567"}, "valt buiten alle periodes dat er registratie kan plaatsvinden"),
        (row("9476", endDate=END), "door de opleider gedaan"),
        (row("9471", endDate=END, PEEditionID="501"), "bevat edities of bijeenkomsten"),
        (row("9472", endDate=END), "Module op regel [2] niet opgegeven"),
        (row("9472", endDate=END, externalmoduleID="B"), "Module [B] op regel [2] bestaat niet in PE"),
        (row("9473", externalMeetingID="dag-1"), "Editie op regel [2] niet opgegeven"),
        (row("9473", PEEditionID="501"), "Bijeenkomst op regel [2] niet opgegeven"),
        (row("9475", PEEditionID="701", endDate=END), "bevat een enddate, dit is niet toegestaan"),
    ],
)
def test_what_the_manual_refuses_is_refused_with_its_text(bad, text):
    outcome = process(call(bad), WORLD)

    assert outcome.taken == []
    assert text in outcome.errors[0]


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (call(row("9471", endDate=END), userKey="anders"), "400"),
        (call(row("9471", endDate=END), defaultLanguageID="6"), "505"),
        (call(*[row("9471", endDate=END)] * 101), "505"),
        (call(row("9471", endDate="2026-06-01")), "505"),
        (call(row("9471", enddate=END)), "505"),
        (call(row("9471", PEModuleID="A", endDate=END)), "505"),
        ("<Entry>", "505"),
    ],
)
def test_a_call_that_is_wrong_as_a_whole_is_not_processed_at_all(xml, code):
    with pytest.raises(Refused) as refused:
        process(xml, WORLD)

    assert refused.value.code == code
