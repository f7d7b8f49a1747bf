import io
import re
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given, settings, strategies
from openpyxl import Workbook

from accounts.models import AuditEvent, Role, User
from accreditation import jobs
from accreditation.attendance import taking
from accreditation.attendance.names import Others, misfit
from accreditation.attendance.reading import Line, ListRefused, read_file, read_pasted
from accreditation.attendance.taking import TakingRefused, bring, confirm, discard, drop, look_again, settle
from accreditation.models import AttendanceLine, AttendanceList, Job, PointAward
from accreditation.views import attendance
from courses.meetings.attendance import length
from courses.models import Attendance, Enrolment
from tests.factories.accounts import MembershipFactory, OrganisationFactory, RegisterEntryFactory, RegisterFactory, UserFactory
from tests.factories.accreditation import accredited
from tests.factories.courses import CourseFactory, EnrolmentFactory
from tests.factories.meetings import MeetingFactory, course_with_session

DAY = datetime(2026, 3, 10, 18, tzinfo=UTC)


def numbers(lines):
    return [line.number for line in lines]


# --- Reading ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_a_csv_is_read_in_any_usual_encoding_with_any_usual_separator(encoding, separator):
    rows = [["Naam", "BIG-nummer", "Uren"], ["Zoë", "19012345678", "2.5"], ["André", "0901 2345 678", "3"]]
    text = "\r\n".join(separator.join(row) for row in rows)

    found = read_file("lijst.csv", text.encode(encoding))

    assert found == [Line(2, "19012345678", "Zoë", Decimal("2.50")), Line(3, "09012345678", "André", Decimal("3.00"))]


def test_a_decimal_comma_in_a_field_of_a_semicolon_file_is_hours():
    assert read_file("x.csv", b"nummer;uren\n123456;2,5\n")[0].hours == Decimal("2.50")


def test_empty_rows_between_the_lines_of_a_sheet_cost_none_of_them():
    book = Workbook()
    for number in range(3000):
        book.active.append([f"1900{number:07}"])
        book.active.append([None])
    out = io.BytesIO()
    book.save(out)

    found = read_file("lijst.xlsx", out.getvalue())

    assert (len(found), found[-1]) == (3000, Line(5999, "19000002999"))


@pytest.mark.parametrize("typed", ["nan", "-NaN", "Infinity", "1e400", "0", "24,01"])
def test_hours_that_cannot_be_are_a_fault_of_their_line(typed):
    [line] = read_file("x.csv", f"nummer;uren\n123456;{typed}\n".encode())

    assert (line.number, line.hours) == ("123456", None)
    assert "uren" in line.hours_problem


def test_a_sheet_is_read_with_numbers_that_it_took_for_quantities():
    book = Workbook()
    sheet = book.active
    sheet.append(["Naam", "Relatienummer"])
    sheet.append(["Demo verpleegkundige", 123456])
    sheet.append(["Demo verzorgende", 19012345678.0])
    sheet.append([None, None])
    out = io.BytesIO()
    book.save(out)

    assert numbers(read_file("lijst.xlsx", out.getvalue())) == ["123456", "19012345678"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("123456\n234567\n", ["123456", "234567"]),
        ("123456, 234567,345678", ["123456", "234567", "345678"]),
        ("1901 2345 678\n19012345679 19012345680", ["19012345678", "19012345679", "19012345680"]),
        ("Nummer\n123456", ["123456"]),
        ("Jan;123456\nPiet;234567", ["123456", "234567"]),
        (
            "12345678901, 19000000131\n49000000001; 29000000001\tA;B",
            ["12345678901", "19000000131", "49000000001", "29000000001", "A", "B"],
        ),
        ("Nummer\n123456; 234567", ["123456", "234567"]),
    ],
)
def test_pasted_numbers_are_read_as_people_paste_them(text, found):
    assert numbers(read_pasted(text)) == found


@pytest.mark.parametrize("head", ["", "Nummer\n", "Naam;Nummer\n"])
def test_five_thousand_lines_are_read_below_a_head_too_and_one_more_is_too_many(head):
    beside = "Zoë;" if ";" in head else ""
    text = head + "".join(f"{beside}1900{number:07}\n" for number in range(5001))

    assert len(read_pasted(text[: text.rindex("1900") - len(beside)])) == 5000
    with pytest.raises(ListRefused, match="meer dan 5000 regels"):
        read_pasted(text)


def test_a_line_without_end_is_refused_before_all_of_it_is_read():
    began = time.process_time()
    with pytest.raises(ListRefused, match="meer dan 5000 regels"):
        read_file("x.csv", b"1," * 1_000_000)

    assert time.process_time() - began < 5  # to the end it takes 15 seconds


@settings(max_examples=60, deadline=None)
@given(
    strategies.lists(
        strategies.tuples(
            strategies.from_regex(r"[1-9][0-9]{0,12}|[A-Z]{1,3}[0-9]{2,5}|[a-z]{1,6}|[0-9],[0-9]", fullmatch=True),
            strategies.sampled_from([",", ";", "\t", "\n", " ; ", ", ", "|", "\n\n", '"', ";;"]),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_no_digits_of_what_was_pasted_are_nowhere(tokens):
    text = "".join(token + separator for token, separator in tokens)
    for head in ("", "Nummer\n", "Nummer;Naam\n"):
        try:
            found = read_pasted(head + text)
        except ListRefused:  # said aloud, and what was pasted stays in the form
            continue
        kept = " ".join(f"{line.number} {line.name} {line.problem}" for line in found)
        for run in re.findall(r"[0-9]+", text):
            assert run in kept
        assert len({line.line for line in found}) == len(found)


def test_without_headings_what_stands_beside_a_number_is_a_name_and_a_figure_is_asked_about():
    named, figured = read_pasted("Jansen, Jan; 19000000131\n19000000132; 2,5")

    assert (named.number, named.name, named.problem) == ("19000000131", "Jansen Jan", "")
    assert "‘2, 5’" in figured.problem


def test_a_name_beside_each_pasted_number_is_its_name():
    text = "19000000131 Demo verpleegkundige\n1900 0000 132 - Jansen, Jan\nDemo arts 123456\n19000000134: Zoë d'Hondt-de Bruin"

    assert [(line.number, line.name, line.problem) for line in read_pasted(text)] == [
        ("19000000131", "Demo verpleegkundige", ""),
        ("19000000132", "Jansen Jan", ""),
        ("123456", "Demo arts", ""),
        ("19000000134", "Zoë d'Hondt-de Bruin", ""),
    ]


def test_a_title_above_the_names_of_the_columns_is_no_line_and_every_row_keeps_its_place():
    book = Workbook()
    rows = [
        ["Presentielijst 12 maart 2026"],
        ["ID-nummer", 412345],
        [None],
        ["Naam", "BIG-nummer", "Uren"],
        ["Zoë", "19000000131", 3],
        ["Jan", 19000000132, "2,5"],
    ]
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)

    above, zoe, jan = read_file("lijst.xlsx", out.getvalue())

    assert (zoe, jan) == (Line(5, "19000000131", "Zoë", Decimal("3.00")), Line(6, "19000000132", "Jan", Decimal("2.50")))
    assert (above.line, "412345" in above.problem) == (2, True)  # in the column of the numbers: not thrown away unseen
    csv = "Presentielijst, 12 maart\n\nNaam\tBIG-nummer\nZoë\t19000000131\n"
    assert read_file("x.csv", csv.encode()) == read_pasted(csv) == [Line(4, "19000000131", "Zoë")]


def test_a_number_that_the_sheet_rounded_is_not_guessed_at():
    [line] = read_file("x.csv", b"nummer\n1,9E+10\n")[:1]

    assert "afgerond" in line.problem


@pytest.mark.parametrize(
    "content",
    [b"", b"\n\n", b"Naam\nJan\n", b"Nummer\n", b"%PDF-1.7", b"\xd0\xcf\x11\xe0rest", b"PK\x03\x04broken", b"a\x00b", b"\xff\xfe\x00", b"x" * (5 * 1024 * 1024 + 1)],
)  # fmt: skip
def test_what_is_no_list_is_refused_in_words(content):
    with pytest.raises(ListRefused) as refused:
        read_file("lijst", content)

    assert str(refused.value).endswith(".")


@settings(max_examples=60, deadline=None)
@given(strategies.binary(max_size=300))
def test_no_file_breaks_the_reading(content):
    for start in (b"", b"PK\x03\x04", b"nummer;uren\n"):
        try:
            read_file("lijst", start + content)
        except ListRefused:
            pass


# --- Looking, marking, sorting out --------------------------------------------------------------------------------------


@pytest.fixture
def organisation():
    return OrganisationFactory()


@pytest.fixture
def release(organisation):
    return course_with_session(course=CourseFactory(organisation=organisation))


@pytest.fixture
def register():
    return RegisterFactory(name="Kwaliteitsregister V&V")


@pytest.fixture
def meeting(release):
    return MeetingFactory(release=release, starts_at=DAY - timedelta(hours=6))


@pytest.fixture
def manager(organisation):
    return MembershipFactory(organisation=organisation, role=Role.ACCREDITATION_ADMIN).user


@pytest.fixture
def _now():
    with time_machine.travel(DAY, tick=False):
        yield


def participant(release, register, number):
    enrolment = EnrolmentFactory(release=release)
    RegisterEntryFactory(user=enrolment.learner, register=register, number=number)
    return enrolment


def lines(*given_numbers, **more):
    return [Line(line, number, **more) for line, number in enumerate(given_numbers, start=1)]


def states(kept):
    return [line.state for line in kept.lines.order_by("line")]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_now")
class TestTaking:
    def test_a_line_that_cannot_be_read_is_mended_or_left_out_also_after_confirming(self, client, release, register, meeting, manager):
        for last in "123":
            participant(release, register, f"1111111111{last}")
        rows = ["11111111111;A;drie", ";Demo;", "11111111112;;99", "44444444444;;-1", "appel;;"]
        kept = bring(lines=read_pasted("\n".join(["Nummer;Naam;Uren", *rows])), meeting=meeting, by=manager, name="a")
        assert states(kept) == ["refused", "unreadable", "refused", "unreadable", "unreadable"]
        confirm(kept=kept, by=manager)
        line = {row.line: row for row in kept.lines.all()}
        client.force_login(manager)
        address = reverse("accreditation:settle_not_enrolled", args=[kept.pk])

        for typed, told in [("", "Vul het nummer in"), ("appel 7", "geen registratienummer")]:
            refused = client.post(address, {"regel": line[3].pk, "doe": "nummer", "nummer": typed, "uren": "0,25"})
            assert refused.status_code == 422
            assert told in refused.content.decode()
            assert 'value="0,25"' in refused.content.decode()
        client.post(address, {"regel": line[2].pk, "doe": "uren", "uren": "0,5"})
        client.post(address, {"regel": line[3].pk, "doe": "nummer", "nummer": "1111 1111 113", "uren": ""})
        client.post(address, {"regel": line[4].pk, "doe": "uren", "uren": ""})
        client.post(address, {"regel": line[5].pk, "doe": "nummer", "nummer": "44444444444", "uren": "0,25"})
        client.post(address, {"regel": line[6].pk, "doe": "weglaten"})

        assert states(kept) == ["misnamed", "misnamed", "done", "unknown", "dropped"]  # mended hours or numbers vouch for no name
        assert kept.lines.get(line=5).hours == Decimal("0.25")

    def test_hours_beyond_the_meeting_are_told_of_an_unknown_number_and_of_both_lines_of_one_person(
        self, client, release, register, meeting, manager
    ):
        for last in "12":
            participant(release, register, f"1111111111{last}")
        more, lines_of = length(meeting) + 1, ["11111111111", "11111111111", "11111111112", "11111111112", "33333333333"]
        read = [Line(line, number, hours=None if line == 4 else more) for line, number in enumerate(lines_of, start=1)]
        kept = bring(lines=read, meeting=meeting, by=manager, name="a")

        assert states(kept) == ["refused", "refused", "twice", "ready", "unknown"]
        assert "ook op regel 1" in kept.lines.get(line=2).text
        assert "langer dan de bijeenkomst" in kept.lines.get(line=5).text
        taking.correct_hours(kept=kept, line=kept.lines.get(line=1).pk, hours=None, by=manager)
        assert states(kept)[:2] == ["ready", "twice"]
        confirm(kept=kept, by=manager)
        client.force_login(manager)
        linked = EnrolmentFactory(release=release).learner
        page = client.post(
            reverse("accreditation:settle_line", args=[kept.lines.get(line=5).pk]), {"doe": "koppel", "wie": linked.email}, follow=True
        ).content.decode()
        assert "Probeer met deze uren" in page

    def test_a_list_is_looked_at_first_and_then_marked_and_earns_points_by_the_usual_road(self, release, register, meeting, manager):
        accredited(release=release, register=register)
        participant(release, register, "11111111111")
        participant(release, register, "09012345678")
        RegisterEntryFactory(user=MembershipFactory(organisation=release.course.organisation).user, register=register, number="22222222222")
        RegisterEntryFactory(register=register, number="33333333333")  # of nobody whom this organisation knows

        kept = bring(
            lines=[
                *lines("11111111111", "9012345678", "11111111111", "22222222222", "33333333333", "44444444444"),
                Line(7, "x", problem="Stuk."),
            ],
            meeting=meeting,
            by=manager,
            name="lijst.csv",
        )
        assert states(kept) == ["ready", "ready", "twice", "not_enrolled", "unknown", "unknown", "unreadable"]
        assert not Attendance.objects.exists()
        assert not taking.unresolved(manager).exists()  # nothing is to be sorted out before somebody confirmed the list
        unknown = kept.lines.get(line=5)
        assert unknown.learner is None  # nothing tells that somebody elsewhere holds this number
        assert unknown.text == kept.lines.get(line=6).text
        job = confirm(kept=kept, by=manager)

        job.refresh_from_db()
        assert job.result["text"] == "2 aanwezigen vastgelegd."
        assert states(kept)[:2] == ["done", "done"]
        assert numbers(taking.unresolved(manager)) == ["33333333333", "44444444444"]
        assert Attendance.objects.filter(present=True, marked_by=manager).count() == 2
        assert PointAward.objects.count() == 2
        with pytest.raises(TakingRefused):
            confirm(kept=kept, by=manager)

    def test_a_list_that_makes_nobody_present_says_so_before_and_after_confirming(self, client, release, register, meeting, manager):
        participant(release, register, "11111111111")
        full, empty = (bring(lines=lines(number), meeting=meeting, by=manager, name=number) for number in ("11111111111", "22222222222"))
        client.force_login(manager)

        def told(*, page, by):
            return {kept.name[0] for kept in (full, empty) if by in client.get(page(kept)).content.decode()}

        def page(kept):
            return reverse("accreditation:attendance_list", args=[kept.pk])

        assert told(page=page, by="krijgt dan nog niemand punten of een deelnameverklaring") == {"2"}
        jobs_of = {kept: confirm(kept=kept, by=manager) for kept in (full, empty)}

        assert told(page=page, by="krijgt dus niemand punten of een deelnameverklaring") == {"2"}
        of_job = {"page": lambda kept: reverse("accreditation:job", args=[jobs_of[kept].pk])}
        assert told(**of_job, by="vw-notice--done") == {"1"}
        assert told(**of_job, by="vw-notice--signal") == told(**of_job, by="Niemand staat als aanwezig") == {"2"}
        overview = client.get(reverse("accreditation:attendance_lists")).content.decode()
        assert (overview.count("Vastgelegd"), overview.count("Niemand aanwezig")) == (1, 1)

    def test_the_same_list_again_marks_nobody_twice_and_says_that_nothing_changed(self, release, register, meeting, manager):
        participant(release, register, "11111111111")
        told = []
        for numbers_in_it in (["11111111111"], ["11111111111"], ["11111111111", "44444444444"]):
            kept = bring(lines=lines(*numbers_in_it), meeting=meeting, by=manager, name="lijst.csv")
            job = confirm(kept=kept, by=manager)
            job.refresh_from_db()
            told.append((job.result["text"], job.result["tone"]))

        assert told == [
            ("1 aanwezige vastgelegd.", "done"),
            ("Iedereen stond al als aanwezig; er is niets veranderd.", "info"),
            ("1 deelnemer stond al als aanwezig; er is niets veranderd.", "info"),
        ]
        assert states(kept) == ["already", "unknown"]
        assert Attendance.objects.count() == 1

    def test_who_does_not_follow_the_course_is_enrolled_only_when_asked_and_reads_by_whom_and_why(
        self, client, release, register, meeting, manager
    ):
        member = MembershipFactory(organisation=release.course.organisation).user
        RegisterEntryFactory(user=member, register=register, number="11111111111")

        confirm(kept=bring(lines=lines("11111111111"), meeting=meeting, by=manager, name="a"), by=manager)
        assert not Enrolment.objects.filter(learner=member).exists()
        kept = bring(lines=lines("11111111111", hours=Decimal("1.50")), meeting=meeting, by=manager, name="b", enrols=True)
        assert states(kept) == ["joins"]
        confirm(kept=kept, by=manager)

        assert Attendance.objects.get(enrolment__learner=member).hours == Decimal("1.50")
        client.force_login(member)
        trail = " ".join(re.sub(r"<[^>]+>", " ", client.get("/mijn/inzage/").content.decode()).split())
        because = f"Door een ander ingeschreven voor een cursus : {meeting.course.title} (stond op de presentielijst van {meeting})"
        assert f"{because} {manager}, namens {meeting.course.organisation}" in trail
        records = client.get("/mijn/leerrecords/").content.decode()
        assert f"Je bent door een ander ingeschreven voor ‘{meeting.course.title}’" in records
        assert "Je schreef je in" not in records

    def test_a_list_that_nobody_confirmed_is_thrown_away_whole_and_one_that_was_is_not(self, release, register, meeting, manager):
        participant(release, register, "11111111111")
        wrong, right = (bring(lines=lines("11111111111", "22222222222"), meeting=meeting, by=manager, name=name) for name in "ab")
        confirm(kept=right, by=manager)

        discard(kept=wrong, by=manager)
        with pytest.raises(TakingRefused, match="al vastgelegd"):
            discard(kept=right, by=manager)

        assert [kept.name for kept in AttendanceList.objects.all()] == ["b"]
        assert taking.unresolved(manager).count() == 1
        with pytest.raises(TakingRefused, match="weggegooid"):
            confirm(kept=wrong, by=manager)

    def test_what_is_no_number_is_a_fault_in_the_list_and_nothing_to_find_out(self, meeting, manager):
        kept = bring(lines=read_pasted("appel\n-5\n7\n123456"), meeting=meeting, by=manager, name="a")

        assert states(kept) == ["unreadable"] * 3 + ["unknown"]
        assert {line.text for line in kept.lines.filter(state="unreadable")} == {"Dit is geen registratienummer."}

    def test_who_does_not_follow_the_course_is_enrolled_or_left_out_before_or_after_confirming(
        self, client, release, register, meeting, manager
    ):
        for last in "1234":
            member = MembershipFactory(organisation=release.course.organisation).user
            RegisterEntryFactory(user=member, register=register, number=f"1111111111{last}")
        kept = bring(lines=lines(*(f"1111111111{last}" for last in "1234")), meeting=meeting, by=manager, name="a")
        first, second, third, _fourth = kept.lines.order_by("line")
        client.force_login(manager)
        address = reverse("accreditation:settle_not_enrolled", args=[kept.pk])
        assert "Laat alle 4 weg" in client.get(reverse("accreditation:attendance_list", args=[kept.pk])).content.decode()

        for act in ("inschrijven", "weglaten"):
            client.post(address, {"regel": "²", "doe": act})  # is about nobody, and not about all
        assert states(kept) == ["not_enrolled"] * 4
        client.post(address, {"regel": first.pk, "doe": "inschrijven"})
        client.post(address, {"regel": second.pk, "doe": "weglaten"})
        assert states(kept) == ["joins", "dropped", "not_enrolled", "not_enrolled"]
        assert not Enrolment.objects.exists()
        confirm(kept=kept, by=manager)
        client.post(address, {"regel": third.pk, "doe": "inschrijven"})
        assert states(kept) == ["done", "dropped", "done", "not_enrolled"]
        client.post(address, {"doe": "weglaten"})

        assert states(kept) == ["done", "dropped", "done", "dropped"]
        assert Attendance.objects.count() == 2

    def test_an_unknown_number_is_linked_or_dropped_later_and_nothing_is_lost(self, release, register, meeting, manager):
        enrolment = EnrolmentFactory(release=release)
        kept = bring(lines=lines("11111111111", "22222222222"), meeting=meeting, by=manager, name="lijst")
        confirm(kept=kept, by=manager)
        first, second = taking.unresolved(manager)
        with pytest.raises(TakingRefused, match="geen deelnemer van"):
            settle(line=first, learner=UserFactory(), by=manager)
        with pytest.raises(TakingRefused, match="Schrijf op waarom"):
            drop(line=second, reason=" ", by=manager)

        settle(line=first, learner=enrolment.learner, by=manager)
        drop(line=second, reason="Was gast", by=manager)

        assert states(kept) == ["done", "dropped"]
        assert Attendance.objects.get().enrolment == enrolment
        assert not taking.unresolved(manager).exists()
        assert AuditEvent.objects.get(event="attendance-line-settled").dossier_owner == enrolment.learner
        with pytest.raises(TakingRefused, match="al uitgezocht"):
            settle(line=second, learner=enrolment.learner, by=manager)

    def test_a_number_that_somebody_adds_to_their_profile_is_found_when_looked_up_again(self, release, register, meeting, manager):
        enrolment = EnrolmentFactory(release=release)
        kept = bring(lines=lines("11111111111", "22222222222"), meeting=meeting, by=manager, name="lijst")
        confirm(kept=kept, by=manager)
        assert look_again(kept=kept, by=manager) == 0
        RegisterEntryFactory(user=enrolment.learner, register=register, number="11111111111")

        member = MembershipFactory(organisation=release.course.organisation).user
        RegisterEntryFactory(user=member, register=register, number="22222222222")

        waiting = bring(lines=lines("33333333333"), meeting=meeting, by=manager, name="nog niet bevestigd")
        participant(release, register, "33333333333")
        assert look_again(kept=waiting, by=manager) == 0
        assert states(waiting) == ["unknown"]
        assert look_again(kept=kept, by=manager) == 2
        assert states(kept) == ["done", "not_enrolled"]

    def test_looking_up_again_reads_the_people_to_compare_names_with_once(self, release, register, meeting, manager):
        def looked_up(*given_numbers):
            kept = bring(lines=lines(*given_numbers, name="Z. Bruin"), meeting=meeting, by=manager, name="a")
            confirm(kept=kept, by=manager)
            for number in given_numbers:
                User.objects.filter(pk=participant(release, register, number).learner.pk).update(first_name="Zoë", last_name="Bruin")
            with CaptureQueriesContext(connection) as queries:
                assert look_again(kept=kept, by=manager) == len(given_numbers)
            assert set(states(kept)) == {"done"}
            return sum("DISTINCT" in query["sql"] and "last_name" in query["sql"] for query in queries.captured_queries)

        assert looked_up("11111111111") == looked_up("22222222222", "33333333333", "44444444444")

    def test_what_a_colleague_sorted_out_meanwhile_stops_nobody_who_looks_again(self, release, register, meeting, manager, monkeypatch):
        kept = bring(lines=lines("11111111111", "22222222222"), meeting=meeting, by=manager, name="lijst")
        confirm(kept=kept, by=manager)
        participant(release, register, "11111111111")
        participant(release, register, "22222222222")
        real = taking._look_up

        def looked_up_and_then_dropped(*given, **more):
            drop(line=kept.lines.get(line=1), reason="Gast", by=manager)
            return real(*given, **more)

        monkeypatch.setattr(taking, "_look_up", looked_up_and_then_dropped)

        assert look_again(kept=kept, by=manager) == 1
        assert states(kept) == ["dropped", "done"]

    def test_an_unknown_number_is_linked_to_somebody_who_is_found_by_name(self, client, release, meeting, manager):
        people = [EnrolmentFactory(release=release).learner for _each in range(2)]
        for person, last in zip(people, ["de Bruin", "de Bruïn"], strict=True):
            User.objects.filter(pk=person.pk).update(first_name="Zoë", last_name=last)
        elsewhere = UserFactory(first_name="Zoë", last_name="de Bruin")
        kept = bring(lines=lines("44444444444", name="Bruin, Z. de"), meeting=meeting, by=manager, name="a")
        confirm(kept=kept, by=manager)
        client.force_login(manager)
        [line] = taking.unresolved(manager)
        address = reverse("accreditation:settle_line", args=[line.pk])
        assert 'value="Bruin, Z. de"' in client.get(reverse("accreditation:unresolved")).content.decode()

        assert "Vul de naam of het e-mailadres" in client.post(address, {"doe": "koppel", "wie": " "}).content.decode()
        for nobody in ("Jansen", "44444444444", "?"):
            assert "geen deelnemer met deze naam" in client.post(address, {"doe": "koppel", "wie": nobody}).content.decode()
        page = client.post(address, {"doe": "koppel", "wie": "Bruin, Z. de"}).content.decode()
        assert [person.email in page for person in [*people, elsewhere]] == [True, True, False]
        assert "Kies eerst" in client.post(address, {"doe": "koppel", "wie": "Bruin, Z. de", "gezocht": "Bruin, Z. de"}).content.decode()
        for wrong in [{"deelnemer": elsewhere.pk}, {"deelnemer": people[1].pk, "wie": "Jansen"}]:
            client.post(address, {"doe": "koppel", "wie": "Bruin, Z. de", "gezocht": "Bruin, Z. de", **wrong})
        assert states(kept) == ["unknown"]
        client.post(address, {"doe": "koppel", "wie": "Bruin, Z. de", "gezocht": "Bruin, Z. de", "deelnemer": people[1].pk})

        assert states(kept) == ["done"]
        assert Attendance.objects.get().enrolment.learner == people[1]
        assert AuditEvent.objects.filter(event="attendance-people-searched", actor=manager).exists()

    def test_the_overview_tells_what_is_left_to_look_at_and_a_list_that_was_read_before_says_so(
        self, client, release, register, meeting, manager
    ):
        participant(release, register, "11111111111")
        read = lines("11111111111", "44444444444", "7")
        confirm(kept=bring(lines=read, meeting=meeting, by=manager, name="lijst.csv"), by=manager)
        again = bring(lines=read, meeting=meeting, by=manager, name="lijst.csv")
        other = bring(lines=read[:2], meeting=meeting, by=manager, name="kort.csv")
        client.force_login(manager)

        overview = client.get(reverse("accreditation:attendance_lists")).content.decode()
        assert overview.count("2 regels na te kijken") == 1
        assert "1 regel die niet is vastgelegd" in client.get(reverse("accreditation:unresolved")).content.decode()
        told = [
            "al eens ingelezen" in client.get(reverse("accreditation:attendance_list", args=[kept.pk])).content.decode()
            for kept in (again, other)
        ]
        assert told == [True, False]

    def test_what_is_counted_is_what_the_rows_show_while_lines_are_being_marked(
        self, client, release, register, meeting, manager, monkeypatch
    ):
        participant(release, register, "11111111111")
        kept = bring(lines=lines("11111111111"), meeting=meeting, by=manager, name="a")
        client.force_login(manager)
        real = attendance._page

        def marked_meanwhile(*given, **more):
            page = real(*given, **more)
            assert [line.state for line in page] == ["ready"]
            confirm(kept=kept, by=manager)
            return page

        monkeypatch.setattr(attendance, "_page", marked_meanwhile)
        page = client.get(reverse("accreditation:attendance_list", args=[kept.pk])).content.decode()

        assert states(kept) == ["done"]
        assert "Klaar om vast te leggen (1)" in page
        assert "Vastgelegd" not in page

    def test_one_number_of_two_people_in_two_registers_is_for_a_person_to_decide(self, release, register, meeting, manager):
        participant(release, register, "123456")
        participant(release, RegisterFactory(), "123456")

        assert states(bring(lines=lines("123456"), meeting=meeting, by=manager, name="a")) == ["unknown"]
        assert states(bring(lines=lines("123456"), meeting=meeting, by=manager, name="b", register=register)) == ["ready"]

    def test_a_meeting_that_has_not_begun_and_one_of_others_are_refused(self, release, manager):
        coming = MeetingFactory(release=release, starts_at=DAY + timedelta(minutes=1))
        with pytest.raises(TakingRefused, match="nog niet begonnen"):
            bring(lines=lines("1"), meeting=coming, by=manager, name="a")
        elsewhere = MeetingFactory(starts_at=DAY - timedelta(hours=3))
        with pytest.raises(TakingRefused, match="leest iemand van"):
            bring(lines=lines("1"), meeting=elsewhere, by=manager, name="a")

    def test_a_worker_that_dies_between_two_lines_leaves_the_rest_to_the_next(self, release, register, meeting, manager, monkeypatch):
        monkeypatch.setattr(jobs.work_on.__class__, "enqueue", lambda *args, **kwargs: None)
        for number in range(4):
            participant(release, register, f"1111111111{number}")
        kept = bring(lines=lines(*(f"1111111111{number}" for number in range(4))), meeting=meeting, by=manager, name="a")
        job = confirm(kept=kept, by=manager)
        real, calls = taking.mark, []

        def dying(**given_arguments):
            calls.append(1)
            if len(calls) == 3:
                raise KeyboardInterrupt
            return real(**given_arguments)

        monkeypatch.setattr(taking, "mark", dying)
        with pytest.raises(KeyboardInterrupt):
            jobs.run(job.pk)
        assert Attendance.objects.count() == 2
        jobs.run(job.pk, take_over=True)

        assert Attendance.objects.count() == 4
        assert Job.objects.get(pk=job.pk).state == Job.State.DONE

    def test_names_go_when_they_are_no_longer_needed(self, release, register, meeting, manager):
        participant(release, register, "11111111111")
        read = [*lines("11111111111", "22222222222", name="Zoë"), Line(3, "33333333333", problem="‘Zoë’ hoort bij geen kolom.")]
        kept = bring(lines=read, meeting=meeting, by=manager, name="a")
        confirm(kept=kept, by=manager)
        assert [line.state for line in kept.lines.filter(text__contains="Zoë")] == ["misnamed", "unreadable"]
        bring(lines=lines("11111111111", name="Zoë"), meeting=meeting, by=manager, name="nooit bevestigd")
        with time_machine.travel(DAY + timedelta(days=91)):
            call_command("catch_up")

        assert [line.name for line in kept.lines.all()] == ["", "Zoë", ""]  # what is still to be found out keeps its name
        assert not kept.lines.filter(text__contains="Zoë").exists()
        assert AttendanceList.objects.get() == kept

    def test_on_the_page_a_mistake_keeps_what_was_typed_and_a_list_goes_all_the_way(self, client, release, register, meeting, manager):
        enrolment = participant(release, register, "11111111111")
        client.force_login(manager)
        address = reverse("accreditation:attendance_lists")

        wrong = client.post(address, {"meeting": meeting.pk, "pasted": "geen nummers hier"})
        assert wrong.status_code == 422
        assert "geen nummers hier" in wrong.content.decode()
        file = SimpleUploadedFile("lijst.csv", f"Nummer;Naam\n11111111111;{enrolment.learner}\n99999999999;<script>\n".encode())
        page = client.post(address, {"meeting": meeting.pk, "file": file}, follow=True).content.decode()
        assert "Leg 1 aanwezige vast" in page
        assert "&lt;script&gt;" in page
        kept = AttendanceList.objects.get()
        client.post(reverse("accreditation:confirm_list", args=[kept.pk]))
        report = b"".join(client.post(reverse("accreditation:list_report", args=[kept.pk])).streaming_content).decode()
        assert str(enrolment.learner) in report
        line = AttendanceLine.objects.get(state="unknown")
        refused = client.post(reverse("accreditation:settle_line", args=[line.pk]), {"wie": "niemand@voorbeeld.example"})
        assert refused.status_code == 422
        assert "niemand@voorbeeld.example" in refused.content.decode()
        client.post(reverse("accreditation:settle_line", args=[line.pk]), {"doe": "weg", "reden": "Gast"})

        assert states(kept) == ["done", "dropped"]

    def test_of_a_long_list_the_page_with_the_mistake_is_shown(self, client, release, register, meeting, manager):
        for number in range(52):
            participant(release, register, f"111111111{number:02}")
        worth = length(meeting)
        wrong = [Line(number, f"111111111{number:02}", hours=worth + 1) for number in range(52)]
        kept = bring(lines=wrong, meeting=meeting, by=manager, name="a")
        client.force_login(manager)
        last = kept.lines.get(number="11111111151")

        refused = client.post(reverse("accreditation:settle_not_enrolled", args=[kept.pk]), {"regel": last.pk, "doe": "uren", "uren": "99"})
        assert 'value="99"' in refused.content.decode()
        confirm(
            kept=bring(lines=lines(*(f"3333333{number:02}" for number in range(52))), meeting=meeting, by=manager, name="b"), by=manager
        )
        unknown = taking.unresolved(manager).get(number="333333351")
        answer = client.post(reverse("accreditation:settle_line", args=[unknown.pk]), {"wie": "niemand@voorbeeld.example"}).content.decode()

        assert "niemand@voorbeeld.example" in answer
        assert "kennen we geen deelnemer" in answer
        assert "Zoek de nummers van ‘b’ opnieuw op" in answer

    def test_another_name_asks_a_person_and_who_is_there_twice_counts_once(self, client, release, register, meeting, manager):
        first, second = participant(release, register, "11111111111"), participant(release, register, "22222222222")
        kept = bring(
            lines=[
                Line(1, "11111111111", "Verkeerde Naam"),
                Line(2, "22222222222", f"{second.learner.last_name.upper()}, T."),
                Line(3, "11111111111", "Verkeerde Naam"),
                Line(4, "33333333333", "Iemand Anders"),
                Line(5, "22222222222", str(second.learner)),
            ],
            meeting=meeting,
            by=manager,
            name="a",
        )
        assert states(kept) == ["misnamed", "ready", "misnamed", "unknown", "twice"]
        confirm(kept=kept, by=manager)
        assert states(kept) == ["misnamed", "done", "misnamed", "unknown", "twice"]
        client.force_login(manager)
        page = client.get(reverse("accreditation:attendance_list", args=[kept.pk])).content.decode()
        assert "Bij 2 regels wijkt de naam af" in page
        line = {row.line: row for row in kept.lines.all()}
        address = reverse("accreditation:settle_not_enrolled", args=[kept.pk])

        client.post(address, {"regel": line[1].pk, "doe": "naam"})
        client.post(address, {"regel": line[3].pk, "doe": "naam"})
        assert states(kept)[:3] == ["done", "done", "twice"]
        assert Attendance.objects.filter(enrolment=first).count() == 1

        third = EnrolmentFactory(release=release).learner
        linking = reverse("accreditation:settle_line", args=[line[4].pk])
        asked = client.post(linking, {"doe": "koppel", "wie": third.email})
        assert asked.status_code == 422
        assert "Iemand Anders" in asked.content.decode()
        assert str(third) in asked.content.decode()
        assert states(kept)[3] == "unknown"
        assert client.post(linking, {"doe": "koppel", "wie": first.learner.email, "zeker": third.pk}).status_code == 422
        client.post(linking, {"doe": "koppel", "wie": third.email, "zeker": third.pk})
        assert states(kept)[3] == "done"

    def test_the_name_of_another_participant_or_member_is_never_taken_for_the_holder_of_the_number(
        self, release, register, meeting, manager
    ):
        def called(name, number):
            learner = participant(release, register, number).learner
            User.objects.filter(pk=learner.pk).update(first_name="Demo", last_name=name)

        called("verpleegkundig specialist", "11111111111")
        called("KAG in opleiding", "22222222222")
        called("KAG", "33333333333")
        written = [("11111111111", "Demo verpleegkundige"), ("22222222222", "Demo KAG"), ("33333333333", "D. KAG")]
        read = [Line(line, number, name) for line, (number, name) in enumerate(written, start=1)]
        member = UserFactory(first_name="Demo", last_name="verpleegkundige")
        MembershipFactory(organisation=release.course.organisation, user=member)
        kept = bring(lines=read, meeting=meeting, by=manager, name="a")

        assert states(kept) == ["misnamed", "misnamed", "ready"]
        assert all("past beter bij iemand anders" in line.text for line in kept.lines.filter(state="misnamed"))
        User.objects.filter(last_name="KAG").update(last_name="arts")
        assert states(bring(lines=read, meeting=meeting, by=manager, name="b")) == ["misnamed", "ready", "misnamed"]

    def test_hours_are_checked_beforehand_and_a_line_that_cannot_be_marked_is_mended_or_left_out(
        self, client, release, register, meeting, manager
    ):
        for last in "123":
            participant(release, register, f"1111111111{last}")
        worth = length(meeting)
        too_many = [Line(line, f"1111111111{line}", hours=worth + 1) for line in (1, 2)]
        kept = bring(lines=[*too_many, Line(3, "11111111113")], meeting=meeting, by=manager, name="a")
        assert states(kept) == ["refused", "refused", "ready"]
        first, second, third = kept.lines.order_by("line")
        client.force_login(manager)
        address = reverse("accreditation:settle_not_enrolled", args=[kept.pk])

        refused = client.post(address, {"regel": first.pk, "doe": "uren", "uren": "99"})
        assert refused.status_code == 422
        assert 'value="99"' in refused.content.decode()
        client.post(address, {"regel": first.pk, "doe": "uren", "uren": "0,5"})
        client.post(address, {"regel": second.pk, "doe": "weglaten"})
        assert states(kept) == ["ready", "dropped", "ready"]
        withdraw = Enrolment.objects.get(learner=third.learner)
        Enrolment.objects.filter(pk=withdraw.pk).update(withdrawn_at=DAY)
        job = confirm(kept=kept, by=manager)

        job.refresh_from_db()
        assert states(kept) == ["done", "dropped", "refused"]
        assert (job.done, job.total) == (1, 2)
        assert "1 kon niet" in job.result["lines"][0]
        assert Attendance.objects.get().hours == Decimal("0.50")
        report = b"".join(client.post(reverse("accreditation:list_report", args=[kept.pk])).streaming_content).decode()
        assert "Uren" in report
        assert "0,50" in report


@pytest.mark.parametrize(
    ("first", "last", "own", "of_others"),
    [
        (
            "Zoë", "de Bruin",
            ["", "DE BRUÏN, Zoë", "Z. Bruin", "bruin", "Bruin, Z. de", "ZA de Bruin", "Mevr. Z.A. de Bruin-Voorbeeld", "Voorbeeld-de Bruin",
             "Zoë Maria de Bruin", "Zoe Bruijn"],
            ["Verkeerde Naam", "Piet de Bruin", "de Bruin - Piet", "Bruin, Piet", "P. de Bruin", "D. Bruin", "Zaal", "Zaal de Bruin", "Zoë",
             "Zoë Voorbeeld", "Bruijn", "P. Bruijn"],
        ),
        ("Demo", "verpleegkundig specialist", ["Demo verpleegkundig specialist", "D. Verpleegkundig-Specialist"],
         ["Demo", "Demo verpleegkundige", "Demo KAG in opleiding", "Demo Jansen", "Maria verpleegkundig"]),
        ("Demo", "verpleegkundige", ["Demo verpleegkundige", "Demo verpleegkundig"], ["Demo verpleegkundig specialist", "Demo verzorgende"]),
        ("Jan", "van den Berg", ["J. v.d. Berg", "vd Berg", "Vandenberg, Jan", "JM van den Berg", "van den Berg Jan"], ["Johan van den Berg", "Jan Bergen", "v.d. Meer"]),
        ("Maria", "Jansen-de Vries", ["M. de Vries", "Maria Jansen", "Vries-Jansen, M. de"], ["M. Bakker", "Maria Jansen-Bakker", "Johanna Jansen"]),
        ("Piet", "Dhondt", ["P. d'Hondt", "D’HONDT, PIET"], ["T. Dhondt", "T. Hondt", "Piet Hond"]),
        ("Jan-Willem", "de Heer", ["Jan de Heer", "Janwillem de Heer", "de heer J.W. de Heer", "W. Heer"], ["K. de Heer", "de heer Jansen"]),
        ("IJsbrand", "Jansen", ["IJ. Jansen", "IJ Jansen, RN", "IJsbrand Janssen"], ["J. Hansen", "IJsbrand Hansen", "S. Jansen"]),
        ("Zoë", "", ["Zoe"], ["Zaal"]),
        ("", "", [""], ["Zoë"]),
    ],
)  # fmt: skip
def test_a_name_in_the_list_is_the_persons_own_or_is_asked_about(first, last, own, of_others):
    person = User(first_name=first, last_name=last)

    assert {written for written in [*own, *of_others] if misfit(written, person) is None} == {*of_others}


@pytest.mark.parametrize(
    ("written", "fits_as_well", "fits_better"),
    [
        ("Jan Jansen", [], ["Jan Willem Jansen", "J. Jansen", "Jan Jansen-Bakker", "Jan van Jansen"]),
        ("J. Jansen", ["Jan Jansen", "Joke Jansen", "Jan Willem Jansen"], []),
        ("J.W. Jansen", ["Jan Willem Jansen"], ["Jan Jansen", "Joke Jansen"]),
        ("Jan Janssen", [], ["Jan Jansen"]),
        ("Jansen", ["Jan Jansen", "Joke Jansen"], []),
        ("Jan Jansen-Bakkr", ["Jan Jansen-Bakker"], ["Jan Jansen"]),
    ],
)
def test_a_name_that_fits_somebody_else_better_is_not_taken_for_the_holder_of_the_number(written, fits_as_well, fits_better):
    others = ["Jan Jansen", "Joke Jansen", "Jan Willem Jansen", "J. Jansen", "Jan van Jansen", "Jan Janssen", "Jan Jansen-Bakker"]
    people = {
        name: User(
            pk=key, first_name=name.rsplit(" ", 1)[0].removesuffix(" van"), last_name=("van " * ("van" in name)) + name.rsplit(" ", 1)[1]
        )
        for key, name in enumerate(others)
    }
    if written != "Jan Jansen":
        del people["J. Jansen"], people["Jan van Jansen"]
    if "Janssen" not in written:
        del people["Jan Janssen"]
    found = Others(people.values())

    assert [misfit(written, people[name]) is not None for name in [*fits_as_well, *fits_better]] == [True] * len(
        [*fits_as_well, *fits_better]
    )
    assert {name for name in [*fits_as_well, *fits_better] if found.fit_better(written, people[name])} == {*fits_better}
