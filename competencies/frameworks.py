"""Which competencies there are, for authors who link a lesson's objective to them."""

from competencies.models import Competency


def choices() -> list[tuple[str, str]]:
    """(code, label) of every competency, grouped by framework in its order."""
    return [
        (competency.code, f"{competency.name} ({competency.framework.name})")
        for competency in Competency.objects.select_related("framework").order_by("framework__name", "order")
    ]
