"""An open question. In a test a teacher marks it; when practising the learner compares it with the model answer.

Points: what the teacher gives.
"""

from typing import Any

from django.utils.translation import gettext as _, gettext_lazy

from courses.questions.types.base import Definition, FormData, Layout, QuestionType, Reader, ReviewLine, first

MAX_ANSWER = 20_000


class Open(QuestionType):
    code = "open"
    label = gettext_lazy("Open vraag")
    marked_by_teacher = True

    def _clean(self, reader: Reader) -> Definition:
        return {
            "model_answer": reader.text("model_answer"),
            "max_words": int(reader.number("max_words", default=200, minimum=1, maximum=2000)),
        }

    def lay_out(self, definition: Definition, *, seed: str, shuffled: bool) -> Layout:
        return {}

    def shown(self, definition: Definition, layout: Layout, response: Any) -> dict[str, Any]:
        value = self.tidy(definition, response) or ""
        return {
            "value": value,
            "max_words": definition["max_words"],
            "words": len(value.split()),
            "too_long": len(value.split()) > definition["max_words"],
        }

    def read(self, definition: Definition, layout: Layout, data: FormData, before: Any) -> Any:
        return self.tidy(definition, first(data, "antwoord"))

    def tidy(self, definition: Definition, response: Any) -> str | None:
        # PostgreSQL cannot hold NUL in text or JSON.
        return (response.replace("\x00", "").strip()[:MAX_ANSWER] or None) if isinstance(response, str) else None

    def _share(self, definition: Definition, response: str) -> float:
        return 0.0

    def right(self, definition: Definition) -> str:
        return definition["model_answer"]

    def review(self, definition: Definition, layout: Layout, response: Any, *, reveal: bool) -> list[ReviewLine]:
        lines = [ReviewLine(label=_("Je antwoord"), given=self.tidy(definition, response) or "")]
        if reveal and definition["model_answer"]:
            lines.append(ReviewLine(label=_("Zo kan het ook"), feedback=definition["model_answer"]))
        return lines

    def interaction(self, definition: Definition) -> dict[str, Any]:
        return {"interactionType": "long-fill-in"}

    def response_text(self, definition: Definition, response: Any) -> str:
        return self.tidy(definition, response) or ""
