"""Whether a name in a list can be that of the person whom a number stands for. A clear difference is for somebody to look at."""

import re
from difflib import get_close_matches

from accounts.models import User
from accreditation.big_register.matching import PARTICLES, plain

TITLES = frozenset("dhr mevr mw hr heer mevrouw drs dr ir ing prof mr msc bsc rn".split())


def differs(written: str, person: User) -> bool:
    """Whether the name clearly is another one. Case, accents, order, particles, initials and a slip of the pen make no difference."""
    words = _words(written)
    if not words:
        return False
    first, last = _words(person.first_name), _words(person.last_name)
    known = [word for word in (*first, *last) if len(word) > 1]
    full = [word for word in words if len(word) > 1]
    unknown = [word for word in words if word not in full or not get_close_matches(word, known, n=1, cutoff=0.8)]
    if len(full) == sum(word in unknown for word in full):
        return True
    # A second surname or an initial is fine, another first name is not.
    initials = {word[0] for word in first}
    return bool(unknown) and not any(word[0] in initials for word in unknown) and not any(word in first for word in words)


def _words(name: str) -> list[str]:
    return [word for word in re.findall(r"[^\W\d_]+", plain(name)) if word not in PARTICLES and word not in TITLES]
