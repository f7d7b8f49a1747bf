from datetime import UTC, date, datetime, timedelta
from smtplib import SMTPException

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache

from accreditation import reminders
from accreditation.models import Leave, RegisterRule, Reminder
from portal.learner import learner_home
from tests.factories.accounts import RegisterEntryFactory, RegisterFactory, UserFactory
from tests.factories.accreditation import CategoryRuleFactory, PointCategoryFactory, RegisterRuleFactory

pytestmark = pytest.mark.django_db
END = date(2026, 12, 31)


@pytest.fixture(autouse=True)
def _nothing_remembered():
    cache.clear()


@pytest.fixture
def rule():
    rule = RegisterRuleFactory(register=RegisterFactory(name="Kwaliteitsregister V&V"), total=184, reminder_weeks=[12, 4])
    CategoryRuleFactory(rule=rule, category=PointCategoryFactory(register=rule.register), minimum=80, confirmed=True)
    return rule


@pytest.fixture
def learner(rule):
    learner = UserFactory(email="noor@voorbeeld.example")
    RegisterEntryFactory(user=learner, register=rule.register, period_start=date(2022, 1, 1), period_end=END)
    return learner


def catch_up_on(moment):
    with time_machine.travel(moment, tick=False):
        return reminders.send_due()


def at(day, hour=10):
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def told():
    return list(Reminder.objects.order_by("pk").values_list("period_end", "weeks"))


@pytest.mark.parametrize(
    ("moment", "weeks"),
    [
        (datetime(2026, 10, 7, 21, 59, tzinfo=UTC), []),  # one minute to midnight in Amsterdam, summer time
        (datetime(2026, 10, 7, 22, 0, tzinfo=UTC), [12]),
        (datetime(2026, 12, 2, 22, 59, tzinfo=UTC), [12]),
        (datetime(2026, 12, 2, 23, 0, tzinfo=UTC), [4]),
        (datetime(2026, 12, 31, 22, 59, tzinfo=UTC), [4]),
        (datetime(2026, 12, 31, 23, 0, tzinfo=UTC), []),
    ],
)
def test_a_reminder_leaves_on_its_day_in_amsterdam_and_of_terms_missed_only_the_nearest(learner, moment, weeks):
    catch_up_on(moment)

    assert [week for _end, week in told()] == weeks
    assert len(mail.outbox) == len(weeks)


def test_each_person_is_told_once_for_each_term_however_often_we_look(learner):
    for _again in range(3):
        catch_up_on(at(date(2026, 10, 8)))
        cache.clear()
    catch_up_on(at(date(2026, 12, 3)))
    catch_up_on(at(date(2026, 12, 4)))

    assert told() == [(END, 12), (END, 4)]
    assert [message.to for message in mail.outbox] == [["noor@voorbeeld.example"]] * 2
    assert "31 december 2026" in mail.outbox[0].subject
    assert "nog 12 weken" in mail.outbox[0].body
    assert "Je hebt 0 van 184 punten" in mail.outbox[0].body


def test_the_mail_is_in_the_language_of_whom_it_is_for(learner):
    type(learner).objects.update(language="en")

    catch_up_on(at(date(2026, 10, 8)))

    assert "31 December 2026" in mail.outbox[0].subject


@pytest.mark.parametrize("why", ["no term", "not active", "no end", "other rule"])
def test_who_need_not_be_told_is_not(learner, rule, why):
    if why == "no term":
        RegisterRule.objects.update(reminder_weeks=[])
    elif why == "not active":
        type(learner).objects.update(is_active=False)
    elif why == "no end":
        learner.register_entries.update(period_end=None)
    else:
        RegisterRule.objects.update(applies_until=date(2026, 6, 30))

    catch_up_on(at(date(2026, 12, 20)))

    assert (told(), mail.outbox) == ([], [])


def test_leave_that_moves_the_end_moves_the_reminder(learner, rule):
    rule.leave_rules.create(kind="birth", minimum_days=10)
    Leave.objects.create(user=learner, kind="birth", first_day=date(2025, 1, 1), last_day=date(2025, 3, 11))  # 70 days

    catch_up_on(at(date(2026, 12, 16)))
    assert told() == []
    catch_up_on(at(date(2026, 12, 17)))

    assert told() == [(date(2027, 3, 11), 12)]
    catch_up_on(at(date(2027, 2, 11)))
    assert told()[1:] == [(date(2027, 3, 11), 4)]


def test_a_mail_that_does_not_leave_is_tried_again_and_one_that_left_is_not(learner, monkeypatch):
    attempts = []

    def broken(*args, **kwargs):
        attempts.append(args)
        raise SMTPException

    monkeypatch.setattr(reminders, "send_mail", broken)
    assert catch_up_on(at(date(2026, 10, 8))) == 0
    assert catch_up_on(at(date(2026, 10, 8)) + timedelta(minutes=30)) == 0
    assert (len(attempts), Reminder.objects.get().mailed_at) == (1, None)  # not again at once
    monkeypatch.undo()

    assert catch_up_on(at(date(2026, 10, 8), 12)) == 1
    assert catch_up_on(at(date(2026, 10, 9))) == 0
    assert len(mail.outbox) == 1


def test_killed_after_the_row_and_before_the_mail_the_mail_still_leaves(learner):
    with time_machine.travel(at(date(2026, 10, 8)), tick=False):
        reminders.make_due(day=date(2026, 10, 8))
    assert (len(told()), mail.outbox) == (1, [])

    catch_up_on(at(date(2026, 10, 9)))

    assert len(mail.outbox) == 1


def test_the_reminder_stands_at_home_until_the_period_is_over(learner):
    def labels(day):
        with time_machine.travel(at(day), tick=False):
            return [(todo.label, todo.state) for todo in learner_home(learner).todos]

    assert labels(date(2026, 12, 20)) == []
    catch_up_on(at(date(2026, 12, 20)))

    text = "Je registratieperiode in Kwaliteitsregister V&V eindigt op 31 december 2026"
    assert labels(date(2026, 12, 20)) == [(text, "nog 11 dagen")]
    assert labels(date(2026, 12, 31)) == [(text, "vandaag is de laatste dag")]
    assert labels(date(2027, 1, 1)) == []


def test_looking_at_more_people_takes_no_more_queries(learner, rule, django_assert_num_queries, django_assert_max_num_queries):
    with django_assert_max_num_queries(30) as one:
        reminders.make_due(day=date(2026, 10, 8))
    Reminder.objects.all().delete()
    for _ in range(2):
        RegisterEntryFactory(register=rule.register, period_start=date(2022, 1, 1), period_end=END)

    with django_assert_num_queries(len(one)):
        assert reminders.make_due(day=date(2026, 10, 8)) == 3
