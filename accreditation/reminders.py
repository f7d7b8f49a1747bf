"""Telling people in time that their registration period ends: once for each term that the rule of their register names, by mail and at home.

The row is the fact, the mail follows it. Killed between the two, the mail leaves later; it goes twice only if the process dies between
the mail server's yes and writing that down.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.cache import cache
from django.core.mail import send_mail
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext, override

from accounts.models import Register, RegisterEntry, User
from accreditation.dossier import Standing, dated, place_of, professions_of, rules_in_full, standings
from accreditation.dossier_picture import headline
from accreditation.models import Leave, Reminder
from accreditation.rulebook import DatedRule, judge

logger = logging.getLogger(__name__)

PEOPLE_AT_ONCE = 500
AGAIN_AFTER = timedelta(hours=1)  # a mail that did not leave
LONGEST_LEAVE = timedelta(days=3660)  # by so much may leave have moved an end that lies behind us
_LOOKED = "accreditation-reminders-{}"


@dataclass(frozen=True, slots=True)
class Notice:
    """A reminder as it stands on somebody's home page, until the period is over."""

    register: str
    text: str
    left: str


def send_due() -> int:
    """What `catch_up` calls: remind whoever is due today, once a day, and send the mails that wait. Answers how many mails left."""
    today = timezone.localdate()
    # Everybody in every register is a long look for something that changes at midnight.
    if cache.get(_LOOKED.format(today)) is None:
        make_due(day=today)
        cache.set(_LOOKED.format(today), 1, timeout=24 * 60 * 60)
    return send_waiting()


def make_due(*, day: date) -> int:
    """Write down the reminders that are due on this day; again is harmless. Answers how many are new."""
    new = 0
    for register in Register.objects.filter(rules__isnull=False).distinct().order_by("pk"):
        rules = list(rules_in_full().filter(register=register))
        weeks = {rule.pk: rule.reminder_weeks for rule in rules}
        if not any(weeks.values()):
            continue
        furthest = day + timedelta(weeks=max(week for found in weeks.values() for week in found))
        entries = RegisterEntry.objects.filter(register=register, period_end__lte=furthest, user__is_active=True).filter(
            Q(period_end__gte=day) | Q(period_end__gte=day - LONGEST_LEAVE, user__leave__isnull=False)
        )
        keys = list(entries.order_by("pk").distinct().values_list("pk", flat=True))
        for start in range(0, len(keys), PEOPLE_AT_ONCE):
            new += _remind(
                RegisterEntry.objects.filter(pk__in=keys[start : start + PEOPLE_AT_ONCE]),
                rules=[dated(rule) for rule in rules],
                weeks=weeks,
                day=day,
            )
    return new


def send_waiting() -> int:
    """Mail the reminders whose mail has not left, unless their period is over meanwhile."""
    now = timezone.now()
    free = Q(claimed_at=None) | Q(claimed_at__lt=now - AGAIN_AFTER)
    waiting = Reminder.objects.filter(free, mailed_at=None, period_end__gte=timezone.localdate()).order_by("pk")
    return sum(_send(key, now=now) for key in waiting.values_list("pk", flat=True))


def notices(*, person: User, shown: Sequence[Standing]) -> list[Notice]:
    """The reminders that still matter to this person, from how they stand (`dossier.standings`)."""
    ends = {standing.entry.register_id: standing for standing in shown if standing.evaluation is not None}
    today = timezone.localdate()
    told = set(Reminder.objects.filter(user=person, period_end__gte=today).values_list("register", "period_end"))
    found = []
    for register, standing in ends.items():
        evaluation = standing.evaluation
        if evaluation is not None and (register, evaluation.last_day) in told:
            names = {"register": standing.entry.register.name, "last": date_format(evaluation.last_day, "j F Y")}
            text = gettext("Je registratieperiode in %(register)s eindigt op %(last)s") % names
            found.append(Notice(standing.entry.register.name, text, _left((evaluation.last_day - today).days)))
    return found


def _remind(entries: Iterable[RegisterEntry], *, rules: list[DatedRule], weeks: dict[int, list[int]], day: date) -> int:
    entries = list(entries)
    users = [entry.user_id for entry in entries]
    professions = professions_of(users)
    leave: dict[int, list[Leave]] = {}
    for one in Leave.objects.filter(user__in=users):
        leave.setdefault(one.user_id, []).append(one)
    due = []
    for entry in entries:
        place = place_of(entry, professions=professions[entry.user_id], leave=leave.get(entry.user_id, []))
        # Without rows: only the rule and the last day are asked for.
        judgement = judge([], place=place, rules=rules, day=day)
        if judgement is None or judgement.assumed or judgement.evaluation.closed:
            continue
        last_day = judgement.evaluation.last_day
        begun = [week for week in weeks[judgement.rule.key] if last_day - timedelta(weeks=week) <= day]
        if begun:
            # Of terms that passed unseen only the nearest is still worth a mail.
            due.append(Reminder(user_id=entry.user_id, register_id=entry.register_id, period_end=last_day, weeks=min(begun)))
    before = Reminder.objects.count()
    Reminder.objects.bulk_create(due, ignore_conflicts=True)
    return Reminder.objects.count() - before


def _send(key: int, *, now: datetime) -> int:
    free = Q(claimed_at=None) | Q(claimed_at__lt=now - AGAIN_AFTER)
    if not Reminder.objects.filter(free, pk=key, mailed_at=None).update(claimed_at=now):
        return 0  # another worker has it
    reminder = Reminder.objects.select_related("user", "register").get(pk=key)
    with override(reminder.user.language):
        subject, text = _mail(reminder)
    try:
        send_mail(subject, text, None, [reminder.user.email])
    except (SMTPException, OSError):
        # The next round tries again; the address stays out of the log.
        logger.exception("Reminder %s could not be mailed", key)
        return 0
    Reminder.objects.filter(pk=key).update(mailed_at=timezone.now())
    return 1


def _mail(reminder: Reminder) -> tuple[str, str]:
    last = date_format(reminder.period_end, "j F Y")
    names = {"register": reminder.register.name, "last": last, "left": _left((reminder.period_end - timezone.localdate()).days)}
    parts = [gettext("Je registratieperiode in %(register)s eindigt op %(last)s (%(left)s).") % names]
    standing = next((one for one in standings(person=reminder.user) if one.entry.register_id == reminder.register_id), None)
    if standing is not None and standing.evaluation is not None and standing.rule is not None:
        parts.append(f"{headline(standing)}.")
        if standing.rule.afterwards:
            parts.append(standing.rule.afterwards)
        if not standing.confirmed:
            parts.append(gettext("Dit register heeft niet elke norm bevestigd. Kijk bij het register zelf na wat voor jou geldt."))
    parts.append(gettext("Bekijk je dossier: %(url)s") % {"url": f"{settings.SITE_URL}{reverse('accreditation:my_dossier')}"})
    return gettext("Je registratie loopt tot %(last)s") % names, "\n\n".join(parts) + "\n"


def _left(days: int) -> str:
    if days < 1:
        return gettext("vandaag is de laatste dag")
    if days < 14:
        return ngettext("nog %(days)s dag", "nog %(days)s dagen", days) % {"days": days}
    return ngettext("nog %(weeks)s week", "nog %(weeks)s weken", days // 7) % {"weeks": days // 7}
