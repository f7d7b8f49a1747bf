"""Reading and checking an uploaded .h5p package, before anything of it is kept.

The rules are those of H5P core's validator where that is strict for a reason, and stricter on what can harm: content may
hold no SVG, XML, HTML or Flash. A refusal names each file and the rule it breaks.
"""

import hashlib
import json
import posixpath
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from courses.h5p.archive import PackageRefused, Unpacked, printable, unpack
from courses.h5p.jsons import JSONRefused, read_json
from courses.h5p.limits import Limits, limits

__all__ = ["CORE_API", "LibraryName", "Package", "PackageRefused", "PackagedLibrary", "libraries_named_in", "open_package"]

CORE_API = (1, 28)  # of the core in h5p-standalone 3.8.2
CONTENT_EXTENSIONS = frozenset(
    "json png jpg jpeg gif bmp tif tiff eot ttf woff woff2 otf webm mp4 ogg mp3 m4a wav txt pdf rtf doc docx xls xlsx ppt pptx odt ods odp"
    " csv diff patch md textile vtt webvtt gltf glb".split()
)
LIBRARY_EXTENSIONS = CONTENT_EXTENSIONS | frozenset("js css svg xml".split())
# H5P core refuses every other kind of file in a library too. We refuse what a browser or server might run and leave out
# the rest (LICENSE, .map, .scss, .swf of old players): it is never served, so it does no harm.
DANGEROUS_EXTENSIONS = frozenset(
    "html htm xhtml xht shtml mht mhtml hta php php3 php4 php5 php7 phtml phar asp aspx jsp cgi pl py rb sh bash bat cmd com exe msi dll so dylib jar class vbs ps1"
    " htaccess wasm".split()
)
LONGEST_SEARCHED = 4_000  # characters of a text; an addon's pattern is not ours
MACHINE_NAME = re.compile(r"[\w$][\w.\-$]{0,254}", re.ASCII)
LANGUAGE = re.compile(r"[-_a-zA-Z0-9]{1,16}", re.ASCII)
VERSIONED_NAME = re.compile(r"([\w$][\w.\-$]{0,254}) (\d{1,5})\.(\d{1,5})", re.ASCII)
# As in H5P core: only a file with such a name is a translation; some libraries carry leftovers beside them.
LANGUAGE_FILE = re.compile(r"language/(?:-?[a-z]+){1,7}\.json", re.ASCII | re.IGNORECASE)
EDITOR_PREFIX = "H5PEditor."


@dataclass(frozen=True, order=True)
class LibraryName:
    """A library as others depend on it: name, major and minor version."""

    machine_name: str
    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.machine_name} {self.major}.{self.minor}"

    @property
    def is_for_editor(self) -> bool:
        """Whether only the H5P editor uses it; the player never does, and core's player stumbles over it."""
        return self.machine_name.startswith(EDITOR_PREFIX)


@dataclass
class PackagedLibrary:
    """A library in a package: its cleaned library.json, semantics and files by their path within it."""

    name: LibraryName
    patch: int
    title: str
    runnable: bool
    manifest: dict[str, Any]
    semantics: list[Any] | None
    files: dict[str, Unpacked]

    @property
    def hash(self) -> str:
        """The identity of this build: the same files give the same hash, whatever package they came in."""
        listing = "\n".join(f"{path}\t{file.sha256}" for path, file in sorted(self.files.items()))
        return hashlib.sha256(f"{self.name}.{self.patch}\n{listing}".encode()).hexdigest()

    @property
    def dependencies(self) -> list[LibraryName]:
        return dependencies_in(self.manifest)


@dataclass
class Package:
    """A package that passed the checks. Its files lie in a temporary folder for as long as `open_package` is open."""

    title: str
    language: str
    main_library: LibraryName
    dependencies: list[LibraryName]
    metadata: dict[str, Any]
    parameters: dict[str, Any]
    content_files: dict[str, Unpacked]
    libraries: dict[LibraryName, PackagedLibrary]
    sha256: str
    notes: list[str] = field(default_factory=list)


@contextmanager
def open_package(source: IO[bytes], *, filename: str) -> Iterator[Package]:
    """Unpack and check a package. Raises PackageRefused with all reasons; leaves nothing behind either way."""
    if not filename.lower().endswith(".h5p"):
        raise PackageRefused([_("%(file)s: de naam van een H5P-pakket eindigt op .h5p.") % {"file": printable(filename)}])
    bounds = limits()
    with tempfile.TemporaryDirectory(prefix="h5p-") as folder:
        unpacking = unpack(source, into=Path(folder), limits=bounds)
        _scan(source, unpacking.files)
        package = _check(unpacking.files, bounds, sha256=_sha256(source))
        package.notes = [*unpacking.notes, *package.notes]
        yield package


def _sha256(source: IO[bytes]) -> str:
    source.seek(0)
    return hashlib.file_digest(source, "sha256").hexdigest()  # type: ignore[arg-type]


def _scan(source: IO[bytes], files: dict[str, Unpacked]) -> None:
    """Hand each unpacked file to the malware scanner of this installation (`H5P_MALWARE_SCANNER`), if there is one.

    The scanner is a callable that takes a path and answers what it found, or None.
    """
    name = getattr(settings, "H5P_MALWARE_SCANNER", None)
    if not name:
        return
    scan = import_string(name) if isinstance(name, str) else name
    found = [(file, finding) for file, unpacked in files.items() if (finding := scan(unpacked.path))]
    if found:
        raise PackageRefused(
            _("%(file)s: de virusscanner vond %(finding)s.") % {"file": printable(file), "finding": finding} for file, finding in found
        )


def _check(files: dict[str, Unpacked], bounds: Limits, *, sha256: str) -> Package:
    reasons: list[str] = []
    notes: list[str] = []
    definition = _required_json(files, "h5p.json", bounds, reasons)
    parameters = _required_json(files, "content/content.json", bounds, reasons)
    content_files = _content_files(files, reasons)
    libraries = _libraries(files, bounds, reasons, notes)
    title, language, main_name = "", "und", ""
    dependencies: list[LibraryName] = []
    if definition is not None:
        title, language, main_name, dependencies = _definition(definition, reasons, notes)
    main_library = next((name for name in dependencies if name.machine_name == main_name), None)
    if definition is not None and main_name and main_library is None:
        reasons.append(_("h5p.json: preloadedDependencies noemt de hoofdbibliotheek %(name)s niet.") % {"name": main_name})
    if reasons or main_library is None or definition is None or parameters is None:
        raise PackageRefused(reasons, main_library=str(main_library) if main_library else main_name or None)
    return Package(
        title=title,
        language=language,
        main_library=main_library,
        dependencies=dependencies,
        metadata={
            key: value
            for key, value in definition.items()
            if key not in {"preloadedDependencies", "dynamicDependencies", "editorDependencies"}
        },
        parameters=parameters,
        content_files=content_files,
        libraries=libraries,
        sha256=sha256,
        notes=notes,
    )


def _required_json(files: dict[str, Unpacked], name: str, bounds: Limits, reasons: list[str]) -> dict[str, Any] | None:
    if name not in files:
        inside = next((path for path in files if path.endswith("/" + name)), None) if name == "h5p.json" else None
        hint = _(" Er is wel een %(path)s: pak de inhoud van de map in, niet de map zelf.") % {"path": printable(inside)} if inside else ""
        reasons.append(_("%(file)s: dit bestand ontbreekt.") % {"file": name} + hint)
        return None
    try:
        value = read_json(files[name].path, limits=bounds)
    except JSONRefused as refusal:
        reasons.append(f"{name}: {refusal}")
        return None
    if not isinstance(value, dict):
        reasons.append(_("%(file)s: hier hoort een JSON-object te staan.") % {"file": name})
        return None
    return value


def extension_of(path: str) -> str:
    return posixpath.splitext(path)[1][1:].lower()


def _content_files(files: dict[str, Unpacked], reasons: list[str]) -> dict[str, Unpacked]:
    kept: dict[str, Unpacked] = {}
    for path, file in files.items():
        if not path.startswith("content/"):
            continue
        if extension_of(path) not in CONTENT_EXTENSIONS:
            kind = f".{extension_of(path)}" if extension_of(path) else _("zonder extensie")
            reasons.append(_("%(file)s: dit soort bestand (%(kind)s) mag niet in de inhoud.") % {"file": printable(path), "kind": kind})
        elif path != "content/content.json":
            kept[path.removeprefix("content/")] = file
    return kept


# --- h5p.json -----------------------------------------------------------------------------------------------------


def _definition(definition: dict[str, Any], reasons: list[str], notes: list[str]) -> tuple[str, str, str, list[LibraryName]]:
    def wrong(rule: str) -> None:
        reasons.append(f"h5p.json: {rule}")

    title = definition.get("title")
    if not _is_text(title, 255):
        wrong(_("title ontbreekt, of is geen tekst van 1 tot 255 tekens."))
    language = definition.get("language")
    if not isinstance(language, str) or not LANGUAGE.fullmatch(language):
        wrong(_("language ontbreekt of is geen taalcode, zoals nl of und."))
    main_name = definition.get("mainLibrary")
    if not isinstance(main_name, str) or not MACHINE_NAME.fullmatch(main_name):
        wrong(_("mainLibrary ontbreekt of is geen technische naam van een bibliotheek."))
        main_name = ""
    embed_types = definition.get("embedTypes")
    if not isinstance(embed_types, list) or not {"div", "iframe"} & {item for item in embed_types if isinstance(item, str)}:
        wrong(_("embedTypes ontbreekt, of noemt geen div of iframe."))
    if not definition.get("preloadedDependencies"):
        wrong(_("preloadedDependencies ontbreekt of is leeg."))
    dependencies = _dependencies(definition, "preloadedDependencies", wrong)
    if dropped := [name for name in dependencies if name.is_for_editor]:
        notes.append(_("Bibliotheken van de editor zijn weggelaten: %(names)s.") % {"names": ", ".join(map(str, dropped))})
    _dependencies(definition, "dynamicDependencies", wrong)
    playable = [name for name in dependencies if not name.is_for_editor]
    return str(title), str(language), main_name, playable


def _is_text(value: Any, longest: int) -> bool:
    return isinstance(value, str) and bool(value.strip()) and len(value) <= longest


def _number(value: Any) -> int | None:
    """A version number; packages write 1 as well as "1"."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,5}", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 99_999 else None


def _dependencies(manifest: dict[str, Any], key: str, wrong: Any) -> list[LibraryName]:
    listed = manifest.get(key)
    if not listed:  # absent, null, or the empty object that PHP makes of an empty list
        return []
    if not isinstance(listed, list):
        wrong(_("%(key)s is geen lijst.") % {"key": key})
        return []
    found = []
    for item in listed:
        if (name := _dependency(item)) is None:
            wrong(_("%(key)s: elke bibliotheek heeft een machineName, majorVersion en minorVersion.") % {"key": key})
        else:
            found.append(name)
    return list(dict.fromkeys(found))


def _dependency(item: Any) -> LibraryName | None:
    if not isinstance(item, dict):
        return None
    name, major, minor = item.get("machineName"), _number(item.get("majorVersion")), _number(item.get("minorVersion"))
    if not isinstance(name, str) or not MACHINE_NAME.fullmatch(name) or major is None or minor is None:
        return None
    return LibraryName(name, major, minor)


def dependencies_in(manifest: dict[str, Any]) -> list[LibraryName]:
    """What a library (by its checked library.json) needs to play; the editor's libraries are left out."""
    names = [_dependency(item) for item in manifest.get("preloadedDependencies") or []]
    return [name for name in names if name is not None and not name.is_for_editor]


# --- Libraries ----------------------------------------------------------------------------------------------------


def _libraries(files: dict[str, Unpacked], bounds: Limits, reasons: list[str], notes: list[str]) -> dict[LibraryName, PackagedLibrary]:
    folders: dict[str, dict[str, Unpacked]] = {}
    for path, file in files.items():
        folder, slash, rest = path.partition("/")
        if slash and folder != "content":
            folders.setdefault(folder, {})[rest] = file
    libraries: dict[LibraryName, PackagedLibrary] = {}
    for folder, inside in folders.items():
        if folder.startswith(EDITOR_PREFIX):
            continue  # never installed: there is no H5P editor here
        library = _library(folder, inside, bounds, reasons, notes)
        if library is None:
            continue
        if library.name in libraries:
            reasons.append(
                _("%(folder)s: bibliotheek %(name)s staat twee keer in het pakket.") % {"folder": printable(folder), "name": library.name}
            )
        libraries[library.name] = library
    return libraries


def _library(folder: str, files: dict[str, Unpacked], bounds: Limits, reasons: list[str], notes: list[str]) -> PackagedLibrary | None:
    before = len(reasons)
    where = f"{printable(folder)}/library.json"

    def wrong(rule: str, file: str = "library.json") -> None:
        reasons.append(f"{printable(folder)}/{printable(file)}: {rule}")

    kept = _library_files(folder, files, wrong, notes)
    manifest = _library_json(kept, "library.json", bounds, wrong)
    if manifest is None:
        return None
    if not isinstance(manifest, dict):
        reasons.append(_("%(file)s: hier hoort een JSON-object te staan.") % {"file": where})
        return None

    if not _is_text(manifest.get("title"), 255):
        wrong(_("title ontbreekt, of is geen tekst van 1 tot 255 tekens."))
    machine_name = manifest.get("machineName")
    if not isinstance(machine_name, str) or not MACHINE_NAME.fullmatch(machine_name):
        wrong(_("machineName ontbreekt of heeft een verboden vorm."))
        return None
    numbers = {key: _number(manifest.get(key)) for key in ("majorVersion", "minorVersion", "patchVersion")}
    for key, number in numbers.items():
        if number is None:
            wrong(_("%(key)s ontbreekt of is geen getal.") % {"key": key})
    if manifest.get("runnable") not in (0, 1, "0", "1"):
        wrong(_("runnable ontbreekt of is geen 0 of 1."))
    if len(reasons) > before:
        return None
    major, minor, patch = (int(numbers[key] or 0) for key in ("majorVersion", "minorVersion", "patchVersion"))
    name = LibraryName(machine_name, major, minor)
    # Some systems write the patch version into the folder's name as well.
    if folder not in {machine_name, f"{machine_name}-{major}.{minor}", f"{machine_name}-{major}.{minor}.{patch}"}:
        wrong(_("de map hoort %(name)s of %(name)s-%(major)s.%(minor)s te heten.") % {"name": machine_name, "major": major, "minor": minor})
    _check_core_api(manifest, wrong)
    clean = {
        **{
            key: manifest[key]
            for key in ("title", "machineName", "author", "license", "description", "fullscreen")
            if _is_plain(manifest.get(key))
        },
        "majorVersion": major,
        "minorVersion": minor,
        "patchVersion": patch,
        "preloadedJs": _assets(manifest, "preloadedJs", kept, wrong),
        "preloadedCss": _assets(manifest, "preloadedCss", kept, wrong),
        "dropLibraryCss": [
            item["machineName"]
            for item in _list(manifest.get("dropLibraryCss"))
            if isinstance(item, dict) and isinstance(item.get("machineName"), str)
        ],
    }
    for key in ("preloadedDependencies", "dynamicDependencies", "editorDependencies"):
        clean[key] = [
            {"machineName": dep.machine_name, "majorVersion": dep.major, "minorVersion": dep.minor}
            for dep in _dependencies(manifest, key, wrong)
        ]
    if patterns := _addon_patterns(manifest):
        clean["addTo"] = patterns
    semantics = _library_json(kept, "semantics.json", bounds, wrong) if "semantics.json" in kept else None
    if semantics is not None and not isinstance(semantics, list):
        wrong(_("hier hoort een JSON-lijst te staan."), "semantics.json")
    for path in kept:
        if LANGUAGE_FILE.fullmatch(path):
            _library_json(kept, path, bounds, wrong)
    if len(reasons) > before:
        return None
    runnable = str(int(manifest["runnable"])) == "1"
    return PackagedLibrary(name, patch, manifest["title"], runnable, clean, semantics, kept)


def _library_files(folder: str, files: dict[str, Unpacked], wrong: Any, notes: list[str]) -> dict[str, Unpacked]:
    kept, left_out = {}, []
    for path, file in files.items():
        extension = extension_of(path)
        if extension in DANGEROUS_EXTENSIONS:
            wrong(_("dit soort bestand (.%(kind)s) mag niet in een bibliotheek.") % {"kind": extension}, path)
        elif extension in LIBRARY_EXTENSIONS:
            kept[path] = file
        else:
            left_out.append(path)
    if left_out:
        shown = ", ".join(printable(path) for path in left_out[:5])
        notes.append(_("%(folder)s: niet nodig om te spelen en weggelaten: %(files)s.") % {"folder": printable(folder), "files": shown})
    return kept


def _library_json(files: dict[str, Unpacked], path: str, bounds: Limits, wrong: Any) -> Any:
    if path not in files:
        wrong(_("dit bestand ontbreekt."), path)
        return None
    try:
        return read_json(files[path].path, limits=bounds)
    except JSONRefused as refusal:
        wrong(str(refusal), path)
        return None


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _check_core_api(manifest: dict[str, Any], wrong: Any) -> None:
    needs = manifest.get("coreApi")
    if not needs:
        return
    major, minor = (_number(needs.get(key)) for key in ("majorVersion", "minorVersion")) if isinstance(needs, dict) else (None, None)
    if major is None or minor is None:
        wrong(_("coreApi heeft geen majorVersion en minorVersion."))
    elif (major, minor) > CORE_API:
        wrong(
            _("deze bibliotheek vraagt H5P core %(major)s.%(minor)s; hier draait %(ours)s.")
            % {"major": major, "minor": minor, "ours": "{}.{}".format(*CORE_API)}
        )


def _assets(manifest: dict[str, Any], key: str, files: dict[str, Unpacked], wrong: Any) -> list[str]:
    """The scripts or styles that load with the library, as paths that exist in it."""
    listed = manifest.get(key)
    if not listed:
        return []
    if not isinstance(listed, list):
        wrong(_("%(key)s is geen lijst.") % {"key": key})
        return []
    suffix = ".js" if key == "preloadedJs" else ".css"
    found = []
    for item in listed:
        path = item.get("path") if isinstance(item, dict) else None
        if not isinstance(path, str):
            wrong(_("%(key)s: elk onderdeel heeft een path.") % {"key": key})
            continue
        if not path.strip():
            continue
        # Some old packages were made on Windows, or start their paths with a slash.
        plain = posixpath.normpath(path.strip().replace("\\", "/").lstrip("/"))
        if plain.startswith("..") or not plain.lower().endswith(suffix):
            wrong(
                _("%(key)s: %(path)s is geen pad naar een %(suffix)s-bestand in de bibliotheek.")
                % {"key": key, "path": printable(path), "suffix": suffix}
            )
        elif plain not in files:
            wrong(_("%(key)s: %(path)s staat niet in het pakket.") % {"key": key, "path": printable(path)})
        else:
            found.append(plain)
    return found


# --- Addons: libraries that content does not name, but that show what is in it -----------------------------------


def _addon_patterns(manifest: dict[str, Any]) -> list[str]:
    """The patterns of `addTo`: the library belongs to content with a text that one of them fits, such as a formula."""
    add_to = manifest.get("addTo")
    content = add_to.get("content") if isinstance(add_to, dict) else None
    types = content.get("types") if isinstance(content, dict) else None
    texts = [item.get("text") for item in _list(types) if isinstance(item, dict)]
    return [text["regex"] for text in texts if isinstance(text, dict) and isinstance(text.get("regex"), str) and len(text["regex"]) <= 300]


def is_addon_for(manifest: dict[str, Any], parameters: Any) -> bool:
    """Whether a library (by its checked library.json) adds something to this content."""
    patterns = [pattern for text in manifest.get("addTo") or [] if (pattern := _pattern(text)) is not None]
    return bool(patterns) and any(pattern.search(text) for text in _texts(parameters) for pattern in patterns)


def _pattern(text: str) -> re.Pattern[str] | None:
    """A pattern as PHP writes it, with its delimiters: `/\\$\\$.+\\$\\$/i`. None for one that Python does not know."""
    delimited = re.fullmatch(r"/(.+)/([a-zA-Z]*)", text, re.DOTALL)
    try:
        return re.compile(delimited[1], re.IGNORECASE if "i" in delimited[2] else 0) if delimited else None
    except (re.error, RecursionError, OverflowError):
        return None


def _texts(parameters: Any) -> Iterator[str]:
    waiting = [parameters]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value[:LONGEST_SEARCHED]
        elif isinstance(value, list | dict):
            waiting.extend(value if isinstance(value, list) else value.values())


# --- Libraries that content names ---------------------------------------------------------------------------------


def libraries_named_in(parameters: Any) -> set[LibraryName]:
    """The libraries of sub-content: every object with a `library` of the form `H5P.Image 1.1`."""
    found: set[LibraryName] = set()
    waiting = [parameters]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict):
            waiting.extend(value.values())
            library = value.get("library")
            if isinstance(library, str) and (match := VERSIONED_NAME.fullmatch(library)) and ("params" in value or "subContentId" in value):
                found.add(LibraryName(match[1], int(match[2]), int(match[3])))
    return found


def dumps(value: Any) -> str:
    """JSON as we keep and hand it out: compact, keys in the order of the package."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
