import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import ProfessionalProfile
from competencies import reference
from competencies.models import Competency, Evidence, Framework
from competencies.queries import overview_of
from courses.models import Enrolment, ReleaseLesson
from courses.recording import record
from lrs.models import Source
from lrs.profiles.adl import SATISFIED
from lrs.projections import rebuild
from tests.factories.accounts import ProfessionFactory, UserFactory
from tests.factories.accreditation import EvidenceFactory
from tests.factories.courses import EnrolmentFactory, released_course

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _evidence_only(settings):
    settings.LRS_PROJECTIONS = ["competencies.evidence.project"]


@pytest.fixture
def enrolment():
    reference.load()
    objective = {
        "text": "Je voert het gesprek over werk.",
        "competencies": ["canmeds-vpk:communicator", "canmeds-vpk:zorgverlener", "bestaat-niet"],
    }
    return EnrolmentFactory(release=_release_with(objective))


def _release_with(objective):
    release = released_course(lessons=1)
    ReleaseLesson.objects.create(
        release=release,
        uuid=uuid.uuid4(),
        slug="doel",
        title="Doel",
        module_title="Module",
        module_number=1,
        order=9,
        minutes=5,
        objectives=[objective],
        body=[],
    )
    return release


def _rows():
    return sorted(Evidence.objects.values_list("learner", "competency__code", "lesson__slug", "objective", "shown_at"))


def test_a_satisfied_course_is_evidence_for_each_competency_its_objectives_name(enrolment):
    record(enrolment=enrolment, verb=SATISFIED)

    assert [row[1] for row in _rows()] == ["canmeds-vpk:communicator", "canmeds-vpk:zorgverlener"]


@pytest.mark.parametrize("source", [Source.LEARNER_SESSION, Source.TOOL, Source.OUTSIDE])
def test_nobody_but_our_own_server_makes_evidence(enrolment, source):
    record(enrolment=enrolment, verb=SATISFIED, source=source)
    assert not Evidence.objects.exists()

    record(enrolment=enrolment, verb=SATISFIED)
    assert Evidence.objects.exists()


def test_rebuilding_gives_the_same_rows(enrolment):
    record(enrolment=enrolment, verb=SATISFIED)
    before = _rows()

    rebuild(enrolment.learner.pseudonym)

    assert before
    assert _rows() == before


def test_everyone_sees_only_their_own_evidence(enrolment, client):
    record(enrolment=enrolment, verb=SATISFIED)
    client.force_login(enrolment.learner)
    assert "Je voert het gesprek over werk." in client.get(reverse("competencies:mine")).content.decode()

    client.force_login(UserFactory())
    assert "Je voert het gesprek over werk." not in client.get(reverse("competencies:mine")).content.decode()


def test_a_goal_that_was_reached_again_counts_once_as_it_was_reached_last(enrolment, client):
    record(enrolment=enrolment, verb=SATISFIED)
    Enrolment.objects.update(withdrawn_at=timezone.now())
    learner, release = enrolment.learner, _release_with(enrolment.release.lessons.get(slug="doel").objectives[0])
    again = EnrolmentFactory(learner=learner, release=release, course=enrolment.course)
    record(enrolment=again, verb=SATISFIED)
    assert Evidence.objects.filter(competency__code="canmeds-vpk:communicator").count() == 2

    (framework,) = overview_of(learner)

    assert [(one.competency.code, [goal.enrolment for goal in one.goals]) for one in framework.shown] == [
        ("canmeds-vpk:zorgverlener", [again]),
        ("canmeds-vpk:communicator", [again]),
    ]
    client.force_login(learner)
    assert "1 leerdoel gehaald" in client.get(reverse("competencies:mine")).content.decode()


def test_the_framework_of_ones_own_profession_comes_first_with_what_one_brought_oneself(client):
    reference.load()
    nurse, profession = UserFactory(), ProfessionFactory()
    ProfessionalProfile.objects.create(user=nurse).professions.add(profession)
    Framework.objects.get(code="canmeds-vpk").professions.add(profession)
    release = _release_with({"text": "Je overlegt.", "competencies": ["canmeds-arts:samenwerking", "canmeds-vpk:organisator"]})
    record(enrolment=EnrolmentFactory(learner=nurse, release=release), verb=SATISFIED)
    kept, withdrawn = EvidenceFactory(owner=nurse, title="Klinische les"), EvidenceFactory(owner=nurse, state="withdrawn")
    for one in (kept, withdrawn, EvidenceFactory(owner=UserFactory())):
        one.competencies.add(Competency.objects.get(code="canmeds-vpk:communicator"))

    shown = [
        (one.framework.code, [[goal.objective for goal in c.goals] + [b.title for b in c.brought] for c in one.shown])
        for one in overview_of(nurse)
    ]

    assert shown == [("canmeds-vpk", [["Klinische les"], ["Je overlegt."]]), ("canmeds-arts", [["Je overlegt."]])]
    client.force_login(nurse)
    page = client.get(reverse("competencies:mine")).content.decode()
    assert reverse("accreditation:evidence", args=[kept.uuid]) in page
    assert "Reflectieve EBP-professional" in page  # still to be shown, in one's own framework
    assert "Medisch handelen" not in page


def test_a_visitor_is_led_to_log_in(client):
    assert client.get(reverse("competencies:mine")).status_code == 302


def test_the_page_takes_as_many_queries_for_three_courses_as_for_one(
    enrolment, client, django_assert_num_queries, django_assert_max_num_queries
):
    profession = ProfessionFactory()
    Competency.objects.first().framework.professions.add(profession)
    record(enrolment=enrolment, verb=SATISFIED)
    client.force_login(enrolment.learner)
    with django_assert_max_num_queries(30) as one:
        client.get(reverse("competencies:mine"))

    for _ in range(2):
        release = _release_with({"text": "Nog een.", "competencies": ["canmeds-vpk:communicator"]})
        record(enrolment=EnrolmentFactory(release=release, learner=enrolment.learner), verb=SATISFIED)

    with django_assert_num_queries(len(one)):
        client.get(reverse("competencies:mine"))


def test_loading_the_reference_again_keeps_what_an_administrator_changed():
    reference.load()
    Competency.objects.filter(code="canmeds-vpk:communicator").update(name="Gesprekspartner")
    count = Competency.objects.count()

    reference.load()

    assert Competency.objects.get(code="canmeds-vpk:communicator").name == "Gesprekspartner"
    assert Competency.objects.count() == count
