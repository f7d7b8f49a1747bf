"""A drawn test on a phone: by keyboard only, with a connection that is lost and comes back, and no answer lost."""

import re

import pytest
from playwright.sync_api import expect

from courses.models import Answer, Attempt
from courses.questions.types import TYPES
from tests.factories.cms import make_site
from tests.factories.courses import EnrolmentFactory
from tests.factories.questions import enrolled, make_question, released_test
from tests.factories.work import course_with_work

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _only_the_projection_of_courses(settings):
    settings.LRS_PROJECTIONS = ["courses.progress.project"]


def drawn_test(**settings):
    """A test that draws three of six, and a learner in its course."""
    pool = [
        make_question(kind, title=f"{kind} {number}").versions.get()
        for number, kind in enumerate(["single_choice", "multiple_choice", "true_false"] * 2)
    ]
    activity = released_test(
        versions=[make_question("ordering").versions.get()],
        draws=[{"tag": "eindtoets", "count": 3, "pool": [version.pk for version in pool]}],
        **settings,
    )
    return activity, enrolled(activity)


def lesson_of(activity) -> str:
    return f"/cursus/{activity.release.course.slug}/{activity.lesson.slug}/"


def tab_to(page, target) -> None:
    """Press Tab until this element has the focus, as somebody without a mouse does."""
    for _press in range(60):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError("not reached by keyboard")


def test_a_drawn_test_on_a_phone_by_keyboard_with_a_lost_connection(page_at, log_in):
    activity, enrolment = drawn_test(time_limit=30)
    page = page_at(390, expect_errors=True)  # a lost connection shows in the console
    log_in(page, enrolment.learner)
    page.goto(lesson_of(activity))
    begin = page.locator(".vw-test-card button")
    tab_to(page, begin)
    page.keyboard.press("Enter")
    page.wait_for_url("**/vraag/1/")
    attempt = Attempt.objects.get()
    assert attempt.questions.count() == 4

    for question in attempt.questions.select_related("version"):
        expect(page.get_by_role("heading", level=1)).to_have_text(f"Vraag {question.position} van 4")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        saved = page.locator("[data-vw-saved]")
        lost = question.position == 2
        if lost:
            page.context.set_offline(True)
        if question.version.type == "ordering":
            order = question.layout["order"]
            for place in range(len(order)):  # walk each line up to where it belongs
                current = [
                    question.layout["ids"].index(key)
                    for key in page.locator("input[name=volgorde]").evaluate_all("all => all.map(one => one.value)")
                ]
                up = page.locator(f"button[value='{question.layout['ids'][place]}:op']")
                tab_to(page, up)
                for _step in range(current.index(place) - place):
                    page.keyboard.press("Enter")
        else:
            right = TYPES[question.version.type].right(question.version.definition)
            keys = (
                ["waar"] if right is True else [question.layout["ids"][index] for index in (right if isinstance(right, list) else [right])]
            )
            for key in keys:
                box = page.locator(f"input[value='{key}']")
                if box.get_attribute("type") == "radio":
                    tab_to(page, page.locator("input[type=radio]").first)
                    while not box.is_checked():
                        page.keyboard.press("ArrowDown" if page.locator("input:checked").count() else "Space")
                else:
                    tab_to(page, box)
                    page.keyboard.press("Space")
        if lost:
            expect(saved).to_contain_text("Geen verbinding")
            follow = page.locator("button[value=volgende]")
            tab_to(page, follow)
            page.keyboard.press("Enter")
            page.wait_for_timeout(500)
            assert page.url.endswith("/vraag/2/")  # does not walk away from an answer that is not saved
            assert not Answer.objects.filter(question=question, response__isnull=False).exists()
            page.context.set_offline(False)
        expect(saved).to_have_text(re.compile(r"Bewaard \d\d:\d\d"))
        tab_to(page, page.locator("button[value=volgende]"))
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(r"/overzicht/" if question.position == 4 else rf"/vraag/{question.position + 1}/"))

    expect(page.locator(".vw-tag--done")).to_have_count(4)
    tab_to(page, page.locator("form[data-vw-hand-in] button"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/uitslag/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Je bent geslaagd")
    attempt.refresh_from_db()
    assert attempt.scaled_score == 1


def test_an_answer_survives_a_page_that_is_closed_without_a_connection(page_at, log_in):
    activity, enrolment = drawn_test()
    page = page_at(390, expect_errors=True)
    log_in(page, enrolment.learner)
    page.goto(lesson_of(activity))
    page.locator(".vw-test-card button").click()
    page.wait_for_url("**/vraag/1/")
    choice = Attempt.objects.get().questions.exclude(version__type="ordering").first()
    page.goto(re.sub(r"vraag/\d+", f"vraag/{choice.position}", page.url))

    page.route("**/leren/toets/**", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    page.locator(".vw-choice-card").first.click()
    expect(page.locator("[data-vw-saved]")).to_contain_text("Geen verbinding")
    assert not Answer.objects.exists()
    page.unroute("**/leren/toets/**")
    page.reload()

    expect(page.locator("[data-vw-saved]")).to_have_text(re.compile(r"Bewaard \d\d:\d\d"))
    expect(page.locator(".vw-choice-card input").first).to_be_checked()
    assert Answer.objects.get().question == choice


def test_practice_in_the_lesson_goes_without_a_page_of_its_own(page_at, log_in):
    activity = released_test("single_choice", "ordering", mode="practice", shuffle=False)
    enrolment = enrolled(activity)
    page = page_at(390)
    log_in(page, enrolment.learner)
    page.goto(lesson_of(activity))

    first = page.locator("article.vw-question--practice").first
    first.get_by_text("De bedrijfsarts").click()
    first.get_by_role("button", name="Kijk na").click()

    expect(page.locator(".vw-feedback--right")).to_contain_text("GEHEIM-GOED een")
    assert page.evaluate("document.activeElement.classList.contains('vw-feedback')")
    second = page.locator("article.vw-question--practice").nth(1)
    second.get_by_role("button", name=re.compile("^Zet omhoog")).nth(1).click()
    second.get_by_role("button", name="Kijk na").click()
    expect(page.locator(".vw-practice__summary")).to_contain_text("Je hebt alles geoefend")
    assert Attempt.objects.get().scaled_score is not None


def test_a_test_goes_without_a_script(page_at, log_in):
    activity = released_test("single_choice")
    enrolment = enrolled(activity)
    page = page_at(390, java_script_enabled=False)
    log_in(page, enrolment.learner)
    page.goto(lesson_of(activity))
    page.locator(".vw-test-card button").click()
    page.get_by_text("De bedrijfsarts").click()
    page.locator("button[value=volgende]").click()
    page.locator("form[data-vw-hand-in] button").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Je bent geslaagd")


def test_a_half_filled_evaluation_is_still_there_after_doing_something_else_first(page_at, log_in):
    enrolment = EnrolmentFactory(release=course_with_work())
    lesson = lesson_of(enrolment.release.activities.get(key="evaluatie"))
    page = page_at(390)
    log_in(page, enrolment.learner)
    page.goto(lesson)
    page.locator("input[name=vraag-0][value='4']").check(force=True)
    page.locator("textarea[name=vraag-2]").fill("Meer tijd")
    expect(page.get_by_text("Wat je hier invulde, blijft in dit tabblad staan")).to_be_visible()

    page.goto(f"/cursus/{enrolment.course.slug}/")
    page.goto(lesson)

    expect(page.locator("input[name=vraag-0][value='4']")).to_be_checked()
    expect(page.locator("textarea[name=vraag-2]")).to_have_value("Meer tijd")
    page.get_by_label("De toets").check()
    page.get_by_role("button", name="Verstuur mijn evaluatie").click()
    expect(page.get_by_text("Je evaluatie is ingevuld")).to_be_visible()
    assert page.evaluate("Object.keys(sessionStorage).filter((key) => key.startsWith('vakwijs:'))") == []


def test_who_logs_out_leaves_no_half_filled_evaluation_in_the_tab(page_at, log_in):
    held = "Object.keys(sessionStorage).filter((key) => key.startsWith('vakwijs:')).length"
    make_site()
    enrolment = EnrolmentFactory(release=course_with_work())
    page = page_at(390)
    log_in(page, enrolment.learner)
    page.goto(lesson_of(enrolment.release.activities.get(key="evaluatie")))
    page.locator("textarea[name=vraag-2]").fill("Meer tijd")
    assert page.evaluate(held) == 1

    page.locator("summary").filter(has_text="Menu").click()
    page.get_by_role("button", name="Log uit").click()
    expect(page.get_by_text("Je bent uitgelogd.")).to_be_visible()

    assert page.evaluate(held) == 0
