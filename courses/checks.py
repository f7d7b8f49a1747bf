"""What an author should mend: shown while editing, and all of it again before a release is published."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _, gettext_lazy
from wagtail import blocks

from accounts.models import User
from accounts.permissions import Action, may
from courses.activities import KINDS
from courses.blocks import rule_of
from courses.completion import GROUPS, Rule, RuleMalformed, key_of
from courses.drafts import DraftActivity, DraftLesson, activities_in, published_lessons
from courses.models import CoursePage, LessonPage

REQUIREMENT_NAMES = {
    "answered": gettext_lazy("gedaan"),
    "passed": gettext_lazy("gehaald"),
    "attended": gettext_lazy("aanwezig"),
    "judged_sufficient": gettext_lazy("voldoende beoordeeld"),
    "evaluated": gettext_lazy("geëvalueerd"),
}


@dataclass(frozen=True)
class Finding:
    """Something to mend. `blocks` says that a release cannot be published with it; `where` names the lesson or activity."""

    text: str
    where: str = ""
    page: int | None = None
    blocks: bool = True

    @property
    def sentence(self) -> str:
        return f"{self.where}: {self.text}" if self.where else self.text


def findings_of(course: CoursePage) -> list[Finding]:
    """Everything to mend in a course as it is published now, its lessons and activities included."""
    lessons = published_lessons(course)
    return [
        *_in_course(course, lessons),
        *(finding for lesson in lessons for finding in findings_in_lesson(lesson.page, course=course)),
        *_in_rule(course, lessons),
        *_from_rooms_above(course),
    ]


def findings_of_page(page: CoursePage | LessonPage) -> list[Finding]:
    """What to mend in the page that stands in the editor."""
    return findings_of(page) if isinstance(page, CoursePage) else findings_in_lesson(page, course=page.course)


def may_publish(page: CoursePage | LessonPage, user: User) -> bool:
    """Whether this is a course whose releases this person publishes."""
    return isinstance(page, CoursePage) and may(user, Action.PUBLISH_RELEASES, page.organisation)


def findings_in_lesson(lesson: LessonPage, *, course: CoursePage) -> list[Finding]:
    """What to mend in one lesson, as it stands in the editor or as published."""

    def found(text: str, *, blocks: bool = True) -> Finding:
        return Finding(text=text, where=lesson.title, page=lesson.pk, blocks=blocks)

    findings = []
    if not lesson.sources:
        findings.append(found(_("Noem minstens één bron met een datum.")))
    if lesson.review_by is None:
        findings.append(found(_("Vul in wanneer de feiten opnieuw nagekeken moeten worden.")))
    elif lesson.review_by < timezone.localdate():
        findings.append(
            found(
                _("De feiten hadden voor %(date)s nagekeken moeten worden.") % {"date": date_format(lesson.review_by, "j F Y")},
                blocks=False,
            )
        )
    if not lesson.objectives:
        findings.append(found(_("Er is geen leerdoel."), blocks=False))
    findings += [found(text) for text in _in_content(lesson.body)]
    findings += [found(f"{activity.title}: {text}") for activity in activities_in(lesson, course=course) for text in _in_activity(activity)]
    return findings


def _in_course(course: CoursePage, lessons: list[DraftLesson]) -> Iterator[Finding]:
    if not lessons:
        yield Finding(_("De cursus heeft nog geen gepubliceerde lessen."), page=course.pk)
    if course.image and not course.image.description:
        yield Finding(_("Het beeld van de cursus heeft geen alternatieve tekst."), page=course.pk)
    for slug, count in Counter(lesson.page.slug for lesson in lessons).items():
        if count > 1:
            yield Finding(
                _("Het adres ‘%(slug)s’ staat bij %(count)s lessen; geef elke les een eigen adres.") % {"slug": slug, "count": count},
                page=course.pk,
            )
    activities = [activity for lesson in lessons for activity in lesson.activities()]
    for key, count in Counter(activity.key for activity in activities).items():
        if count > 1:
            yield Finding(
                _("De naam ‘%(key)s’ staat bij %(count)s activiteiten; geef elke activiteit een eigen naam.")
                % {"key": key, "count": count},
                page=course.pk,
            )
    for uid, count in Counter(activity.uuid for activity in activities).items():
        if count > 1:
            title = next(activity.title for activity in activities if activity.uuid == uid)
            yield Finding(
                _("‘%(title)s’ is een kopie die nog aan het origineel vastzit. Verwijder de kopie en voeg haar opnieuw toe.")
                % {"title": title},
                page=course.pk,
            )
    for lesson in lessons:
        if lesson.page.has_unpublished_changes:
            yield Finding(
                _("Er zijn wijzigingen die nog niet gepubliceerd zijn; die komen niet in de uitgave."),
                where=lesson.page.title,
                page=lesson.page.pk,
                blocks=False,
            )


def _in_content(value: Any) -> Iterator[str]:
    """Pictures without a description, and videos without captions or text, however deep they stand."""
    if isinstance(value, blocks.StreamValue):
        for child in value:
            if child.block_type == "image" and not child.value["decorative"] and not child.value["alt_text"].strip():
                yield _("Een beeld heeft geen alternatieve tekst.")
            if child.block_type == "video" and not child.value["captions"]:
                yield _("Een video heeft geen ondertiteling.")
            if child.block_type == "video" and not child.value["transcript"]:
                yield _("Een video heeft geen uitgeschreven tekst.")
            if child.block_type in {"image", "download", "tool"} and _is_gone(child.value):
                yield _("Een beeld, bestand of hulpmiddel waarnaar de les verwijst, bestaat niet meer.")
            yield from _in_content(child.value)
    elif isinstance(value, blocks.StructValue):
        for inner in value.values():
            yield from _in_content(inner)


def _is_gone(value: Any) -> bool:
    if isinstance(value, blocks.StructValue):
        return any(value[name] is None for name in ("image", "document") if name in value)
    return value is None


def _in_activity(activity: DraftActivity) -> list[str]:
    kind = KINDS.get(activity.kind)
    if kind is None:
        return [_("Dit soort activiteit kent deze installatie niet.")]
    return kind.problems(activity.value, course=activity.course)


def _in_rule(course: CoursePage, lessons: list[DraftLesson]) -> Iterator[Finding]:
    answers = {activity.key: _answers_of(activity) for lesson in lessons for activity in lesson.activities()}
    try:
        rule = rule_of(course.completion)
        if not rule["all_of"]:
            yield Finding(_("Er is nog geen afrondingsregel: vul in wanneer de cursus af is."), page=course.pk)
            return
        for text in _unreachable(rule, answers, {str(lesson.page.uuid) for lesson in lessons}):
            yield Finding(text, where=_("Afrondingsregel"), page=course.pk)
    except RuleMalformed as error:
        yield Finding(str(error), where=_("Afrondingsregel"), page=course.pk)


def _answers_of(activity: DraftActivity) -> frozenset[str] | None:
    """Which requirements this activity can meet, as it is set up; None when this installation does not know its kind."""
    kind = KINDS.get(activity.kind)
    if kind is None:
        return None
    # Of questions only a test can be passed; a kind for which every activity is alike has no such method.
    narrowed: Callable[[Any], frozenset[str]] | None = getattr(kind, "answers_of", None)
    return narrowed(activity.value) if narrowed else kind.answers


def _unreachable(rule: Rule, answers: dict[str, frozenset[str] | None], lessons: set[str]) -> Iterator[str]:
    """Why nobody could ever meet this rule."""
    [(name, content)] = rule.items()
    if name in GROUPS:
        inside = content["rules"] if name == "n_of" else content
        if not inside:
            yield _("Een groep is leeg.")
        elif name == "n_of" and content["n"] > len(inside):
            yield _("Een groep vraagt er %(n)s, maar bevat er %(count)s.") % {"n": content["n"], "count": len(inside)}
        for child in inside:
            yield from _unreachable(child, answers, lessons)
        return
    if name == "lessons_viewed":
        if content != "all" and not set(content) <= lessons:
            yield _("Een gevraagde les staat niet (meer) in de cursus.")
        return
    key = key_of(name, content)
    can = answers.get(key)
    if key not in answers:
        yield _("Er is geen activiteit met de naam ‘%(key)s’.") % {"key": key}
    elif can is not None and name not in can:
        yield _("De activiteit ‘%(key)s’ kan niet ‘%(requirement)s’ worden.") % {"key": key, "requirement": REQUIREMENT_NAMES[name]}


def _from_rooms_above(course: CoursePage) -> Iterator[Finding]:
    """What the rooms above have to say about a course, such as an accreditation that expired (`COURSES_EXTRA_CHECKS`).

    Each name is a callable(course) that answers (text, blocks) pairs.
    """
    for name in settings.COURSES_EXTRA_CHECKS:
        check: Callable[[CoursePage], list[tuple[str, bool]]] = import_string(name)
        for text, does_block in check(course):
            yield Finding(text, page=course.pk, blocks=does_block)
