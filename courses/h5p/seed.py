"""Our own H5P packages: built at set-up from our content types (`frontend/h5p/libraries`) and content in YAML."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

from accounts.models import Organisation, User
from courses.h5p.install import import_package
from courses.models import H5PContent, H5PLibrary

DEMO = Path(__file__).resolve().parent.parent / "demo"
BASE_LIBRARY = "Vakwijs.Base"
TYPES = {
    "flashcards": "Vakwijs.Flashcards",
    "sort": "Vakwijs.Sort",
    "sequence": "Vakwijs.Sequence",
    "match": "Vakwijs.Match",
    "scenario": "Vakwijs.Scenario",
    "choice": "Vakwijs.Choice",
    "statements": "Vakwijs.Statements",
    "dialogue": "Vakwijs.Dialogue",
}
# The same source gives the same bytes, so building again changes nothing.
DATE = (2026, 1, 1, 0, 0, 0)


class ContentRefused(Exception):
    """The YAML is not content for one of our types; the message names the file and what is wrong."""


def build_package(yaml_path: Path) -> bytes:
    """A complete .h5p package, libraries included, of the exercise in this YAML file. Raises ContentRefused."""
    source = yaml.safe_load(yaml_path.read_text(encoding="utf-8"))
    kind = source.get("type") if isinstance(source, dict) else None
    if kind not in TYPES:
        raise ContentRefused(f"{yaml_path}: type is {kind!r}, not one of {', '.join(TYPES)}")
    main = TYPES[kind]
    libraries = [main, BASE_LIBRARY]
    definition = {
        "title": source["title"],
        "language": source.get("language", "nl"),
        "mainLibrary": main,
        "embedTypes": ["div"],
        "license": "U",
        "defaultLanguage": source.get("language", "nl"),
        "preloadedDependencies": [_dependency(name) for name in libraries],
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        _write(archive, "h5p.json", json.dumps(definition, ensure_ascii=False).encode())
        _write(archive, "content/content.json", json.dumps(_parameters(source, yaml_path), ensure_ascii=False).encode())
        for name in libraries:
            manifest = _manifest(name)
            folder = f"{name}-{manifest['majorVersion']}.{manifest['minorVersion']}"
            for file in sorted(_library_folder(name).rglob("*")):
                if file.is_file():
                    _write(archive, f"{folder}/{file.relative_to(_library_folder(name)).as_posix()}", file.read_bytes())
    return buffer.getvalue()


def _write(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, date_time=DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)


def _library_folder(name: str) -> Path:
    return Path(settings.BASE_DIR) / "frontend" / "h5p" / "libraries" / name


def _manifest(name: str) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((_library_folder(name) / "library.json").read_text(encoding="utf-8"))
    return manifest


def _dependency(name: str) -> dict[str, Any]:
    manifest = _manifest(name)
    return {"machineName": name, "majorVersion": manifest["majorVersion"], "minorVersion": manifest["minorVersion"]}


def _parameters(source: dict[str, Any], path: Path) -> dict[str, Any]:
    """The YAML as the content type wants it: without the heading, and with lists where YAML has names."""
    parameters = {key: _plain(value) for key, value in source.items() if key not in {"type", "title", "language"}}
    kind = source["type"]
    if kind == "scenario":
        nodes = source["nodes"]
        parameters["nodes"] = [{"id": str(name), **_plain(node)} for name, node in nodes.items()]
        named = {str(name) for name in nodes}
        loose = {str(choice["next"]) for node in nodes.values() for choice in node.get("choices") or []} | {str(source["start"])}
        if loose - named:
            raise ContentRefused(f"{path}: there is no node {', '.join(sorted(loose - named))}")
    if kind == "sort":
        named = {str(pile["id"]) for pile in source["categories"]}
        loose = {str(item["category"]) for item in source["items"]}
        if loose - named:
            raise ContentRefused(f"{path}: there is no category {', '.join(sorted(loose - named))}")
        parameters["categories"] = [{**pile, "id": str(pile["id"])} for pile in parameters["categories"]]
        parameters["items"] = [{**item, "category": str(item["category"])} for item in parameters["items"]]
    return parameters


def _plain(value: Any) -> Any:
    """Values as JSON has them: text stripped of the newline that YAML's blocks end with."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return value if isinstance(value, bool | int | float) or value is None else str(value)


# --- The demo -----------------------------------------------------------------------------------------------------


def demo_sources() -> Iterator[tuple[str, Path]]:
    """Each exercise of the demo curricula: its slug, `<course>/<exercise>`, and its YAML."""
    for path in sorted(DEMO.glob("*/h5p/*.yaml")):
        yield f"{path.parent.parent.name}/{path.stem}", path


def install_demo_packages(*, organisation: Organisation | None = None, by: User | None = None) -> dict[str, H5PContent]:
    """Build and install every exercise of the demo; answers the content by slug. Again changes nothing that is the same."""
    installed = {}
    for slug, path in demo_sources():
        present = H5PContent.objects.filter(slug=slug).first()
        version = import_package(
            io.BytesIO(build_package(path)),
            filename=f"{path.stem}.h5p",
            by=by,
            organisation=organisation,
            content=present,
            may_install=True,
            slug=slug,
            origin=H5PLibrary.Origin.OWN,
        )
        installed[slug] = version.content
    return installed


def demo_content(course_slug: str, package_slug: str) -> H5PContent:
    """The content that an activity of the demo names as its `package`."""
    return H5PContent.objects.get(slug=f"{course_slug}/{package_slug}")
