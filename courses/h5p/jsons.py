"""JSON by someone else: whatever it holds, the answer is a value or a reason, never a crash."""

import json
import math
import re
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from courses.h5p.limits import Limits


class JSONRefused(Exception):
    """The file is not JSON that we can keep; the message is the reason."""


def read_json(path: Path, *, limits: Limits) -> Any:
    """The value in a JSON file, with strings that every database can keep. Raises JSONRefused."""
    if path.stat().st_size > limits.json_bytes:
        raise JSONRefused(_("meer dan %(limit)s MB JSON mag niet.") % {"limit": limits.json_bytes // 1_000_000})
    try:
        text = path.read_bytes().decode("utf-8-sig")
        value = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except UnicodeDecodeError as error:
        raise JSONRefused(_("dit is geen UTF-8.")) from error
    except RecursionError as error:
        raise JSONRefused(_("de JSON is te diep genest.")) from error
    except ValueError as error:
        raise JSONRefused(_("dit is geen geldige JSON (%(error)s).") % {"error": str(error)[:120]}) from error
    return _keepable(value, depth=limits.json_depth)


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text[:20])
    return number


# Lone halves of a surrogate pair, and NUL: JSON may escape them, PostgreSQL and UTF-8 cannot hold them.
_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")


def _keepable(value: Any, *, depth: int) -> Any:
    if depth < 0:
        raise JSONRefused(_("de JSON is te diep genest."))
    if isinstance(value, str):
        return _UNKEEPABLE.sub("", value)
    if isinstance(value, list):
        return [_keepable(item, depth=depth - 1) for item in value]
    if isinstance(value, dict):
        return {_UNKEEPABLE.sub("", key): _keepable(item, depth=depth - 1) for key, item in value.items()}
    return value
