"""What stands in a PDF, read in a process of its own: a hostile file may use up that process, never the site.

Run as a program: the PDF comes in on standard input, one JSON object goes out. It knows nothing of Django, and limits itself first.
"""

import io
import json
import resource
import sys
from typing import Any

SECONDS, MEMORY = 8, 700 * 1024 * 1024
PAGES, LONGEST_TEXT, LARGEST_ATTACHMENT, MOST_ATTACHMENTS = 3, 20_000, 500_000, 10


def read(content: bytes) -> dict[str, Any]:
    """Title, author, the day it was made, the first pages' text, and small attachments as text; what cannot be read is left out."""
    # Heavy, and of use in this process alone.
    from pypdf import PdfReader  # noqa: PLC0415

    reader = PdfReader(io.BytesIO(content))
    if reader.is_encrypted and not reader.decrypt(""):
        return {"locked": True}
    about = reader.metadata
    found: dict[str, Any] = {"pages": len(reader.pages)}
    if about:
        found |= {"title": str(about.title or "")[:300], "author": str(about.author or "")[:300]}
    found["text"] = "\n".join(reader.pages[number].extract_text() for number in range(min(PAGES, len(reader.pages))))[:LONGEST_TEXT]
    found["attachments"] = _attachments(reader)
    return found


def _attachments(reader: Any) -> list[str]:
    texts = []
    for attachment in list(reader.attachment_list)[:MOST_ATTACHMENTS]:
        content = attachment.content or b""
        if len(content) <= LARGEST_ATTACHMENT:
            texts.append(content.decode("utf-8", "replace"))
    return texts


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    json.dump(read(sys.stdin.buffer.read()), sys.stdout)
