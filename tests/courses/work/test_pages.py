import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import AuditEvent, Role
from courses.models import EvaluationAnswers, Judgement, Reflection, Submission
from courses.route import route_of
from courses.work.evaluating import fill_in
from courses.work.handing_in import attach_file, hand_in
from courses.work.reflecting import save_reflection
from tests.factories.accounts import UserFactory
from tests.factories.courses import EnrolmentFactory
from tests.factories.meetings import someone_with_role, teacher_of
from tests.factories.work import course_with_work, handed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _only_progress(settings, tmp_path):
    settings.LRS_PROJECTIONS = ["courses.progress.project"]


@pytest.fixture
def enrolment():
    return EnrolmentFactory(release=course_with_work())


def logged_in(user):
    client = Client()
    client.force_login(user)
    return client


def pdf(name="plan.pdf", content=b"%PDF-1.7 hallo"):
    return SimpleUploadedFile(name, content, content_type="application/pdf")


def uuid_of(enrolment, key):
    return enrolment.release.activities.get(key=key).uuid


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("/leren/opdracht/{}/concept/", "plan"),
        ("/leren/opdracht/{}/inleveren/", "plan"),
        ("/leren/opdracht/{}/bestand-weghalen/", "plan"),
        ("/leren/reflectie/{}/", "reflectie"),
        ("/leren/evaluatie/{}/", "evaluatie"),
    ],
)
def test_one_writes_only_in_a_course_that_one_follows(enrolment, address, key):
    address = address.format(uuid_of(enrolment, key))

    assert Client().post(address).status_code == 302
    assert logged_in(UserFactory()).post(address).status_code == 404
    assert logged_in(teacher_of(enrolment.course.organisation)).post(address).status_code == 404
    assert logged_in(enrolment.learner).get(address).status_code == 302
    assert not Submission.objects.exists()
    assert not Reflection.objects.exists()
    assert not EvaluationAnswers.objects.exists()


def test_typing_is_saved_on_the_way_and_says_when(enrolment):
    client = logged_in(enrolment.learner)
    address = f"/leren/opdracht/{uuid_of(enrolment, 'plan')}/concept/"

    saved = client.post(address, {"text": "Half af"}, headers={"HX-Request": "true"})

    assert "Bewaard" in saved.content.decode()
    assert "Half af" in client.get(f"/cursus/{enrolment.course.slug}/les-2/").content.decode()


def test_a_refused_file_leaves_the_text_and_says_what_to_do(enrolment):
    client = logged_in(enrolment.learner)

    answer = client.post(f"/leren/opdracht/{uuid_of(enrolment, 'plan')}/inleveren/", {"text": "Mijn uitwerking", "file": pdf("plan.exe")})

    assert answer.status_code == 400
    assert "Mijn uitwerking" in answer.content.decode()
    assert "Bewaar het als PDF" in answer.content.decode()
    assert Submission.objects.get().handed_in_at is None


def test_work_is_handed_in_with_text_and_file(enrolment):
    client = logged_in(enrolment.learner)

    answer = client.post(f"/leren/opdracht/{uuid_of(enrolment, 'plan')}/inleveren/", {"text": "Mijn uitwerking", "file": pdf()})

    assert answer.status_code == 302
    assert answer["Location"] == f"/cursus/{enrolment.course.slug}/les-2/#stand-{uuid_of(enrolment, 'plan')}"
    work = Submission.objects.get()
    assert (work.text, work.file_name, work.handed_in_at is not None) == ("Mijn uitwerking", "plan.pdf", True)


def test_the_file_is_for_who_handed_it_in_and_who_may_judge_it(enrolment):
    plan = enrolment.release.activities.get(key="plan")
    draft = attach_file(enrolment=enrolment, activity=plan, file=pdf())
    address = f"/leren/ingeleverd/{draft.uuid}/bestand/"
    teacher = logged_in(teacher_of(enrolment.course.organisation))
    assert teacher.get(address).status_code == 404  # a draft is the learner's alone
    hand_in(enrolment=enrolment, activity=plan)

    assert Client().get(address).status_code == 302
    for other in (
        UserFactory(),
        teacher_of(handed_in().enrolment.course.organisation),
        someone_with_role(Role.ASSOCIATION_ADMIN, enrolment.course.organisation),
    ):
        assert logged_in(other).get(address).status_code == 404
    part = logged_in(enrolment.learner).get(address, headers={"Range": "bytes=0-4"})
    assert (part.status_code, b"".join(part.streaming_content)) == (206, b"%PDF-")
    assert not AuditEvent.objects.filter(event="work-file-opened").exists()
    assert teacher.get(address).status_code == 200
    assert AuditEvent.objects.get(event="work-file-opened").dossier_owner == enrolment.learner


def test_a_teacher_reads_and_judges_and_the_learner_can_see_who_looked(enrolment):
    work = handed_in(enrolment=enrolment)
    teacher = teacher_of(enrolment.course.organisation)
    client = logged_in(teacher)
    address = f"/docent/werk/{work.uuid}/"

    assert "Mijn plan" in client.get(address).content.decode()
    assert (AuditEvent.objects.get(event="work-opened").actor, AuditEvent.objects.get(event="work-opened").dossier_owner) == (
        teacher,
        enrolment.learner,
    )
    refused = client.post(address, {"criterion-0": "2", "feedback": "Goed begin", "verdict": "criteria"})
    assert refused.status_code == 400
    assert "Goed begin" in refused.content.decode()
    client.post(address, {"criterion-0": "2", "criterion-1": "1", "feedback": "Goed", "verdict": "criteria"})

    assert Judgement.objects.get().sufficient
    lesson = logged_in(enrolment.learner).get(f"/cursus/{enrolment.course.slug}/les-2/").content.decode()
    assert "3 van 4 punten" in lesson


def test_someone_elses_work_does_not_exist_for_who_may_not_judge_it(enrolment):
    address = f"/docent/werk/{handed_in(enrolment=enrolment).uuid}/"

    assert Client().get(address).status_code == 302
    for role in (Role.AUTHOR, Role.ACCREDITATION_ADMIN, Role.ASSOCIATION_ADMIN, Role.AUDITOR, Role.LEARNER):
        assert logged_in(someone_with_role(role, enrolment.course.organisation)).get(address).status_code == 403
    assert logged_in(enrolment.learner).get(address).status_code == 403
    assert logged_in(teacher_of(handed_in().enrolment.course.organisation)).get(address).status_code == 404


def test_an_evaluation_with_a_gap_keeps_what_was_chosen(enrolment):
    client = logged_in(enrolment.learner)
    address = f"/leren/evaluatie/{uuid_of(enrolment, 'evaluatie')}/"
    lesson = route_of(enrolment.release).stop_url(route_of(enrolment.release).stops["evaluatie"]).partition("#")[0]
    assert "Je evaluatie wordt bewaard als je haar verstuurt" in client.get(lesson).content.decode()

    refused = client.post(address, {"vraag-0": "4", "vraag-2": "Meer voorbeelden"})
    assert refused.status_code == 400
    assert "Meer voorbeelden" in refused.content.decode()
    client.post(address, {"vraag-0": "4", "vraag-1": "De toets"})

    assert EvaluationAnswers.objects.count() == 1
    after = client.get(lesson).content.decode()
    assert "Bij wat je schrijft of inlevert, staat of het is bewaard" in after  # of the assignment and the reflections in this lesson
    assert "Wat je doet, wordt meteen bewaard" not in after
    read_only = route_of(enrolment.release).stations[0]
    assert "Wat je doet, wordt meteen bewaard" in client.get(f"/cursus/{enrolment.course.slug}/{read_only.slug}/").content.decode()


TEACHER_PAGES = ["/docent/", "/docent/cursus/{course}/", "/docent/cursus/{course}/evaluatie/", "/docent/deelnemer/{enrolment}/"]


@pytest.mark.parametrize("address", TEACHER_PAGES)
def test_the_pages_of_teachers_are_for_teachers_of_this_organisation(enrolment, address):
    handed_in(enrolment=enrolment)
    own = address.format(course=enrolment.course.uuid, enrolment=enrolment.uuid)
    organisation = enrolment.course.organisation

    assert Client().get(own).status_code == 302
    assert logged_in(enrolment.learner).get(own).status_code == 403
    assert logged_in(someone_with_role(Role.AUDITOR, organisation)).get(own).status_code == 403
    stranger = logged_in(teacher_of(handed_in().enrolment.course.organisation)).get(own)
    assert stranger.status_code == (200 if address == "/docent/" else 404)
    assert str(enrolment.learner) not in stranger.content.decode()
    for role in (Role.TEACHER, Role.SUPERVISOR):
        page = logged_in(someone_with_role(role, organisation)).get(own)
        assert page.status_code == 200
        assert enrolment.course.title in page.content.decode()


def test_looking_at_a_learner_is_written_down_and_private_reflections_stay_private(enrolment):
    for key, text in (("reflectie", "alleen voor mij"), ("actieplan", "voor mijn docent")):
        save_reflection(enrolment=enrolment, activity=enrolment.release.activities.get(key=key), text=text, done=True)
    teacher = teacher_of(enrolment.course.organisation)

    page = logged_in(teacher).get(f"/docent/deelnemer/{enrolment.uuid}/").content.decode()

    assert "voor mijn docent" in page
    assert "alleen voor mij" not in page
    event = AuditEvent.objects.get()
    assert (event.event, event.actor, event.dossier_owner) == ("progress-opened", teacher, enrolment.learner)
    admin = logged_in(someone_with_role(Role.ASSOCIATION_ADMIN, enrolment.course.organisation))
    assert "voor mijn docent" not in admin.get(f"/docent/deelnemer/{enrolment.uuid}/").content.decode()


def test_authors_read_the_evaluation_but_not_who_follows_the_course(enrolment):
    fill_in(enrolment=enrolment, activity=enrolment.release.activities.get(key="evaluatie"), answers={0: "1", 1: "De toets", 2: "Slecht"})
    author = logged_in(someone_with_role(Role.AUTHOR, enrolment.course.organisation))

    page = author.get(f"/docent/cursus/{enrolment.course.uuid}/evaluatie/").content.decode()

    assert "Slecht" not in page
    assert "vanaf 5 deelnemers" in page
    assert author.get(f"/docent/cursus/{enrolment.course.uuid}/").status_code == 403


def test_the_lists_take_as_many_queries_for_three_as_for_one(django_assert_max_num_queries):
    release = course_with_work()
    client = logged_in(teacher_of(release.course.organisation))

    def queries():
        with django_assert_max_num_queries(80) as captured:
            client.get("/docent/")
            client.get(f"/docent/cursus/{release.course.uuid}/")
        return len(captured)

    handed_in(enrolment=EnrolmentFactory(release=release))
    queries()
    one = queries()
    for _ in range(2):
        handed_in(enrolment=EnrolmentFactory(release=release))

    assert queries() == one
