"""Whether a name in a list can be that of the person whom a number stands for. A doubt is for somebody to look at."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile

from accounts.models import User
from accreditation.big_register.matching import PARTICLES, plain

TITLES = frozenset("dhr mevr mw hr heer mevrouw drs dr ir ing prof mr msc bsc rn".split())
WORD = re.compile(r"[^\W\d_]+")
APOSTROPHES = "'’`"
# Between two surnames; with a space on both sides it stands between a surname and a first name as well.
HYPHEN = re.compile(r"(?<!\s)[-‐‑–]|[-‐‑–](?!\s)")
SHORT_FOR_PARTICLES = re.compile(r"\bv\.? ?d\.?(?![^\W\d_])")
SHORTEST_WITH_A_SLIP = 5


def misfit(written: str, person: User) -> int | None:
    """How far what was written is from the person's own name: 0 is that name, higher is further off, None is somebody else's.

    Case, accents, order, particles, titles and initials make it nobody else's; neither does one of two surnames, a second surname, or a
    slip of one letter beside the right first name. Another surname does, and so does another first name or initial.
    """
    return _misfit(written, _name_of(person))


class Others:
    """The people among whom a name may fit somebody better than the person whom the number stands for."""

    def __init__(self, people: Iterable[User]) -> None:
        self._by_surname: dict[str, list[tuple[int, _Name]]] = defaultdict(list)
        for person in people:
            name = _name_of(person)
            for word in {*name.surname, name.glued}:
                self._by_surname[word].append((person.pk, name))

    def fit_better(self, written: str, person: User) -> bool:
        """Whether somebody else is called what was written, or nearer to it than this person."""
        own = misfit(written, person)
        if own == 0:
            return False
        words = [word for word, _small in _words(written)]
        for start in range(len(words)):
            for end in range(start + 1, min(start + 5, len(words)) + 1):
                for key, name in self._by_surname.get("".join(words[start:end]), ()):
                    other = None if key == person.pk else _misfit(written, name)
                    if other is not None and (own is None or other < own):
                        return True
        return False


@dataclass(frozen=True, slots=True)
class _Name:
    """Somebody's own name in words: what it is mostly called by, and the surname in one word as some write it (vandenberg)."""

    given: tuple[str, ...]
    surname: tuple[str, ...]
    glued: str
    particles: tuple[str, ...]


def _name_of(person: User) -> _Name:
    first, last = _words(person.first_name), _words(person.last_name)
    given, surname = _telling(first), _telling(last)
    if not surname:
        given, surname, last = (), given, first
    return _Name(given, surname, "".join(word for word, _small in last), _particles([*first, *last], {*given, *surname}))


def _misfit(written: str, name: _Name) -> int | None:
    found = _words(written)
    own = {*name.given, *name.surname}
    words = [word for word, small in found if not small or word in own]
    if not words and not found:
        return 0
    all_words = [word for word, _small in found]
    if run := _run(all_words, name.glued):
        left = [word for word, small in (*found[: run[0]], *found[run[1] :]) if not small or word in name.given]
        exact, missing = [*name.surname], []
    else:
        left = [word for word in words if word not in name.surname]
        exact = [word for word in name.surname if word in words]
        missing = [word for word in name.surname if word not in words]
    slips = 0
    for word in list(missing):
        if slip := next((each for each in left if _is_slip(each, word)), None):
            missing.remove(word)
            left.remove(slip)
            slips += 1
    if not exact and (not slips or missing):
        return None

    called = {word for word in left if word in name.given or word == "".join(name.given)}
    near = {word for word in left if word not in called and any(_could_be(word, own_name) for own_name in name.given)}
    left = [word for word in left if word not in called and word not in near]
    letters = _initials(written)
    initials = [word for word in left if len(word) == 1 or word in letters]
    fitting = [word for word in initials if {*word} & {own_name[0] for own_name in name.given}]
    extra = [word for word in left if word not in initials]
    confirmed = bool(called or near or fitting)
    if (missing or slips) and extra:
        return None
    if not confirmed and (slips or initials or not {*extra} <= _beside(written, {*exact, name.glued})):
        return None
    whole = called == {*name.given} or "".join(name.given) in called
    strange = sum(sign not in {own_name[0] for own_name in name.given} for word in initials for sign in word)
    return len(missing) + slips + 2 * len(extra) + strange + (not whole) + (_particles(found, own) != name.particles)


def _words(text: str) -> list[tuple[str, bool]]:
    """Each word in small letters, and whether it is a particle or a title. A loose d, l, s or t without apostrophe is an initial."""
    text = plain(SHORT_FOR_PARTICLES.sub("van de ", text))
    words = []
    for match in WORD.finditer(text):
        word, around = match[0], text[max(0, match.start() - 1) : match.start()] + text[match.end() : match.end() + 1]
        small = word in TITLES or (word in PARTICLES and (len(word) > 1 or any(sign in APOSTROPHES for sign in around)))
        words.append((word, small))
    return words


def _telling(words: Sequence[tuple[str, bool]]) -> tuple[str, ...]:
    """The words that are no particle or title, unless there are no others: somebody may be called De Heer."""
    return tuple(
        [word for word, small in words if not small]
        or [word for word, _small in words if word not in PARTICLES]
        or [word for word, _small in words]
    )


def _particles(words: Sequence[tuple[str, bool]], own: set[str]) -> tuple[str, ...]:
    return tuple(sorted(word for word, small in words if small and word not in own and word not in TITLES))


def _run(words: Sequence[str], glued: str) -> tuple[int, int] | None:
    """Where the whole surname stands in words that follow each other, written as one word or as more."""
    for start in range(len(words)):
        joined = ""
        for end, word in enumerate(words[start:], start=start + 1):
            joined += word
            if joined == glued:
                return start, end
            if not glued.startswith(joined):
                break
    return None


def _is_slip(written: str, word: str) -> bool:
    """One letter too many, too few, wrong, or two that changed places, and not the first."""
    if max(len(written), len(word)) < SHORTEST_WITH_A_SLIP:
        return False
    start = sum(1 for _same in takewhile(lambda pair: pair[0] == pair[1], zip(written, word, strict=False)))
    one, two = written[start:], word[start:]
    swapped = one[:2] == two[1::-1] and one[2:] == two[2:]
    return start > 0 and (one[1:] == two[1:] or one[1:] == two or one == two[1:] or swapped)


def _could_be(written: str, given: str) -> bool:
    """Whether this is the first name with a slip, in full where we know the initial only, or the beginning that stands for it (Th., Chr.)."""
    if len(written) == 1:
        return False
    beginning = len(written) <= 3 and not {*written} & {*"aeiouy"} and given.startswith(written)
    return _is_slip(written, given) or given == written[0] or beginning


def _initials(written: str) -> set[str]:
    """Initials without dots: JM de Vries."""
    most = 2 if written.isupper() else 3
    return {plain(word) for word in WORD.findall(written) if word.isupper() and len(word) <= most}


def _beside(written: str, surnames: set[str]) -> set[str]:
    """The words that a hyphen ties to the surname: Bruin-Voorbeeld, Voorbeeld-de Bruin."""
    found: set[str] = set()
    parts = [[word for word, small in _words(part) if not small or word in surnames] for part in HYPHEN.split(written)]
    for before, after in pairwise(parts):
        pair = {*before[-1:], *after[:1]}
        if pair & surnames:
            found |= pair - surnames
    return found
