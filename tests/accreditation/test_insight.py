import csv
import io
import uuid
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from django.urls import reverse
from hypothesis import given, strategies as st
from openpyxl import load_workbook

from accounts.models import AuditEvent, Organisation, Role
from accounts.profiles import profile_of
from accreditation.insight.perspectives import Kind, Perspective, perspectives
from accreditation.insight.pictures import bars_of
from accreditation.insight.reports import REPORTS
from accreditation.insight.suppression import SMALLEST, Group, hidden
from accreditation.insight.tables import HIDDEN
from accreditation.models import Certificate, CertificateEvent, PointAward, RegisterConnection, Report, ReportCall
from accreditation.points import correct, undo
from courses.models import EvaluationAnswers
from tests.factories.accounts import MembershipFactory, OrganisationFactory, ProfessionFactory, RegionFactory, RegisterFactory, UserFactory
from tests.factories.accreditation import AccreditationFactory, PointCategoryFactory, accredited
from tests.factories.courses import CourseFactory, EnrolmentFactory, released_course

YEAR = 2026


def apart(groups):
    """As if nobody is in two groups."""
    return lambda keys: sum(groups[key].people for key in keys)


# --- What is hidden ---------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(min_value=0, max_value=12), max_size=12))
def test_what_is_hidden_is_never_one_group_nor_together_fewer_than_five(sizes):
    groups = {number: Group(size, size) for number, size in enumerate(sizes)}

    kept_back = hidden(groups, together=apart(groups))

    assert all(key in kept_back for key, group in groups.items() if group.is_small)
    total = sum(sizes)
    shown = sum(group.count for key, group in groups.items() if key not in kept_back)
    # Somebody who takes the shown rows from the total is left with five people or more in two groups or more; else the total is hidden.
    if kept_back and total >= SMALLEST:
        assert total - shown >= SMALLEST
        assert len(kept_back) >= 2
    if not any(group.is_small for group in groups.values()):
        assert not kept_back


def test_a_person_in_two_small_groups_is_one_person():
    groups = {"a": Group(3, 3), "b": Group(3, 3), "c": Group(9, 9), "d": Group(20, 20)}

    assert hidden(groups, together=apart(groups)) == {"a", "b"}
    assert hidden(groups, together=lambda keys: 3) == {"a", "b", "c"}


def test_tables_that_count_nearly_the_same_hide_the_same_second_group():
    certificates = {"noord": Group(2, 2), "oost": Group(8, 8), "zuid": Group(9, 9)}
    points = {"noord": Group(2, 2), "oost": Group(10, 8), "zuid": Group(9, 7)}
    sizes = {"noord": 2, "oost": 8, "zuid": 9}

    # Each by itself hides another: then noord is the total of one table minus what the other shows.
    assert hidden(certificates, together=apart(certificates)) == {"noord", "oost"}
    assert hidden(points, together=apart(points)) == {"noord", "zuid"}

    assert hidden(points, together=apart(points), sizes=sizes) == hidden(certificates, together=apart(certificates), sizes=sizes)


# --- The reports ------------------------------------------------------------------------------------------------------


def complete(release, *, region=None, profession=None, on=date(YEAR, 3, 1), learner=None, sealed=True, on_behalf_of=None):
    """A completion with its certificate, straight in the tables."""
    learner = learner or UserFactory()
    if region or profession:
        profile = profile_of(learner)
        profile.region = region or profile.region
        profile.save()
        if profession:
            profile.professions.add(profession)
    enrolment = EnrolmentFactory(learner=learner, release=release, organisation=on_behalf_of)
    certificate = Certificate.objects.create(
        number=f"VW-{uuid.uuid4().hex[:12]}",
        learner=learner,
        course=release.course,
        enrolment=enrolment,
        organisation=release.course.organisation,
        snapshot={},
        earned_on=on,
        sha256=uuid.uuid4().hex * 2 if sealed else "",
    )
    CertificateEvent.objects.create(certificate=certificate, kind="issued")
    return certificate


def rows_of(table):
    return {line.label: line.cells for line in table.all_lines()}


def of(organisation, kind=Kind.COURSES):
    return Perspective(kind, organisation)


@pytest.fixture
def provider():
    return OrganisationFactory(kind=Organisation.Kind.ASSOCIATION)


@pytest.fixture
def release(provider):
    return released_course(course=CourseFactory(title="Arbeidsgericht werken", organisation=provider))


@pytest.mark.django_db
class TestReports:
    def test_certificates_are_counted_once_each_in_the_state_they_are_in(self, provider, release):
        regions = [RegionFactory(name="Regio Noord"), RegionFactory(name="Regio Zuid")]
        made = [complete(release, region=regions[n % 2]) for n in range(12)]
        for _waits in range(5):
            complete(release, region=regions[0], sealed=False)
        for certificate in made[:10:2]:
            CertificateEvent.objects.create(certificate=certificate, kind="revoked", reason="Vergissing")
        old = complete(release, region=regions[1])
        Certificate.objects.create(
            learner=old.learner,
            course=old.course,
            enrolment=old.enrolment,
            organisation=provider,
            snapshot={},
            earned_on=old.earned_on,
            replaces=old,
            sha256="f" * 64,
            number="VW-nieuw",
        )
        complete(release, region=regions[0], on=date(YEAR - 1, 12, 31))
        complete(released_course(), region=regions[0])

        table = REPORTS["certificaten"].make(of(provider), YEAR, "cursus")

        assert rows_of(table) == {"Arbeidsgericht werken": (8, 5, 5), "Samen": (8, 5, 5)}

    def test_a_small_region_does_not_follow_from_the_total_minus_the_others(self, provider, release):
        for name, people in (("Noord", 2), ("Oost", 6), ("West", 9)):
            region = RegionFactory(name=name)
            for _person in range(people):
                complete(release, region=region)

        table = REPORTS["certificaten"].make(of(provider), YEAR, "regio")

        issued = {label: cells[0] for label, cells in rows_of(table).items()}
        assert issued == {"Noord": HIDDEN, "Oost": HIDDEN, "West": 9, "Samen": 17}
        # Without the second hidden group the small one would follow.
        assert issued["Samen"] - issued["West"] - 6 == 2

    def test_a_few_people_with_many_certificates_are_still_a_few_people(self, provider):
        learner = UserFactory()
        for number in range(6):
            complete(released_course(course=CourseFactory(title=f"Cursus {number}", organisation=provider)), learner=learner)

        table = REPORTS["certificaten"].make(of(provider), YEAR, "kwartaal")

        assert rows_of(table) == {"1": (HIDDEN, 0, 0), "Samen": (HIDDEN, 0, 0)}

    def test_no_two_reports_over_one_year_tell_a_small_group_by_their_difference(self, provider, release):
        register = RegisterFactory()
        granted = accredited(release=release, register=register)
        category = PointCategoryFactory(register=register, code="deel", name="Deel")
        sizes = {"Noord": 3, "Oost": 7, "West": 8, "Zuid": 12}
        for name, people in sizes.items():
            region = RegionFactory(name=name)
            for person in range(people):
                certificate = complete(release, region=region)
                # In the east some earned in two categories, so that by points Oost and West trade places.
                for kind in [granted.points.get().category] + ([category] if name == "Oost" and person < 4 else []):
                    award(certificate, granted, kind)

        by_certificate = {k: v[0] for k, v in rows_of(REPORTS["certificaten"].make(of(provider), YEAR, "regio")).items()}
        by_points = {k: v[0] for k, v in rows_of(REPORTS["punten"].make(of(provider), YEAR, "regio")).items()}

        hidden_by_both = {name for name in sizes if by_certificate[name] is HIDDEN and by_points[name] is HIDDEN}
        assert "Noord" in hidden_by_both
        assert len(hidden_by_both) >= 2

    def test_years_do_not_overlap_so_that_their_difference_is_nobody(self, provider, release):
        days = [date(YEAR, 1, 1), date(YEAR, 12, 31), date(YEAR - 1, 12, 31)]
        for day in days:
            for _person in range(5):
                complete(release, on=day)

        counts = {year: rows_of(REPORTS["certificaten"].make(of(provider), year, "cursus"))["Samen"][0] for year in (YEAR, YEAR - 1)}

        assert counts == {YEAR: 10, YEAR - 1: 5}

    def test_points_count_what_stands_and_a_correction_once(self, provider, release):
        granted, actor = accredited(release=release), UserFactory()
        awards = [award(complete(release), granted, granted.points.get().category) for _person in range(15)]
        for one in awards[:5]:
            undo(award=one, reason="Niet aanwezig", actor=actor)
        for one in awards[5:10]:
            correct(award=one, points=2, reason="De helft", actor=actor)

        table = REPORTS["punten"].make(of(provider), YEAR, "register")

        assert rows_of(table)["Samen"] == (10, 5)

    def test_reports_are_counted_by_what_became_of_them_and_a_dropped_one_not_at_all(self, provider, release):
        granted = accredited(release=release)
        state = Report.State
        for which in (state.ACCEPTED, state.MARKED, state.WAITING, state.HELD, state.SENT, state.REJECTED, state.DEAD, state.DROPPED):
            for _person in range(5):
                report(granted, state=which)
        report(granted, state=state.ACCEPTED, on=datetime(YEAR, 12, 31, 23, 30, tzinfo=UTC))  # next year in Amsterdam

        table = REPORTS["meldingen"].make(of(provider), YEAR, "register")

        assert rows_of(table) == {granted.register.name: (10, 15, 10), "Samen": (10, 15, 10)}

    def test_time_taken_is_the_middle_and_the_ninetieth_of_a_hundred_in_days_of_amsterdam(self, provider, release):
        granted, few = accredited(release=release), accredited(release=release)
        for days in [1] * 5 + [2] * 4 + [40]:
            report(granted, state=Report.State.ACCEPTED, days=days)
        for _person in range(3):
            report(few, state=Report.State.ACCEPTED, days=100)

        table = REPORTS["doorlooptijd"].make(of(provider), YEAR, "register")

        # Three people by themselves would be told by the whole minus the ten: both registers are hidden.
        assert rows_of(table) == {
            granted.register.name: (HIDDEN,) * 3,
            few.register.name: (HIDDEN,) * 3,
            "Samen": (2, 100, 13),
        }
        for _person in range(2):
            report(few, state=Report.State.ACCEPTED, days=100)
        assert rows_of(REPORTS["doorlooptijd"].make(of(provider), YEAR, "register"))[granted.register.name] == (1, 2, 10)

    def test_trained_nurses_are_people_counted_once_by_profession_and_region(self, provider, release):
        region, other = RegionFactory(name="Noord"), released_course(course=CourseFactory(organisation=provider))
        nurse, specialist = ProfessionFactory(code="vpk"), ProfessionFactory(code="vs-agz")
        people = [complete(release, region=region, profession=nurse).learner for _person in range(6)]
        for learner in people:
            complete(other, learner=learner)
        for _person in range(5):
            complete(release, region=region, profession=specialist)
        complete(release, region=region, profession=ProfessionFactory(code="arts"))

        table = REPORTS["geschoold"].make(of(provider), YEAR, "")

        assert rows_of(table) == {"Noord": (5, 6), "Samen": (5, 6)}

    def test_what_ends_without_a_successor_is_named_with_the_days_left(self, provider, release, time_machine):
        time_machine.move_to("2026-11-01 12:00 +0100")
        AccreditationFactory(release=release, valid_until=date(2026, 11, 8))
        AccreditationFactory(release=release, valid_until=date(2027, 6, 1))

        table = REPORTS["accreditaties"].make(of(provider), YEAR, "")

        assert [(line.label, line.cells[2:]) for line in table.lines] == [("Arbeidsgericht werken", (date(2026, 11, 8), 7))]
        assert [bar.label for bar in bars_of(table).bars] == ["Arbeidsgericht werken"]

        AccreditationFactory(release=release, valid_until=date(2026, 11, 9), register=RegisterFactory(name="Ander register"))
        bars = bars_of(REPORTS["accreditaties"].make(of(provider), YEAR, "")).bars
        assert bars[0].label == "Arbeidsgericht werken, Ander register"
        assert bars[1].label.startswith("Arbeidsgericht werken, ")

    def test_evaluations_are_told_from_five_answers_on_and_a_question_that_fewer_answered_is_no_part_of_the_mean(self, provider, release):
        few = CourseFactory(title="Weinig", organisation=provider)
        activity = uuid.uuid4()

        def say(course, *answers):
            EvaluationAnswers.objects.create(
                course=course,
                activity=activity,
                month=date(YEAR, 3, 1),
                answers=[{"question": text, "type": "scale", "answer": score} for text, score in answers],
            )

        for score in (4, 4, 4, 5, 5):
            say(release.course, ("Leerzaam?", score), *([("Nieuw?", 1)] if score == 5 else []))
        for _four in range(4):
            say(few, ("Leerzaam?", 1))

        table = REPORTS["evaluaties"].make(of(provider), YEAR, "")

        assert [(line.label, str(line.cells[0]), line.cells[2]) for line in table.lines] == [("Arbeidsgericht werken", "4.4", 5)]


def award(certificate, granted, category):
    return PointAward.objects.create(
        learner=certificate.learner,
        register=granted.register,
        register_number=f"19{certificate.pk:09d}",
        accreditation=granted,
        category=category,
        enrolment=certificate.enrolment,
        points=4,
        completed_at=f"{certificate.earned_on}T12:00Z",
        awarded_on=certificate.earned_on,
    )


def report(granted, *, state, on=datetime(YEAR, 6, 1, 20, tzinfo=UTC), days=3):
    connection, _made = RegisterConnection.objects.get_or_create(organisation=granted.course.organisation, register=granted.register)
    call = ReportCall.objects.create(connection=connection, transport="post", rows=1, sent_at=on)
    return Report.objects.create(
        connection=connection,
        learner=UserFactory(),
        accreditation=granted,
        number="19012345630",
        end_date=on,
        state=state,
        call=call,
        queued_at=on,
        settled_at=on + timedelta(days=days) if state == Report.State.ACCEPTED else None,
    )


# --- Who sees what ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
class TestWhoSeesWhat:
    def test_a_provider_sees_its_courses_an_association_its_members_a_regional_centre_its_region(self, provider):
        region = RegionFactory(name="Regio Noord")
        centre = OrganisationFactory(kind=Organisation.Kind.EXPERTISE_CENTRE, region=region)
        hospital = OrganisationFactory(kind=Organisation.Kind.HOSPITAL, region=region)
        person = UserFactory()
        for organisation in (provider, centre, hospital):
            MembershipFactory(user=person, organisation=organisation, role=Role.ASSOCIATION_ADMIN)

        found = {(one.kind, one.organisation) for one in perspectives(person)}

        assert found == {
            (Kind.COURSES, provider),
            (Kind.COURSES, centre),
            (Kind.COURSES, hospital),
            (Kind.MEMBERS, provider),
            (Kind.REGION, centre),
        }
        assert perspectives(MembershipFactory(organisation=provider, role=Role.TEACHER).user) == []
        assert perspectives(UserFactory(is_superuser=True))[0] == Perspective(Kind.EVERYTHING)

    def test_members_and_regions_are_counted_wherever_they_learned(self, provider, release):
        elsewhere, region = released_course(), RegionFactory()
        association, centre = OrganisationFactory(kind="association"), OrganisationFactory(kind="expertise_centre", region=region)
        for number in range(5):
            member = complete(elsewhere, region=region if number else None).learner
            MembershipFactory(user=member, organisation=association)
            MembershipFactory(user=member, organisation=association, role=Role.TEACHER)
        complete(release, region=region)

        members = REPORTS["certificaten"].make(of(association, Kind.MEMBERS), YEAR, "organisatie")
        inhabitants = REPORTS["certificaten"].make(of(centre, Kind.REGION), YEAR, "kwartaal")

        assert rows_of(members)["Samen"] == (5, 0, 0)
        assert list(rows_of(members)) == [elsewhere.course.organisation.name, "Samen"]
        assert rows_of(inhabitants)["Samen"] == (5, 0, 0)

    def test_what_is_not_ones_own_does_not_exist(self, client, provider, release):
        complete(release)
        client.force_login(MembershipFactory(organisation=provider, role=Role.ACCREDITATION_ADMIN).user)
        page = reverse("accreditation:insight_report", args=["certificaten"])
        other = OrganisationFactory(kind="association")

        assert client.get(page, {"blik": f"cursussen-{provider.pk}"}).status_code == 200
        for foreign in (f"cursussen-{other.pk}", f"leden-{other.pk}", "alles", "regio-1", "onzin"):
            assert client.get(page, {"blik": foreign}).status_code == 404
            assert client.post(reverse("accreditation:insight_export", args=["certificaten", "csv"]), {"blik": foreign}).status_code == 404
        assert client.get(reverse("accreditation:insight_report", args=["bestaat-niet"])).status_code == 404
        assert client.get(page, {"jaar": "9999", "per": "wachtwoord"}).context["by"] == "cursus"


# --- The pages --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
class TestPages:
    def test_every_report_shows_picture_and_table_with_the_same_words_and_files_hide_what_the_page_hides(self, client, provider, release):
        for name, people in (("Noord", 2), ("Oost", 6), ("=West", 9)):
            region = RegionFactory(name=name)
            for _person in range(people):
                complete(release, region=region)
        reader = MembershipFactory(organisation=provider, role=Role.ASSOCIATION_ADMIN).user
        client.force_login(reader)
        choice = {"blik": f"cursussen-{provider.pk}", "jaar": YEAR, "per": "regio"}

        page = client.get(reverse("accreditation:insight_report", args=["certificaten"]), choice).content.decode()
        as_csv = client.post(reverse("accreditation:insight_export", args=["certificaten", "csv"]), choice)
        as_xlsx = client.post(reverse("accreditation:insight_export", args=["certificaten", "xlsx"]), choice)

        assert "Certificaten over 2026, per regio" in page
        assert 'class="vw-bars"' in page
        assert "minder dan 5 mensen" in page
        told = list(csv.reader(io.StringIO(b"".join(as_csv).decode("utf-8-sig")), delimiter=";"))
        assert told == [
            ["Regio", "Uitgegeven", "Wacht op de PDF", "Ingetrokken"],
            ["'=West", "9", "0", "0"],
            ["Noord", "verborgen", "0", "0"],
            ["Oost", "verborgen", "0", "0"],
            ["Samen", "17", "0", "0"],
        ]
        sheet = load_workbook(io.BytesIO(b"".join(as_xlsx))).active
        assert [[cell.value for cell in row] for row in sheet.iter_rows()][1:3] == [["'=West", 9, 0, 0], ["Noord", "verborgen", 0, 0]]
        events = AuditEvent.objects.filter(actor=reader).order_by("pk").values_list("event", "on_behalf_of")
        assert list(events) == [
            ("insight-viewed", provider.pk),
            ("insight-exported", provider.pk),
            ("insight-exported", provider.pk),
        ]

    def test_a_report_takes_as_many_queries_for_three_rows_as_for_one(self, client, provider, django_assert_max_num_queries):
        client.force_login(MembershipFactory(organisation=provider, role=Role.ACCREDITATION_ADMIN).user)
        counts = []
        for number in (1, 2):
            for _each in range(number):
                complete(released_course(course=CourseFactory(organisation=provider)), region=RegionFactory())
            taken = {}
            for key in REPORTS:
                with django_assert_max_num_queries(40) as queries:
                    assert client.get(reverse("accreditation:insight_report", args=[key])).status_code == 200
                taken[key] = len(queries)
            counts.append(taken)
        # The first look fills the caches of site and menu.
        for earlier, later in pairwise(counts):
            assert all(later[key] <= earlier[key] + 1 for key in REPORTS)

    def test_before_anything_is_earned_the_page_says_what_will_stand_there(self, client, provider):
        client.force_login(MembershipFactory(organisation=provider, role=Role.ASSOCIATION_ADMIN).user)

        for key in REPORTS:
            assert "vw-empty" in client.get(reverse("accreditation:insight_report", args=[key])).content.decode()
