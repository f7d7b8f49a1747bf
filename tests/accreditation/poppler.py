"""Tools of others that look at our PDFs. `make test` brings them; where they are missing a test is passed over, but never in CI."""

import os
from shutil import which

import pytest


def needs(tool: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(which(tool) is None and not os.environ.get("CI"), reason=f"needs {tool}: install poppler-utils")
