"""Our own vocabulary: what no published profile has a word for."""

NAMESPACE = "https://vakwijs.example/xapi"

EVALUATED = f"{NAMESPACE}/verbs/evaluated"  # filled in the course evaluation
JUDGED = f"{NAMESPACE}/verbs/judged"  # a teacher judged handed-in work; result.success says sufficient or not
WITHDREW = f"{NAMESPACE}/verbs/withdrew"  # left a course
VERBS = frozenset({EVALUATED, JUDGED, WITHDREW})

ATTEMPT = f"{NAMESPACE}/extensions/attempt"  # in the context: which attempt at the questions
H5P_INTERACTION = f"{NAMESPACE}/extensions/h5p-interaction"  # in the definition: the interaction as the content described it
