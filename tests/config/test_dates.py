import re
from pathlib import Path

from django.conf import settings

# Django writes these with a capital, as English does: "22 Nov".
CAPITALISED = re.compile(r"""\bdate:["'][^"']*[MN]""")


def test_no_template_writes_a_month_with_a_capital():
    assert CAPITALISED.search('{{ day|date:"j M Y" }}')

    rooms = [room for room in Path(settings.BASE_DIR).iterdir() if (room / "templates").is_dir()]
    found = [str(path) for room in rooms for path in room.glob("templates/**/*.html") if CAPITALISED.search(path.read_text())]

    assert rooms
    assert found == []
