"""What every installation needs of this room: professions, regions, and the editor's groups."""

from accounts import editors
from accounts.models import Profession, Region

PROFESSIONS = [
    ("vpk", "Verpleegkundige"),
    ("vs-agz", "Verpleegkundig specialist AGZ"),
    ("vs-ggz", "Verpleegkundig specialist GGZ"),
    ("vig", "Verzorgende IG"),
    ("bedrijfsarts", "Bedrijfsarts"),
    ("kag-io", "Klinisch arbeidsgeneeskundige in opleiding"),
    ("kag", "Klinisch arbeidsgeneeskundige"),
    ("arts", "Arts"),
    ("overig", "Ander beroep"),
]

# Course files say `vs` where both kinds of nurse specialist are meant.
PROFESSION_GROUPS = {"vs": ["vs-agz", "vs-ggz"]}

# Seven regions, each round a university hospital. In which six of them a fixed contact person works is the monitor's business.
REGIONS = [
    ("amsterdam", "Regio Amsterdam"),
    ("groningen", "Regio Groningen"),
    ("leiden", "Regio Leiden"),
    ("maastricht", "Regio Maastricht"),
    ("nijmegen", "Regio Nijmegen"),
    ("rotterdam", "Regio Rotterdam"),
    ("utrecht", "Regio Utrecht"),
]


def load() -> None:
    """Add what is missing; names that an administrator changed stay."""
    for order, (code, name) in enumerate(PROFESSIONS, start=1):
        Profession.objects.get_or_create(code=code, defaults={"name": name, "order": order})
    for code, name in REGIONS:
        Region.objects.get_or_create(code=code, defaults={"name": name})
    editors.make_groups()


def profession_codes(code: str) -> list[str]:
    """The professions that a code in a course file stands for."""
    return PROFESSION_GROUPS.get(code, [code])
