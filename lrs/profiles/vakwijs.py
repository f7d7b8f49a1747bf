"""Our own vocabulary: what no published profile has a word for."""

NAMESPACE = "https://vakwijs.example/xapi"

EVALUATED = f"{NAMESPACE}/verbs/evaluated"  # filled in the course evaluation
JUDGED = f"{NAMESPACE}/verbs/judged"  # a teacher judged handed-in work; result.success says sufficient or not
WITHDREW = f"{NAMESPACE}/verbs/withdrew"  # left a course
