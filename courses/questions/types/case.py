"""A case that branches: each choice leads to a next situation, until an ending.

Points: the sum of the choices made, as a share of the best path. A choice stands once it is made, and the server
shows no situation before the learner has arrived there.
"""

from typing import Any

from django.utils.translation import gettext as _, gettext_lazy

from courses.questions.types.base import Definition, FormData, Layout, QuestionType, Reader, ReviewLine, first, is_index, opaque, shuffle

MAX_STEPS = 50


class Case(QuestionType):
    code = "case"
    label = gettext_lazy("Casus met keuzes")
    step_by_step = True

    def _clean(self, reader: Reader) -> Definition:
        start = reader.text("start", required=True)
        reader.known.add("nodes")
        raw_nodes = reader.raw.get("nodes")
        if isinstance(raw_nodes, list):  # the authoring form gives rows
            raw_nodes = {
                str(row.get("id", "")): {name: value for name, value in row.items() if name != "id"}
                for row in raw_nodes
                if isinstance(row, dict)
            }
        if not isinstance(raw_nodes, dict) or not 2 <= len(raw_nodes) <= MAX_STEPS:
            reader.problem(_("Een casus heeft 2 tot %(max)s situaties.") % {"max": MAX_STEPS})
            raw_nodes = {}
        nodes: dict[str, Any] = {}
        for name, raw in raw_nodes.items():
            part = reader.part(raw, _("Situatie %(name)s") % {"name": name})
            part.known |= {"id", "ending"}
            choices = []
            for number, raw_choice in enumerate(part.items("choices", maximum=6), start=1):
                choice = reader.part(raw_choice, _("Situatie %(name)s, keuze %(number)s") % {"name": name, "number": number})
                choices.append(
                    {
                        "text": choice.text("text", required=True),
                        "next": choice.text("next", required=True),
                        "score": choice.number("score", default=0, minimum=-100, maximum=100),
                        "feedback": choice.text("feedback"),
                    }
                )
            nodes[str(name)] = {"text": part.text("text", required=True), "choices": choices}
        if nodes:
            self._check_paths(reader, start, nodes)
        return {"start": start, "nodes": nodes}

    def _check_paths(self, reader: Reader, start: str, nodes: dict[str, Any]) -> None:
        if start not in nodes:
            reader.problem(_("De casus begint bij situatie %(name)s, maar die bestaat niet.") % {"name": start})
            return
        for name, node in nodes.items():
            for choice in node["choices"]:
                if choice["next"] not in nodes:
                    reader.problem(
                        _("Situatie %(name)s leidt naar %(next)s, maar die bestaat niet.") % {"name": name, "next": choice["next"]}
                    )
                    return
        if not nodes[start]["choices"]:
            reader.problem(_("De eerste situatie heeft geen keuzes."))
        if _has_circle(nodes, start):
            reader.problem(_("De casus gaat in een kring: een deelnemer kan dan eindeloos doorgaan."))
            return
        if unreached := sorted(set(nodes) - _reached(nodes, start)):
            reader.problem(_("Deze situaties zijn niet te bereiken: %(names)s.") % {"names": ", ".join(unreached)})
        if best_score(nodes, start) <= 0:
            reader.problem(_("Geen enkele weg levert punten op."))

    def lay_out(self, definition: Definition, *, seed: str, shuffled: bool) -> Layout:
        nodes = {}
        for name, node in definition["nodes"].items():
            count = len(node["choices"])
            nodes[name] = {
                "ids": [opaque(seed, f"node {name}", index) for index in range(count)],
                "order": shuffle(seed, name, count) if shuffled else list(range(count)),
            }
        return {"nodes": nodes}

    def walk(self, definition: Definition, response: Any) -> tuple[list[tuple[str, int]], str]:
        """The situations passed, each with the choice made in it, and the situation where the learner stands now."""
        steps, name = [], definition["start"]
        for choice in response if isinstance(response, list) else []:
            choices = definition["nodes"][name]["choices"]
            if not is_index(choice, len(choices)):
                break
            steps.append((name, choice))
            name = choices[choice]["next"]
        return steps, name

    def shown(self, definition: Definition, layout: Layout, response: Any) -> dict[str, Any]:
        steps, name = self.walk(definition, response)
        node, placed = definition["nodes"][name], layout["nodes"][name]
        return {
            "step": len(steps),
            "path": [
                {"text": definition["nodes"][step]["text"], "choice": definition["nodes"][step]["choices"][choice]["text"]}
                for step, choice in steps
            ],
            "text": node["text"],
            "options": [{"id": placed["ids"][index], "text": node["choices"][index]["text"]} for index in placed["order"]],
            "ended": not node["choices"],
        }

    def read(self, definition: Definition, layout: Layout, data: FormData, before: Any) -> Any:
        steps, name = self.walk(definition, before)
        path = [choice for _name, choice in steps]
        # A page that is one step behind (a second tab, the back button) may not add to the path.
        if first(data, "stap") == f"{len(path)}" and first(data, "antwoord") in layout["nodes"][name]["ids"]:
            path.append(layout["nodes"][name]["ids"].index(first(data, "antwoord")))
        return path or None

    def tidy(self, definition: Definition, response: Any) -> list[int] | None:
        steps, _name = self.walk(definition, response)
        return [choice for _step, choice in steps] or None

    def complete(self, definition: Definition, response: Any) -> bool:
        return not definition["nodes"][self.walk(definition, response)[1]]["choices"]

    def _share(self, definition: Definition, response: list[int]) -> float:
        steps, _name = self.walk(definition, response)
        return sum(definition["nodes"][name]["choices"][choice]["score"] for name, choice in steps) / best_score(
            definition["nodes"], definition["start"]
        )

    def right(self, definition: Definition) -> list[int]:
        nodes, name, path = definition["nodes"], definition["start"], []
        while nodes[name]["choices"]:
            values = [choice["score"] + best_score(nodes, choice["next"]) for choice in nodes[name]["choices"]]
            path.append(values.index(max(values)))
            name = nodes[name]["choices"][path[-1]]["next"]
        return path

    def review(self, definition: Definition, layout: Layout, response: Any, *, reveal: bool) -> list[ReviewLine]:
        steps, name = self.walk(definition, response)
        lines = []
        for number, (step, choice) in enumerate(steps, start=1):
            choices = definition["nodes"][step]["choices"]
            made = choices[choice]
            values = [option["score"] + best_score(definition["nodes"], option["next"]) for option in choices]
            hit = values[choice] == max(values)
            lines.append(
                ReviewLine(
                    label=_("Keuze %(number)s") % {"number": number},
                    given=made["text"],
                    state=("right" if hit else "wrong") if reveal else "",
                    expected=choices[values.index(max(values))]["text"] if reveal and not hit else "",
                    feedback=made["feedback"],
                )
            )
        if steps and not definition["nodes"][name]["choices"]:
            lines.append(ReviewLine(label=_("Hoe het afliep"), feedback=definition["nodes"][name]["text"]))
        return lines

    def interaction(self, definition: Definition) -> dict[str, Any]:
        return {"interactionType": "other"}

    def response_text(self, definition: Definition, response: Any) -> str:
        steps, _name = self.walk(definition, response)
        return " > ".join(definition["nodes"][step]["choices"][choice]["text"] for step, choice in steps)


def best_score(nodes: dict[str, Any], name: str) -> float:
    """What the best path from here earns. The definition has no circles, and at most fifty situations."""
    known: dict[str, float] = {}

    def best(node: str) -> float:
        if node not in known:
            known[node] = max((choice["score"] + best(choice["next"]) for choice in nodes[node]["choices"]), default=0)
        return known[node]

    return best(name)


def _reached(nodes: dict[str, Any], start: str) -> set[str]:
    seen, todo = set(), [start]
    while todo:
        if (name := todo.pop()) not in seen:
            seen.add(name)
            todo += [choice["next"] for choice in nodes[name]["choices"]]
    return seen


def _has_circle(nodes: dict[str, Any], start: str) -> bool:
    done: set[str] = set()

    def circles(name: str, above: frozenset[str]) -> bool:
        if name in above:
            return True
        if name in done:
            return False
        found = any(circles(choice["next"], above | {name}) for choice in nodes[name]["choices"])
        done.add(name)
        return found

    return circles(start, frozenset())
