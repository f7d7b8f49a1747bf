import io
import zipfile

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages

from accounts.models import Role
from courses.models import ActivityProgress, CourseProgress, Judgement, Submission
from courses.recording import record
from courses.work.files import FileRefused, check_file
from courses.work.handing_in import HandInRefused, attach_file, hand_in, remove_file, save_draft, standing
from courses.work.judging import JudgementRefused, Verdict, judge, waiting_for
from lrs.models import Source, Statement
from lrs.profiles import vakwijs
from lrs.projections import rebuild
from tests.factories.courses import EnrolmentFactory
from tests.factories.meetings import someone_with_role, teacher_of
from tests.factories.work import course_with_work, handed_in

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7\nhallo"


@pytest.fixture(autouse=True)
def _only_progress(settings):
    settings.LRS_PROJECTIONS = ["courses.progress.project"]


@pytest.fixture
def enrolment():
    return EnrolmentFactory(release=course_with_work())


@pytest.fixture
def plan(enrolment):
    return enrolment.release.activities.get(key="plan")


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """The names of the files that lie in private storage."""
    storage = FileSystemStorage(location=tmp_path, base_url=None)
    monkeypatch.setitem(storages._storages, "private", storage)
    monkeypatch.setattr(Submission._meta.get_field("file"), "storage", storage)
    return lambda: sorted(path.name for path in tmp_path.rglob("*") if path.is_file())


def file(content=PDF, name="plan.pdf"):
    return ContentFile(content, name=name)


def docx(inside="word/document.xml"):
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr(inside, "<x/>")
    return written.getvalue()


def test_a_draft_is_kept_while_one_writes_and_handing_in_fixes_it(enrolment, plan):
    save_draft(enrolment=enrolment, activity=plan, text="Eerste zin")
    save_draft(enrolment=enrolment, activity=plan, text="Eerste zin. Tweede zin.")
    assert not ActivityProgress.objects.exists()

    hand_in(enrolment=enrolment, activity=plan)

    assert Submission.objects.get().text == "Eerste zin. Tweede zin."
    assert ActivityProgress.objects.get().answered_at is not None
    with pytest.raises(HandInRefused, match="ligt bij je docent"):
        save_draft(enrolment=enrolment, activity=plan, text="Anders")


def test_nothing_cannot_be_handed_in(enrolment, plan):
    save_draft(enrolment=enrolment, activity=plan, text="   ")

    with pytest.raises(HandInRefused, match="nog niets om in te leveren"):
        hand_in(enrolment=enrolment, activity=plan)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (PDF, "plan.pdf"),
        (docx(), "plan.docx"),
        (docx("content.xml"), "plan.odt"),
        (b"\x89PNG\r\n\x1a\nx", "foto.PNG"),
        (b"\xff\xd8\xffx", "../foto.jpeg"),
    ],
)
def test_these_files_are_kept_under_a_name_that_says_nothing(enrolment, plan, kept, content, name):
    draft = attach_file(enrolment=enrolment, activity=plan, file=file(content, name))

    assert draft.file_name == name.rsplit("/", 1)[-1]
    assert kept() == [draft.file.name.removeprefix("work/")]
    assert "plan" not in draft.file.name
    assert str(enrolment.uuid) not in draft.file.name


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "leeg.pdf"),
        (b"MZ", "virus.exe"),
        (b"<html>", "plan.pdf"),
        (b"<svg>", "plan.svg"),
        (docx("iets-anders"), "plan.docx"),
        (b"PK\x03\x04kapot", "plan.docx"),
        (docx("word/vbaProject.bin"), "plan.docx"),
        (PDF, "plan"),
        (PDF + b"x" * 2000, "groot.pdf"),
    ],
)
def test_other_files_are_refused_and_nothing_of_them_is_left(enrolment, plan, kept, settings, content, name):
    settings.WORK_MAX_FILE_BYTES = 1000

    with pytest.raises(FileRefused):
        attach_file(enrolment=enrolment, activity=plan, file=file(content, name))
    assert kept() == []


def says_no(file):
    return "EICAR"


def breaks(file):
    raise OSError("no scanner")


@pytest.mark.parametrize("scanner", ["says_no", "breaks"])
def test_the_virus_scanner_has_a_say_and_a_broken_one_means_no(enrolment, plan, kept, settings, scanner):
    settings.WORK_VIRUS_SCANNER = f"{__name__}.{scanner}"

    with pytest.raises(FileRefused):
        attach_file(enrolment=enrolment, activity=plan, file=file())
    assert kept() == []


def test_a_file_that_the_database_did_not_take_is_not_left_behind(enrolment, plan, kept, monkeypatch):
    save_draft(enrolment=enrolment, activity=plan, text="x")

    def fail(*args, **kwargs):
        raise RuntimeError("the database went away")

    monkeypatch.setattr(Submission, "save", fail)
    with pytest.raises(RuntimeError):
        attach_file(enrolment=enrolment, activity=plan, file=file())

    assert kept() == []


def test_another_file_takes_the_place_of_the_first_and_it_can_be_taken_away(enrolment, plan, kept):
    attach_file(enrolment=enrolment, activity=plan, file=file())
    attach_file(enrolment=enrolment, activity=plan, file=file(name="beter.pdf"))
    assert len(kept()) == 1

    remove_file(enrolment=enrolment, activity=plan)

    assert kept() == []
    assert Submission.objects.get().file_name == ""


def test_the_criteria_decide_and_the_score_is_recorded(enrolment):
    work = handed_in(enrolment=enrolment)
    teacher = teacher_of(enrolment.course.organisation)

    made = judge(submission=work, judge=teacher, verdict=Verdict(levels=[2, 1], feedback="Mooi"))

    assert (made.points, made.most, made.by_rubric, made.sufficient) == (3, 4, True, True)
    statement = Statement.objects.with_verb(vakwijs.JUDGED).get()
    assert statement.document["result"] == {"success": True, "score": {"raw": 3, "min": 0, "max": 4, "scaled": 0.75}}
    assert "Mooi" not in str(statement.document)
    assert ActivityProgress.objects.get().judged_sufficient_at is not None


def test_who_judges_otherwise_than_the_criteria_says_why(enrolment):
    work = handed_in(enrolment=enrolment)
    teacher = teacher_of(enrolment.course.organisation)

    with pytest.raises(JudgementRefused, match="waarom je anders oordeelt"):
        judge(submission=work, judge=teacher, verdict=Verdict(levels=[0, 1], sufficient=True))
    made = judge(submission=work, judge=teacher, verdict=Verdict(levels=[0, 1], sufficient=True, reason="Mondeling toegelicht"))

    assert (made.by_rubric, made.sufficient) == (False, True)


@pytest.mark.parametrize("levels", [[], [1], [1, 3], [1, -1], [1, 1, 1]])
def test_every_criterion_gets_a_level_that_exists(enrolment, levels):
    work = handed_in(enrolment=enrolment)

    with pytest.raises(JudgementRefused, match="elk criterium"):
        judge(submission=work, judge=teacher_of(enrolment.course.organisation), verdict=Verdict(levels=levels))


def test_insufficient_work_is_handed_in_again_and_the_earlier_version_stays(enrolment, plan):
    teacher = teacher_of(enrolment.course.organisation)
    first = handed_in(enrolment=enrolment, text="Te kort")
    judge(submission=first, judge=teacher, verdict=Verdict(levels=[0, 0], feedback="Werk dit uit"))
    assert standing(enrolment=enrolment, activity=plan).may_write

    second = handed_in(enrolment=enrolment, text="Uitgewerkt")
    with pytest.raises(JudgementRefused, match="nieuwere versie"):
        judge(submission=first, judge=teacher, verdict=Verdict(levels=[2, 2], reason="toch"))
    judge(submission=second, judge=teacher, verdict=Verdict(levels=[1, 1]))

    present = standing(enrolment=enrolment, activity=plan)
    assert [(version.submission.text, version.judgement.sufficient) for version in present.versions] == [
        ("Te kort", False),
        ("Uitgewerkt", True),
    ]
    assert not present.may_write
    with pytest.raises(HandInRefused, match="voldoende beoordeeld"):
        save_draft(enrolment=enrolment, activity=plan, text="Nog een")


def test_a_judgement_that_is_taken_back_is_replaced_and_progress_follows_also_when_replayed(enrolment):
    teacher = teacher_of(enrolment.course.organisation)
    work = handed_in(enrolment=enrolment)
    judge(submission=work, judge=teacher, verdict=Verdict(levels=[2, 2]))
    with pytest.raises(JudgementRefused):
        judge(submission=work, judge=teacher, verdict=Verdict(levels=[0, 0]))

    judge(submission=work, judge=teacher, verdict=Verdict(levels=[0, 0], reason="Verkeerde versie gelezen"))

    assert list(Judgement.objects.values_list("sufficient", flat=True)) == [True, False]
    before = rows()
    assert before[0][0][1] is None
    rebuild(enrolment.learner.pseudonym)
    assert rows() == before


def rows():
    activities = list(ActivityProgress.objects.values_list("answered_at", "judged_sufficient_at"))
    return activities, list(CourseProgress.objects.values_list("share", "last_activity_at"))


def test_who_may_judge(enrolment):
    work = handed_in(enrolment=enrolment)
    organisation = enrolment.course.organisation
    others = [teacher_of(handed_in().enrolment.course.organisation), enrolment.learner]
    others += [
        someone_with_role(role, organisation) for role in (Role.AUTHOR, Role.ACCREDITATION_ADMIN, Role.ASSOCIATION_ADMIN, Role.AUDITOR)
    ]

    for other in others:
        with pytest.raises(JudgementRefused):
            judge(submission=work, judge=other, verdict=Verdict(levels=[2, 2]))
        assert work not in waiting_for(other)
    assert work in waiting_for(someone_with_role(Role.SUPERVISOR, organisation))


def test_nobody_judges_their_own_work():
    release = course_with_work()
    teacher = teacher_of(release.course.organisation)
    work = handed_in(enrolment=EnrolmentFactory(release=release, learner=teacher))

    with pytest.raises(JudgementRefused, match="niemand beoordeelt eigen werk"):
        judge(submission=work, judge=teacher, verdict=Verdict(levels=[2, 2]))
    assert not waiting_for(teacher).exists()


@pytest.mark.parametrize("source", [Source.LEARNER_SESSION, Source.TOOL, Source.OUTSIDE])
def test_a_judgement_that_a_browser_reports_earns_nothing(enrolment, plan, source):
    record(enrolment=enrolment, verb=vakwijs.JUDGED, subject=plan, result={"success": True}, source=source)

    assert not ActivityProgress.objects.exists()


def test_an_archive_of_a_version_that_nobody_can_read_is_refused_and_not_an_error():
    content = docx()
    directory = content.index(b"PK\x01\x02")

    with pytest.raises(FileRefused, match="past niet bij de naam"):
        check_file(file(content[: directory + 6] + b"\xff" + content[directory + 7 :], name="verslag.docx"))
