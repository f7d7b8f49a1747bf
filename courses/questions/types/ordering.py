"""Ordering: items to be put in the right order.

Points: 1 minus twice the share of pairs that stand the wrong way round, never below nothing. One swap of neighbours
costs little, and an order at random is expected to earn nothing.
"""

from itertools import combinations
from typing import Any

from django.utils.translation import gettext as _, gettext_lazy

from courses.questions.types.base import (
    Definition,
    FormData,
    Layout,
    QuestionType,
    Reader,
    ReviewLine,
    components,
    first,
    opaque_ids,
    ranks,
    shuffle,
)


class Ordering(QuestionType):
    code = "ordering"
    label = gettext_lazy("Op volgorde zetten")

    def _clean(self, reader: Reader) -> Definition:
        items = [f"{text}".strip() for text in reader.items("items", minimum=3, maximum=12)]
        if not all(items):
            reader.problem(_("Een regel in de volgorde is leeg."))
        if len(set(items)) < len(items):
            reader.problem(_("Twee regels in de volgorde hebben dezelfde tekst."))
        return {"items": items}

    def lay_out(self, definition: Definition, *, seed: str, shuffled: bool) -> Layout:
        count = len(definition["items"])
        # The definition stands in the right order, so it is always shuffled, and never starts right.
        return {"ids": opaque_ids(seed, "item", count), "order": shuffle(seed, "item", count, never_sorted=True)}

    def shown(self, definition: Definition, layout: Layout, response: Any) -> dict[str, Any]:
        order = self.tidy(definition, response) or layout["order"]
        last = len(order) - 1
        return {
            "rows": [
                {"id": layout["ids"][index], "text": definition["items"][index], "first": place == 0, "last": place == last}
                for place, index in enumerate(order)
            ]
        }

    def read(self, definition: Definition, layout: Layout, data: FormData, before: Any) -> Any:
        ids = layout["ids"]
        given = [ids.index(key) for key in data.get("volgorde", ()) if key in ids]
        order = self.tidy(definition, given) or self.tidy(definition, before) or list(layout["order"])
        key, __, direction = first(data, "verplaats").partition(":")
        if key in ids and direction in ("op", "neer"):
            place = order.index(ids.index(key))
            other = place + (-1 if direction == "op" else 1)
            if 0 <= other < len(order):
                order[place], order[other] = order[other], order[place]
        elif order == layout["order"] and before is None:
            return None  # the learner passed by without touching it
        return order

    def tidy(self, definition: Definition, response: Any) -> list[int] | None:
        count = len(definition["items"])
        if not isinstance(response, list) or any(isinstance(index, bool) or not isinstance(index, int) for index in response):
            return None
        return list(response) if sorted(response) == list(range(count)) else None

    def _share(self, definition: Definition, response: list[int]) -> float:
        pairs = list(combinations(response, 2))
        return 1 - 2 * sum(earlier > later for earlier, later in pairs) / len(pairs)

    def right(self, definition: Definition) -> list[int]:
        return list(range(len(definition["items"])))

    def review(self, definition: Definition, layout: Layout, response: Any, *, reveal: bool) -> list[ReviewLine]:
        order = self.tidy(definition, response)
        if order is None:
            return [ReviewLine(label=f"{place + 1}", expected=text) for place, text in enumerate(definition["items"])] if reveal else []
        return [
            ReviewLine(
                label=f"{place + 1}",
                given=definition["items"][index],
                state=("right" if place == index else "wrong") if reveal else "",
                expected=definition["items"][place] if reveal and place != index else "",
            )
            for place, index in enumerate(order)
        ]

    def interaction(self, definition: Definition) -> dict[str, Any]:
        return {"interactionType": "sequencing", "choices": components("i", definition["items"])}

    def response_text(self, definition: Definition, response: Any) -> str:
        places = ranks(definition["items"])
        return "[,]".join(f"i{places[index]}" for index in self.tidy(definition, response) or [])
