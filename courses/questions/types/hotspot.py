"""Pointing out areas on a picture; every area has a number and a name, so that it goes by keyboard too.

Points: as for several options; with one right area it is all or nothing.
"""

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
    is_index,
    opaque_ids,
    ranks,
    shuffle,
)
from courses.questions.types.choice import share_of_choices


class Hotspot(QuestionType):
    code = "hotspot"
    label = gettext_lazy("Aanwijzen op een afbeelding")

    def _clean(self, reader: Reader) -> Definition:
        reader.known.add("image")
        image = reader.raw.get("image")
        if isinstance(image, bool) or not isinstance(image, int):
            reader.problem(_("De afbeelding ontbreekt."))
        areas = []
        for number, raw in enumerate(reader.items("areas", minimum=2, maximum=20), start=1):
            part = reader.part(raw, _("Gebied %(number)s") % {"number": number})
            shape = part.text("shape", default="rect")
            if shape not in ("rect", "circle"):
                part.problem(_("de vorm is rect of circle."))
            area: dict[str, Any] = {
                "shape": shape,
                "x": part.number("x", minimum=0, maximum=100),
                "y": part.number("y", minimum=0, maximum=100),
            }
            area |= {name: part.number(name, default=0, minimum=0, maximum=100) for name in ("width", "height", "radius")}
            if not (area["radius"] if shape == "circle" else area["width"] and area["height"]):
                part.problem(_("het gebied heeft geen oppervlak."))
            if shape == "rect" and (area["x"] + area["width"] > 100 or area["y"] + area["height"] > 100):
                part.problem(_("het gebied steekt buiten de afbeelding."))
            areas.append(
                {**area, "label": part.text("label", required=True), "correct": part.truth("correct"), "feedback": part.text("feedback")}
            )
        if not any(area["correct"] for area in areas):
            reader.problem(_("Ten minste één gebied is goed."))
        if all(area["correct"] for area in areas):
            reader.problem(_("Ten minste één gebied is fout; anders valt er niets te kiezen."))
        return {"image": image, "image_alt": reader.text("image_alt", required=True), "areas": areas}

    def lay_out(self, definition: Definition, *, seed: str, shuffled: bool) -> Layout:
        count = len(definition["areas"])
        return {"ids": opaque_ids(seed, "area", count), "order": shuffle(seed, "area", count) if shuffled else list(range(count))}

    def shown(self, definition: Definition, layout: Layout, response: Any) -> dict[str, Any]:
        chosen = self.tidy(definition, response) or []
        areas = [
            {"id": layout["ids"][index], **_geometry(definition["areas"][index]), "chosen": index in chosen} for index in layout["order"]
        ]
        return {
            "image": definition["image"],
            "image_alt": definition["image_alt"],
            "areas": areas,
            "several": len(self.right(definition)) > 1,
        }

    def read(self, definition: Definition, layout: Layout, data: FormData, before: Any) -> Any:
        given = set(data.get("antwoord", ()))
        return self.tidy(definition, [index for index, key in enumerate(layout["ids"]) if key in given])

    def tidy(self, definition: Definition, response: Any) -> list[int] | None:
        if not isinstance(response, list):
            return None
        chosen = sorted({index for index in response if is_index(index, len(definition["areas"]))})
        if len(self.right(definition)) == 1 and len(chosen) > 1:
            return None  # the page offers one choice only; more is not an answer
        return chosen or None

    def _share(self, definition: Definition, response: list[int]) -> float:
        correct = [area["correct"] for area in definition["areas"]]
        return float(correct[response[0]]) if sum(correct) == 1 else share_of_choices(correct, response)

    def right(self, definition: Definition) -> list[int]:
        return [index for index, area in enumerate(definition["areas"]) if area["correct"]]

    def review(self, definition: Definition, layout: Layout, response: Any, *, reveal: bool) -> list[ReviewLine]:
        chosen = self.tidy(definition, response) or []
        lines = []
        for number, index in enumerate(layout["order"], start=1):
            area = definition["areas"][index]
            picked = index in chosen
            state = ""
            if reveal:
                state = ("right" if area["correct"] else "wrong") if picked else ("missed" if area["correct"] else "")
            lines.append(
                ReviewLine(
                    label=f"{number}. {area['label']}", chosen=picked, state=state, feedback=area["feedback"] if picked or reveal else ""
                )
            )
        return lines

    def interaction(self, definition: Definition) -> dict[str, Any]:
        return {"interactionType": "choice", "choices": components("a", [area["label"] for area in definition["areas"]])}

    def response_text(self, definition: Definition, response: Any) -> str:
        places = ranks([area["label"] for area in definition["areas"]])
        return "[,]".join(f"a{places[index]}" for index in self.tidy(definition, response) or [])


def _geometry(area: dict[str, Any]) -> dict[str, Any]:
    return {name: area[name] for name in ("shape", "x", "y", "width", "height", "radius", "label")}
