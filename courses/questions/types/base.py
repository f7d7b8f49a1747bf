"""What a type of question is: its schema, how it is laid out for a learner, how an answer is read, and what it earns.

Everything here is a pure function of the definition, the layout and the answer: no database, no request, no clock.
A *response* speaks of the parts of the definition (the second option is 1); a learner's browser only ever sees the
opaque ids of one attempt's layout.
"""

import hashlib
import random
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext as _

Definition = dict[str, Any]
Layout = dict[str, Any]
FormData = Mapping[str, Sequence[str]]

MAX_TEXT = 20_000


class DefinitionRefused(Exception):
    """The definition does not fit the schema of its type; `problems` says for each field what to mend."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class ReviewLine:
    """One line of what a learner reads afterwards. `state` is "right", "wrong", "missed" or "" (not told)."""

    label: str
    given: str = ""
    state: str = ""
    expected: str = ""
    feedback: str = ""
    chosen: bool = False


@dataclass
class Reader:
    """Takes a definition apart and collects everything that is wrong with it, so that an author mends it in one go."""

    raw: Any
    problems: list[str] = field(default_factory=list)
    known: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        if not isinstance(self.raw, dict):
            raise DefinitionRefused([_("De inhoud van een vraag is een lijst van velden met hun waarde.")])

    def text(self, name: str, *, required: bool = False, default: str = "") -> str:
        self.known.add(name)
        value = self.raw.get(name, default)
        value = default if value is None else value
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = f"{value}"
        if not isinstance(value, str):
            self.problems.append(_("%(field)s moet tekst zijn.") % {"field": name})
            return default
        if required and not value.strip():
            self.problems.append(_("%(field)s ontbreekt.") % {"field": name})
        if len(value) > MAX_TEXT:
            self.problems.append(_("%(field)s is langer dan %(max)s tekens.") % {"field": name, "max": MAX_TEXT})
        return value.strip()

    def truth(self, name: str, *, default: bool | None = False) -> bool:
        self.known.add(name)
        value = self.raw.get(name, default)
        if not isinstance(value, bool):
            self.problems.append(_("%(field)s is waar of niet waar.") % {"field": name})
            return False
        return value

    def number(self, name: str, *, default: float | None = None, minimum: float | None = None, maximum: float | None = None) -> float:
        self.known.add(name)
        value = self.raw.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value or value in (float("inf"), float("-inf")):
            self.problems.append(_("%(field)s moet een getal zijn.") % {"field": name})
            return 0
        if (minimum is not None and value < minimum) or (maximum is not None and value > maximum):
            self.problems.append(
                _("%(field)s valt buiten wat mag (%(min)s tot %(max)s).") % {"field": name, "min": minimum, "max": maximum}
            )
        return value

    def items(self, name: str, *, minimum: int = 0, maximum: int = 50) -> list[Any]:
        self.known.add(name)
        value = self.raw.get(name)
        value = [] if value is None else value
        if not isinstance(value, list):
            self.problems.append(_("%(field)s moet een lijst zijn.") % {"field": name})
            return []
        if not minimum <= len(value) <= maximum:
            self.problems.append(
                _("%(field)s telt %(count)s regels; het moeten er %(min)s tot %(max)s zijn.")
                % {"field": name, "count": len(value), "min": minimum, "max": maximum}
            )
        return value

    def part(self, raw: Any, label: str) -> "Reader":
        """A reader of one row of a list, whose problems say which row."""
        return Part(raw if isinstance(raw, dict) else {}, self.problems, label=label)

    def problem(self, message: str) -> None:
        self.problems.append(message)

    def done(self) -> None:
        if unknown := sorted(str(name) for name in set(self.raw) - self.known):
            self.problems.append(_("Onbekende velden: %(fields)s.") % {"fields": ", ".join(unknown)})
        if self.problems:
            raise DefinitionRefused(self.problems)


class Part(Reader):
    """One row of a list."""

    def __init__(self, raw: dict[str, Any], outer: list[str], *, label: str) -> None:
        super().__init__(raw, _Labelled(outer, label))


class _Labelled(list[str]):
    def __init__(self, outer: list[str], label: str) -> None:
        super().__init__()
        self.outer, self.label = outer, label

    def append(self, message: str) -> None:
        self.outer.append(f"{self.label}: {message}")


class QuestionType(ABC):
    """One type of question. The module of each type says how its partial score is counted."""

    code: ClassVar[str]
    label: ClassVar[str | Promise]
    marked_by_teacher: ClassVar[bool] = False
    step_by_step: ClassVar[bool] = False

    @property
    def template(self) -> str:
        return f"courses/questions/types/{self.code}.html"

    def clean(self, raw: Any) -> Definition:
        """The definition in its full, canonical form. Raises DefinitionRefused."""
        reader = Reader(raw)
        definition = {"prompt": reader.text("prompt", required=True), "feedback": reader.text("feedback"), **self._clean(reader)}
        reader.done()
        return definition

    @abstractmethod
    def _clean(self, reader: Reader) -> Definition: ...

    @abstractmethod
    def lay_out(self, definition: Definition, *, seed: str, shuffled: bool) -> Layout:
        """The order of the parts in one attempt, and the opaque ids by which the browser knows them."""

    @abstractmethod
    def shown(self, definition: Definition, layout: Layout, response: Any) -> dict[str, Any]:
        """What the learner's template gets: never anything from which the right answer follows."""

    @abstractmethod
    def read(self, definition: Definition, layout: Layout, data: FormData, before: Any) -> Any:
        """The response in posted form data, None when nothing was answered. Whatever is not understood is left out."""

    @abstractmethod
    def tidy(self, definition: Definition, response: Any) -> Any:
        """The response in canonical form, None when it is not an answer to this question; takes any JSON."""

    @abstractmethod
    def _share(self, definition: Definition, response: Any) -> float:
        """The share of the points (0–1) that a tidy response earns."""

    def share(self, definition: Definition, response: Any) -> float:
        """The share of the points, 0–1, that any response earns."""
        tidy = self.tidy(definition, response)
        return 0.0 if tidy is None else min(1.0, max(0.0, self._share(definition, tidy)))

    def complete(self, definition: Definition, response: Any) -> bool:
        """Whether every part is answered; the review screen names what is not."""
        return self.tidy(definition, response) is not None

    def unreadable(self, definition: Definition, response: Any) -> bool:
        """Whether something was written that cannot be understood as an answer: the learner is told, and nothing is marked."""
        return False

    @abstractmethod
    def right(self, definition: Definition) -> Any:
        """A response that earns everything."""

    @abstractmethod
    def review(self, definition: Definition, layout: Layout, response: Any, *, reveal: bool) -> list[ReviewLine]:
        """What the learner reads afterwards. With `reveal` false it tells nothing beyond the feedback on what was chosen."""

    @abstractmethod
    def interaction(self, definition: Definition) -> dict[str, Any]:
        """The xAPI interaction, without the right answer: a learner can read the record before a next attempt."""

    @abstractmethod
    def response_text(self, definition: Definition, response: Any) -> str:
        """The response as xAPI writes it for this interaction."""


def opaque(seed: str, group: str, index: int) -> str:
    """An id that says nothing: it follows from the attempt's secret, so it differs in every attempt."""
    return hashlib.blake2b(f"{group}:{index}".encode(), key=seed.encode()[:64], digest_size=6).hexdigest()


def opaque_ids(seed: str, group: str, count: int) -> list[str]:
    return [opaque(seed, group, index) for index in range(count)]


def shuffle(seed: str, group: str, count: int, *, never_sorted: bool = False) -> list[int]:
    """The numbers below `count` in an order that follows from the seed; `never_sorted` leaves out the given order itself."""
    order = list(range(count))
    generator = random.Random(f"{seed}:{group}")  # noqa: S311 - the seed is a secret; the order guards nothing else
    generator.shuffle(order)
    while never_sorted and count > 1 and order == list(range(count)):
        generator.shuffle(order)
    return order


def is_index(value: Any, count: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < count


def first(data: FormData, name: str) -> str:
    values = data.get(name) or [""]
    return str(values[-1])


def ranks(texts: Sequence[str]) -> list[int]:
    """The place of each text when they are sorted: a lasting number for the record that does not tell the author's order."""
    order = sorted(range(len(texts)), key=lambda index: texts[index])
    return [order.index(index) for index in range(len(texts))]


def components(prefix: str, texts: Sequence[str]) -> list[dict[str, Any]]:
    """The parts of an interaction as xAPI lists them, sorted by text."""
    return [{"id": f"{prefix}{place}", "description": {"nl": text}} for place, text in enumerate(sorted(texts))]
