"""Demo: what the demo's people are doing now. Everything takes the road that a real learner and teacher take, dated in the past.

What they completed earlier, with points and certificates, comes from `accreditation.seed_demo`.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.conf import settings
from django.utils import timezone

from accounts.demo import DOMAIN
from accounts.memberships import grant
from accounts.models import Organisation, ProfessionalProfile, Role, User
from courses.enrolment import enrol
from courses.meetings.attendance import mark
from courses.meetings.booking import book
from courses.models import Booking, CoursePage, Enrolment, Meeting, ReleaseActivity, ReleaseLesson
from courses.recording import record
from courses.work.evaluating import fill_in, has_evaluated
from courses.work.handing_in import hand_in, save_draft
from courses.work.judging import Verdict, judge, rubric_of
from courses.work.reflecting import save_reflection
from lrs.profiles import adl

WORK_COURSE, TOGETHER, KAG_COURSE = "arbeidsgericht-werken", "interprofessioneel-samenwerken", "kag-oncologie"
CLASS_SIZE = 7
FINISHED = 5

PLAN = """Knelpunten: lang staan en tillen kosten mevrouw veel; na de ochtendronde is de energie op. Ze is bang dat collega's haar ontzien.

Wensen: in de thuiszorg blijven, met vaste cliënten, en op tijd weten wat er verandert.

Acties: vier ochtenden van drie uur, geen tilwerk; de leidinggevende maakt het rooster voor zes weken. Mevrouw belt zelf de bedrijfsarts; ik geef haar een brief mee met wat de behandeling van haar vraagt, met haar toestemming.

Volgen: over drie weken bellen we tien minuten. Lukt drie uur niet, dan gaan we terug naar twee."""
SHORT_PLAN = "Mevrouw wil graag weer werken. We gaan kijken wat er kan. Ze bespreekt het met haar werk en komt terug op de poli."
REPORT = """Vraag: kan deze man van 52, onderhoudsmonteur, na hemicolectomie en adjuvante chemotherapie terug naar zijn eigen werk?

Beschouwing: neuropathie in de handen beperkt fijn werk; de conditie is hersteld tot 70 %. Er is geen contra-indicatie voor werk overdag.

Advies: opbouw in zes weken, eerst controlerondes en geen spanning op installaties; herbeoordeling na drie maanden met de bedrijfsarts."""
THOUGHTS = "Ik vraag voortaan al in het eerste gesprek wat iemand voor werk doet, en wat een gewone werkdag is. Ik schrijf het antwoord in ons overleg."
OPINIONS = [
    "Ik vraag nu in het eerste gesprek naar werk.",
    "Meer voorbeelden van mensen zonder vast contract.",
    "Ik stuur eerder een korte brief aan de bedrijfsarts.",
    "De rollenspelen mochten langer duren.",
    "",
]


@dataclass(frozen=True)
class Cast:
    """Who teaches, and the clock of the story."""

    teacher: User
    supervisor: User
    now: datetime

    def ago(self, days: float, *, hour: int = 20) -> datetime:
        """In the evening of so many days ago, which is when people learn."""
        day = timezone.localdate(self.now) - timedelta(days=int(days))
        moment = datetime.combine(day, time(hour, int(days * 7) % 60), tzinfo=timezone.get_default_timezone())
        return min(moment, self.now - timedelta(minutes=5))


def seed() -> None:
    """Tell each story that is not told yet; safe to run again."""
    people = {user.email.partition("@")[0]: user for user in User.objects.filter(email__endswith=f"@{DOMAIN}")}
    courses = {course.slug: course for course in CoursePage.objects.filter(is_demo=True, releases__isnull=False).distinct()}
    if not {"docent", "opleider"} <= set(people) or not {WORK_COURSE, TOGETHER, KAG_COURSE} <= set(courses):
        return
    cast = Cast(teacher=people["docent"], supervisor=people["opleider"], now=timezone.now())
    with _no_mail():
        classmates = _classmates(courses[WORK_COURSE].organisation)
        _class_of_last_spring(cast, courses[WORK_COURSE], classmates[:FINISHED])
        _this_class(cast, courses[WORK_COURSE], [people["verpleegkundige"], people["verpleegkundig-specialist"], *classmates[FINISHED:]])
        _reading_along(cast, courses, people)
        _trainee(cast, courses[KAG_COURSE], people["kag-io"])
        _coming_meetings(cast, courses, people)
        _to_mark(cast, courses[TOGETHER], [people["verpleegkundig-specialist"], *classmates[:2]])


def _classmates(organisation: Organisation) -> list[User]:
    """Fellow learners, who cannot log in."""
    made = []
    for number in range(1, CLASS_SIZE + 1):
        person = User.objects.filter(email=f"deelnemer-{number}@{DOMAIN}").first()
        if person is None:
            person = User.objects.create_user(f"deelnemer-{number}@{DOMAIN}", None, first_name="Demo", last_name=f"deelnemer {number}")
            ProfessionalProfile.objects.get_or_create(user=person, defaults={"employer": "Demo ziekenhuis Noord"})
            grant(user=person, organisation=organisation, role=Role.LEARNER, by=None)
        made.append(person)
    return made


def _class_of_last_spring(cast: Cast, course: CoursePage, people: list[User]) -> None:
    """They finished all of it, meetings and evaluation included."""
    for number, person in enumerate(people):
        enrolment = _begin(cast, person, course, days_ago=170)
        if enrolment:
            _follow(cast, enrolment, lessons=99, first=165, last=80 + number, teacher=cast.teacher, opinion=OPINIONS[number])


def _this_class(cast: Cast, course: CoursePage, people: list[User]) -> None:
    """Half-way: the first meeting has been, the plan is with the teacher or came back."""
    for number, person in enumerate(people):
        enrolment = _begin(cast, person, course, days_ago=40)
        if enrolment is None:
            continue
        _follow(cast, enrolment, lessons=[8, 9, 7, 6][number], first=38, last=5 + number, teacher=cast.teacher, judged=False)
        plan = _activity(enrolment, "werkbehoudplan")
        if plan is None or number > 1:
            continue
        text = SHORT_PLAN if number == 0 else PLAN
        save_draft(enrolment=enrolment, activity=plan, text=text)
        work = hand_in(enrolment=enrolment, activity=plan, at=cast.ago(9 - 4 * number))
        if number == 0:
            verdict = Verdict(
                levels=[int(place < 2) for place, _criterion in enumerate(rubric_of(plan).criteria)],
                feedback="Je begin is goed: je noemt wat mevrouw wil. Werk de knelpunten uit (wat lukt wel, wat niet, hoe lang) en zet bij elke actie wie het doet en wanneer. Kijk nog eens naar de casus.",
            )
            judge(submission=work, judge=cast.teacher, verdict=verdict, at=cast.ago(3))


def _reading_along(cast: Cast, courses: dict[str, CoursePage], people: dict[str, User]) -> None:
    """Courses that were only just begun."""
    for role, slug, lessons, days in [("verpleegkundige", KAG_COURSE, 1, 13), ("verpleegkundig-specialist", TOGETHER, 3, 21)]:
        enrolment = _begin(cast, people[role], courses[slug], days_ago=days + 1)
        if enrolment:
            _follow(cast, enrolment, lessons=lessons, first=days, last=days - 1, teacher=cast.teacher, judged=False)


def _trainee(cast: Cast, course: CoursePage, person: User) -> None:
    """Half-way in the physicians' course, with a report that the supervisor has to judge."""
    enrolment = _begin(cast, person, course, days_ago=60)
    if enrolment is None:
        return
    _follow(cast, enrolment, lessons=8, first=58, last=6, teacher=cast.teacher, judged=False)
    report = _activity(enrolment, "adviesverslag")
    if report:
        save_draft(enrolment=enrolment, activity=report, text=REPORT)
        hand_in(enrolment=enrolment, activity=report, at=cast.ago(4))


def _coming_meetings(cast: Cast, courses: dict[str, CoursePage], people: dict[str, User]) -> None:
    plans = [
        (WORK_COURSE, "contactbijeenkomst", 26, 16, "Utrecht, Demozaal 2", ["deelnemer-7"]),
        (WORK_COURSE, "intervisie", 19, 6, "", ["verpleegkundige", "verpleegkundig-specialist", "deelnemer-6"]),
        (TOGETHER, "bijeenkomst-waarden", 33, 20, "Groningen, Demozaal 1", []),
        (KAG_COURSE, "casusbespreking-late-gevolgen", 12, 10, "Utrecht, Demozaal 1", ["kag-io"]),
    ]
    for slug, key, days, capacity, place, bookers in plans:
        meeting = _meeting(cast, courses[slug], key, begins=cast.now + timedelta(days=days), capacity=capacity, place=place)
        for name in bookers:
            person = people.get(name) or User.objects.filter(email=f"{name}@{DOMAIN}").first()
            enrolment = Enrolment.objects.filter(learner=person, course=courses[slug], withdrawn_at=None).first()
            if meeting and enrolment and not meeting.bookings.filter(enrolment=enrolment).exists():
                book(enrolment=enrolment, meeting=meeting)


def _to_mark(cast: Cast, course: CoursePage, people: list[User]) -> None:
    """A meeting of the day before yesterday whose attendance the teacher still has to mark."""
    meeting = _meeting(
        cast, course, "bijeenkomst-waarden", begins=cast.now - timedelta(days=2), capacity=12, place="Utrecht, Demozaal 2", number=2
    )
    for person in people:
        enrolment = Enrolment.objects.filter(learner=person, course=course, withdrawn_at=None).first() or _begin(
            cast, person, course, days_ago=15
        )
        if meeting and enrolment and not meeting.bookings.filter(enrolment=enrolment).exists():
            _booked_before(meeting, enrolment)


def _begin(cast: Cast, person: User, course: CoursePage, *, days_ago: int) -> Enrolment | None:
    """Enrol so many days ago; None when this story is told already."""
    if Enrolment.objects.filter(learner=person, course=course, withdrawn_at=None).exists():
        return None
    return enrol(learner=person, course=course, at=cast.ago(days_ago))


def _follow(
    cast: Cast, enrolment: Enrolment, *, lessons: int, first: float, last: float, teacher: User, judged: bool = True, opinion: str = ""
) -> None:
    """Do the first lessons with all that is in them, spread over the days between `first` and `last` ago."""
    chosen = list(enrolment.release.lessons.defer("body").order_by("order")[:lessons])
    for number, lesson in enumerate(chosen):
        days = first - (first - last) * number / max(len(chosen) - 1, 1)
        at = cast.ago(days)
        record(enrolment=enrolment, verb=adl.EXPERIENCED, subject=lesson, at=at - timedelta(minutes=lesson.minutes))
        for activity in lesson.activities.order_by("order"):
            _do(cast, enrolment, activity, at=at - timedelta(minutes=2), teacher=teacher, judged=judged, opinion=opinion)
        _finish(enrolment, lesson, at=at)


def _finish(enrolment: Enrolment, lesson: ReleaseLesson, *, at: datetime) -> None:
    record(enrolment=enrolment, verb=adl.COMPLETED, subject=lesson, result={"completion": True}, at=at)


def _do(cast: Cast, enrolment: Enrolment, activity: ReleaseActivity, *, at: datetime, teacher: User, judged: bool, opinion: str) -> None:
    if activity.kind == "session":
        _attend(cast, enrolment, activity, at=at)
    elif activity.kind == "assignment":
        if judged:
            save_draft(enrolment=enrolment, activity=activity, text=PLAN)
            work = hand_in(enrolment=enrolment, activity=activity, at=at)
            verdict = Verdict(
                levels=[len(criterion["levels"]) - 1 for criterion in rubric_of(activity).criteria],
                feedback="Helder en haalbaar. Je acties hebben een naam en een datum.",
            )
            judge(submission=work, judge=teacher, verdict=verdict, at=at + timedelta(minutes=1))
    elif activity.kind == "reflection":
        save_reflection(enrolment=enrolment, activity=activity, text=THOUGHTS, done=True, at=at)
    elif activity.kind == "evaluation":
        if not has_evaluated(enrolment, activity.uuid):
            fill_in(enrolment=enrolment, activity=activity, answers=_answers(activity, opinion, seed=enrolment.pk), at=at)
    else:
        scaled = [0.8, 0.87, 0.73, 0.93, 0.8][(enrolment.pk + activity.order) % 5]
        verb = adl.PASSED if activity.settings.get("mode") == "test" else adl.ANSWERED
        result = {"completion": True, "score": {"scaled": scaled}} if activity.kind == "questions" else {"completion": True}
        record(enrolment=enrolment, verb=verb, subject=activity, result=result, at=at)


def _attend(cast: Cast, enrolment: Enrolment, activity: ReleaseActivity, *, at: datetime) -> None:
    """Go to the one meeting of this class, which was on the day that the first of them came to it."""
    week = at - timedelta(days=at.weekday())
    number = week.toordinal() // 35
    meeting = _meeting(
        cast, enrolment.course, activity.key, begins=week + timedelta(days=1), capacity=16, place="Utrecht, Demozaal 2", number=number
    )
    if meeting and meeting.ends_at < cast.now and not meeting.bookings.filter(enrolment=enrolment).exists():
        _booked_before(meeting, enrolment)
        mark(meeting=meeting, enrolment=enrolment, present=True, by=cast.teacher)


def _booked_before(meeting: Meeting, enrolment: Enrolment) -> None:
    """A place that was taken in time; `book` rightly refuses a meeting that has begun."""
    booking = Booking.objects.create(meeting=meeting, enrolment=enrolment)
    Booking.objects.filter(pk=booking.pk).update(booked_at=meeting.starts_at - timedelta(days=9))


def _meeting(cast: Cast, course: CoursePage, key: str, *, begins: datetime, capacity: int, place: str, number: int = 1) -> Meeting | None:
    """The demo's meeting of this number for this session; made once, on a weekday at one o'clock."""
    activity = ReleaseActivity.objects.filter(release__course=course, key=key, kind="session").order_by("-release__number").first()
    if activity is None:
        return None
    day = timezone.localdate(begins)
    if begins > cast.now and day.weekday() > 4:
        day += timedelta(days=7 - day.weekday())
    if begins > cast.now and (day.month, day.day) in {(12, 24), (12, 25), (12, 26), (12, 31), (1, 1)}:
        day += timedelta(days=14)
    start = datetime.combine(day, time(13, 0), tzinfo=timezone.get_default_timezone())
    meeting, made = Meeting.objects.get_or_create(
        uuid=uuid.uuid5(course.uuid, f"demo meeting {key} {number}"),
        defaults={
            "course": course,
            "activity": activity.uuid,
            "title": activity.title,
            "starts_at": start,
            "ends_at": start + timedelta(minutes=activity.minutes or 120),
            "place": place,
            "video_link": "" if place else "https://video.vakwijs.example/demo",
            "bring": "Je voorbereiding uit de les en één eigen gesprek in gedachten, zonder herkenbare gegevens.",
            "capacity": capacity,
            "organisation": course.organisation,
            "made_by": cast.teacher,
        },
    )
    if made:
        meeting.teachers.add(cast.teacher)
    return meeting


def _answers(activity: ReleaseActivity, opinion: str, *, seed: int) -> dict[int, str]:
    answers = {}
    for number, question in enumerate(activity.settings.get("questions", [])):
        if question["type"] == "scale":
            answers[number] = str([4, 5, 4, 3, 5][(seed + number) % 5])
        elif question["type"] == "choice":
            answers[number] = question["options"][(seed + number) % len(question["options"])]
        else:
            answers[number] = opinion
    return answers


def _activity(enrolment: Enrolment, key: str) -> ReleaseActivity | None:
    return ReleaseActivity.objects.filter(release=enrolment.release, key=key).first()


@contextmanager
def _no_mail() -> Iterator[None]:
    """The past does not send its messages again."""
    kept = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    try:
        yield
    finally:
        settings.EMAIL_BACKEND = kept
