"""The types of question, by their code."""

from courses.questions.types.base import Definition, DefinitionRefused, Layout, QuestionType, ReviewLine
from courses.questions.types.case import Case
from courses.questions.types.choice import MultipleChoice, SingleChoice, TrueFalse
from courses.questions.types.fill_in import FillIn
from courses.questions.types.hotspot import Hotspot
from courses.questions.types.matching import Matching
from courses.questions.types.numeric import Numeric
from courses.questions.types.open import Open
from courses.questions.types.ordering import Ordering

TYPES: dict[str, QuestionType] = {
    kind.code: kind
    for kind in (SingleChoice(), MultipleChoice(), TrueFalse(), Matching(), Ordering(), FillIn(), Numeric(), Hotspot(), Open(), Case())
}

__all__ = ["TYPES", "Definition", "DefinitionRefused", "Layout", "QuestionType", "ReviewLine"]
