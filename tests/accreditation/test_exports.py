import csv
import io
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from lxml import etree
from openpyxl import load_workbook

from accreditation.exports.pe_online.xml import NotReportable, calls, end_date
from accreditation.exports.rows import Earned, count_earned, earned, head, lines
from accreditation.exports.tables import paste_list, stream_csv, write_xlsx
from accreditation.models import Accreditation, PointAward
from accreditation.points import correct, undo
from tests.factories.accounts import RegisterEntryFactory, RegisterFactory, UserFactory
from tests.factories.accreditation import AccreditationFactory, PointCategoryFactory, accredited, satisfy
from tests.factories.courses import EnrolmentFactory, released_course

ELEARNING = """<?xml version='1.0' encoding='utf-8'?>
<Entry>
  <Settings>
    <userID>@USERID@</userID>
    <userRole>EDU</userRole>
    <userKey>@USERKEY@</userKey>
    <orgID>52</orgID>
    <settingOutput>1</settingOutput>
    <emailOutput>scholing@voorbeeld.example</emailOutput>
    <languageID>1</languageID>
    <defaultLanguageID>1</defaultLanguageID>
  </Settings>
  <Attendance>
    <PECourseID>9471</PECourseID>
    <externalPersonID>19012345630</externalPersonID>
    <externalmoduleID>Module_A</externalmoduleID>
    <endDate>2026-06-01T14:00:00+02:00</endDate>
  </Attendance>
  <Attendance>
    <PECourseID>9471</PECourseID>
    <externalPersonID>123456</externalPersonID>
    <externalmoduleID>Module_A</externalmoduleID>
    <endDate>2026-12-31T23:30:00+01:00</endDate>
  </Attendance>
</Entry>
"""
SUMMER, WINTER = datetime(2026, 6, 1, 12, tzinfo=UTC), datetime(2026, 12, 31, 22, 30, tzinfo=UTC)


def accreditation(org_id=52, **fields):
    fields = {"external_course_id": "", "pe_course_id": None, **fields}
    return AccreditationFactory(register=RegisterFactory(pe_online_org_id=org_id), **fields)


def row(of, number="19012345630", at=SUMMER, name="Test Persoon"):
    return Earned(
        accreditation=of,
        name=name,
        number=number,
        completed_at=at,
        points={"Geaccrediteerde scholing": Decimal(4)},
        certificate="VW-2026-000001",
    )


def as_csv(rows):
    return b"".join(stream_csv(head(), lines(rows)))


def as_sheet(rows):
    file = io.BytesIO()
    write_xlsx(file, head(), lines(rows), title="Resultaten")
    return load_workbook(file).active


def attendance(of):
    (call,) = calls([row(of)])
    return [(field.tag, field.text) for field in etree.fromstring(call.content).find("Attendance")]


@pytest.mark.django_db
class TestPEOnline:
    def test_an_elearning_report_is_exactly_this(self):
        course = accreditation(pe_course_id=9471, external_module_id="Module_A", course_type=2)

        (call,) = calls([row(course, "123456", WINTER), row(course)], email="scholing@voorbeeld.example")

        assert call.content.decode() == ELEARNING
        assert (call.name, call.org_id, call.rows) == ("pe-online-52-001.xml", 52, 2)

    @pytest.mark.parametrize(
        ("fields", "expected"),
        [
            (
                {"course_type": 1, "pe_course_id": 1, "pe_edition_id": 2, "external_meeting_id": "dag-1"},
                [("PECourseID", "1"), ("externalPersonID", "19012345630"), ("PEEditionID", "2"), ("externalMeetingID", "dag-1")],
            ),
            (
                {"course_type": 2, "external_course_id": "c"},
                [("externalCourseID", "c"), ("externalPersonID", "19012345630"), ("endDate", "2026-06-01T14:00:00+02:00")],
            ),
            (
                {"course_type": 3, "pe_course_id": 7},
                [("PECourseID", "7"), ("externalPersonID", "19012345630"), ("endDate", "2026-06-01T14:00:00+02:00")],
            ),
            (
                {"course_type": 4, "external_course_id": "c", "external_edition_id": "najaar"},
                [("externalCourseID", "c"), ("externalPersonID", "19012345630"), ("externalEditionID", "najaar")],
            ),
        ],
    )
    def test_each_type_of_course_has_its_own_fields_in_their_order(self, fields, expected):
        assert attendance(accreditation(**fields)) == expected

    @pytest.mark.parametrize(
        ("fields", "reason"),
        [
            ({"course_type": 2}, "PECourseID of externalCourseID nodig"),
            ({"course_type": 2, "pe_course_id": 1, "external_course_id": "c"}, "niet allebei"),
            ({"course_type": 1, "pe_course_id": 1, "pe_edition_id": 2}, "PEMeetingID of externalMeetingID nodig"),
            ({"course_type": 4, "pe_course_id": 1}, "PEEditionID of externalEditionID nodig"),
            ({"course_type": 2, "pe_course_id": 1, "pe_edition_id": 3}, "hoort geen PEEditionID"),
            ({"course_type": 3, "pe_course_id": 1, "external_meeting_id": "x"}, "hoort geen PEMeetingID"),
            ({"course_type": 2, "pe_course_id": 1, "org_id": None}, "orgID ontbreekt"),
        ],
    )
    def test_an_incomplete_accreditation_is_refused_with_the_field_to_mend(self, fields, reason):
        of = (
            accreditation(**fields)
            if fields.get("org_id", 52)
            else accreditation(None, **{k: v for k, v in fields.items() if k != "org_id"})
        )

        with pytest.raises(NotReportable, match=reason):
            calls([row(of)])

    def test_more_than_a_hundred_rows_become_more_calls_and_a_call_has_one_org_id(self):
        nurses, physicians = accreditation(52, pe_course_id=1), accreditation(19, pe_course_id=2)
        rows = [row(nurses, number=f"{n:06d}") for n in range(201)] + [row(physicians)]

        made = calls(rows)

        assert [(call.org_id, call.rows, call.name) for call in made] == [
            (19, 1, "pe-online-19-001.xml"),
            (52, 100, "pe-online-52-001.xml"),
            (52, 100, "pe-online-52-002.xml"),
            (52, 1, "pe-online-52-003.xml"),
        ]
        people = [element.text for call in made for element in etree.fromstring(call.content).iter("externalPersonID")]
        assert sorted(people) == sorted(r.number for r in rows)

    def test_the_same_ledger_gives_the_same_bytes_in_any_order(self):
        of = accreditation(pe_course_id=1)
        rows = [row(of, number=f"{n:06d}") for n in range(5)]

        assert calls(rows) == calls(reversed(rows))

    def test_a_number_with_markup_stays_text(self):
        assert "19&lt;/x&gt;" in calls([row(accreditation(pe_course_id=1), number="19</x>")])[0].content.decode()

    def test_the_end_date_has_amsterdams_zone_of_that_day(self):
        assert [end_date(SUMMER), end_date(WINTER)] == ["2026-06-01T14:00:00+02:00", "2026-12-31T23:30:00+01:00"]


@pytest.mark.django_db
class TestTables:
    def test_csv_and_xlsx_say_the_same_and_keep_the_leading_zero(self):
        rows = [row(accreditation(id_number="512345"), number="09012345630", name="=HYPERLINK(1)")]

        by_csv = list(csv.reader(io.StringIO(as_csv(rows).decode("utf-8-sig")), delimiter=";"))
        sheet = as_sheet(rows)

        head, *lines = [[cell.value for cell in line] for line in sheet.iter_rows()]
        points, day = head.index("Punten"), head.index("Voltooid op")
        for line in lines:
            line[points] = f"{line[points]:g}".replace(".", ",")
            line[day] = f"{line[day]:%d-%m-%Y}"
        assert by_csv == [head, *lines]
        assert by_csv[1][:4] == ["'=HYPERLINK(1)", rows[0].accreditation.register.name, "09012345630", "512345"]
        types = [cell.data_type for cell in list(sheet.iter_rows())[1]]
        assert (types.pop(day), types.pop(points), set(types)) == ("d", "n", {"s"})

    def test_what_xml_cannot_hold_costs_a_character_and_not_the_file(self):
        rows = [row(accreditation(), name="Demo\x00 \x0bpersoon\ufffe \ud800"), row(accreditation(), name="#N/A")]

        names = [cell.value for cell in as_sheet(rows)["A"]]

        assert names == ["Naam", "Demo persoon ", "#N/A"]
        assert as_sheet(rows)["A3"].data_type == "s"
        assert b"#N/A" in as_csv(rows)

    def test_what_does_not_fit_one_sheet_goes_on_in_the_next_under_the_same_head(self):
        file = io.BytesIO()

        written = write_xlsx(
            file, ["Nummer"], ([n] for n in range(5)), title="Een/lange: naam van een blad, langer dan mag", rows_per_sheet=3
        )

        sheets = load_workbook(file).worksheets
        assert written == 5
        assert [[cell.value for cell in sheet["A"]] for sheet in sheets] == [["Nummer", 0, 1], ["Nummer", 2, 3], ["Nummer", 4]]

    def test_a_table_without_rows_still_has_its_head(self):
        assert [cell.value for cell in as_sheet([])[1]] == head()
        assert as_csv([]).decode("utf-8-sig").count("\r\n") == 1

    @pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
    def test_a_name_never_becomes_a_formula(self, name):
        rows = [row(accreditation(), name=name)]

        sheet = as_sheet(rows)

        assert sheet["A2"].data_type == "s"
        assert not str(sheet["A2"].value).startswith(("=", "+", "-", "@"))

    def test_a_list_to_paste_has_only_numbers(self):
        of = accreditation()

        assert b"".join(paste_list(r.number for r in [row(of, "19012345630"), row(of, "123456")])) == b"19012345630\r\n123456\r\n"


@pytest.mark.django_db(transaction=True)
def test_what_was_undone_is_not_reported_and_a_correction_is_reported_once_at_the_same_moment():
    release, register = released_course(), RegisterFactory(pe_online_org_id=52)
    of, actor = accredited(release=release, register=register, points=4), UserFactory()
    for number in ("19012345630", "19012345631", "19012345632"):
        learner = UserFactory()
        RegisterEntryFactory(user=learner, register=register, number=number)
        satisfy(EnrolmentFactory(learner=learner, release=release), at=SUMMER)
    gone, changed, _kept = PointAward.objects.order_by("register_number")
    undo(award=gone, reason="Niet aanwezig", actor=actor)
    correct(award=changed, points=Decimal(2), reason="De helft", actor=actor)

    rows = earned(list(Accreditation.objects.filter(pk=of.pk)))

    assert count_earned([of]) == 2
    assert [(r.number, r.total, r.completed_at) for r in rows] == [("19012345631", 2, SUMMER), ("19012345632", 4, SUMMER)]


@pytest.mark.django_db(transaction=True)
def test_a_person_is_one_row_of_two_categories_however_many_others_finished_in_between():
    release, register = released_course(), RegisterFactory()
    of = accredited(release=release, register=register, points=4)
    first, second = UserFactory(), UserFactory()
    for learner, day in ((first, 1), (second, 2)):
        RegisterEntryFactory(user=learner, register=register)
        satisfy(EnrolmentFactory(learner=learner, release=release), at=datetime(2026, 6, day, 12, tzinfo=UTC))
    known = PointAward.objects.get(learner=first)
    PointAward.objects.create(
        learner=first,
        register=register,
        register_number=known.register_number,
        accreditation=of,
        category=PointCategoryFactory(register=register, code="deel", name="Deelregister"),
        enrolment=known.enrolment,
        points=2,
        completed_at=datetime(2026, 6, 3, 12, tzinfo=UTC),
        awarded_on="2026-06-03",
    )

    rows = earned([of])

    assert [(r.name, r.points) for r in rows] == [
        (str(first), {"Geaccrediteerde scholing": 4, "Deelregister": 2}),
        (str(second), {"Geaccrediteerde scholing": 4}),
    ]
    assert count_earned([of]) == 2
    assert len(list(lines(rows))) == 3
