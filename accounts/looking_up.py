"""Whom somebody means who types a name, a part of one, or an e-mail address."""

from django.db.models import Q

MOST_WORDS = 5


def meant_by(text: str, *, path: str = "") -> Q:
    """People of whose name or e-mail address each of these words is a part; `path` leads to them, such as `actor__`. No words mean everybody."""
    meant = Q()
    for word in text.split()[:MOST_WORDS]:
        meant &= (
            Q(**{f"{path}first_name__icontains": word})
            | Q(**{f"{path}last_name__icontains": word})
            | Q(**{f"{path}email__icontains": word})
        )
    return meant
