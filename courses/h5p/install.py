"""Installing a package: its libraries by hash, its content as a new version, all of it or nothing."""

import uuid
from collections.abc import Callable, Mapping
from functools import partial
from typing import IO, Any

from django.core.files import File
from django.core.files.storage import Storage, storages
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Organisation, User
from courses.h5p.archive import PackageRefused, Unpacked
from courses.h5p.package import (
    LibraryName,
    Package,
    PackagedLibrary,
    dependencies_in,
    dumps,
    is_addon_for,
    libraries_named_in,
    open_package,
)
from courses.h5p.sanitise import Cleaning
from courses.models import H5PContent, H5PLibrary, H5PVersion, H5PVersionLibrary

# Draws nothing itself: authors of interactive video use it as a label. Old packages name it without bringing it.
OPTIONAL = {"H5P.Nil"}


def import_package(
    source: IO[bytes],
    *,
    filename: str,
    by: User | None = None,
    organisation: Organisation | None = None,
    content: H5PContent | None = None,
    may_install: bool,
    title: str = "",
    slug: str = "",
    origin: str = H5PLibrary.Origin.UPLOAD,
) -> H5PVersion:
    """Check a package and keep it: as the next version of `content`, or as new content of the organisation.

    Without `may_install` the package may only use libraries that are installed already; what it brings is left out.
    The same package again gives the version that is there. Raises PackageRefused; then nothing of it is kept.
    """
    with open_package(source, filename=filename) as package:
        keep = partial(
            _keep,
            package,
            by=by,
            organisation=organisation,
            content=content,
            may_install=may_install,
            title=title,
            slug=slug,
            origin=origin,
        )
        try:
            try:
                return keep()
            except IntegrityError:
                return keep()  # someone installed the same library at the same moment; now it is there
        except PackageRefused as refusal:
            refusal.main_library = str(package.main_library)
            raise


def _keep(
    package: Package,
    *,
    by: User | None,
    organisation: Organisation | None,
    content: H5PContent | None,
    may_install: bool,
    title: str,
    slug: str,
    origin: str,
) -> H5PVersion:
    scope = content.versions.all() if content else H5PVersion.objects.filter(content__organisation=organisation, content__slug=slug)
    same = scope.filter(package_sha256=package.sha256).order_by("-number").first()
    if same is not None and same == same.content.latest:
        return same
    kept = _KeptFiles(storages["private"])
    try:
        with transaction.atomic():
            builds = _Builds(package, may_install=may_install, install=lambda library: _install(library, kept, by=by, origin=origin))
            order = builds.in_loading_order()
            cleaning = Cleaning(semantics_of=builds.semantics_of, files=package.content_files.keys())
            parameters = cleaning.clean(package.parameters, package.main_library)
            if content is None:
                content = H5PContent.objects.create(title=title or package.title, organisation=organisation, created_by=by, slug=slug)
            else:
                content = H5PContent.objects.select_for_update().get(pk=content.pk)
            latest = content.latest
            version = H5PVersion(
                content=content,
                number=latest.number + 1 if latest else 1,
                title=package.title,
                language=package.language,
                main_library=builds.build(package.main_library),
                parameters=dumps(parameters),
                metadata=package.metadata,
                notes=list(dict.fromkeys([*package.notes, *builds.notes, *cleaning.notes]))[:40],
                package_sha256=package.sha256,
                created_by=by,
            )
            version.files = kept.keep(package.content_files, folder="content")
            version.save()
            H5PVersionLibrary.objects.bulk_create(
                H5PVersionLibrary(version=version, library=library, order=number) for number, library in enumerate(order)
            )
            return version
    except BaseException:
        kept.discard()
        raise


class _KeptFiles:
    """Writes files to the private storage, and can take back all that it wrote."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.written: list[str] = []

    def keep(self, files: Mapping[str, Unpacked], *, folder: str) -> dict[str, dict[str, Any]]:
        # Under a name that nobody can guess and no other install shares, so that taking it back harms nobody; below it
        # by content, so that no name out of a package ever becomes a name on our disk.
        folder = f"h5p/{folder}/{uuid.uuid4().hex}"
        stored: dict[str, str] = {}
        for file in files.values():
            if file.sha256 not in stored:
                with file.path.open("rb") as opened:
                    stored[file.sha256] = self.storage.save(f"{folder}/{file.sha256}", File(opened))
                self.written.append(stored[file.sha256])
        return {path: {"stored": stored[file.sha256], "size": file.size, "sha256": file.sha256} for path, file in sorted(files.items())}

    def discard(self) -> None:
        for name in self.written:
            self.storage.delete(name)


def _install(library: PackagedLibrary, kept: _KeptFiles, *, by: User | None, origin: str) -> H5PLibrary:
    """Keep a build that is not there yet. It becomes the default when it is the first, or a newer patch: never a downgrade."""
    default = default_build(library.name)
    is_default = default is None or library.patch > default.patch
    if default is not None and library.patch == default.patch:
        is_default = origin == default.origin == H5PLibrary.Origin.OWN  # our own source moved on between two releases
    if default is not None and is_default:
        H5PLibrary.objects.filter(pk=default.pk).update(is_default=False)
    return H5PLibrary.objects.create(
        machine_name=library.name.machine_name,
        major=library.name.major,
        minor=library.name.minor,
        patch=library.patch,
        title=library.title,
        hash=library.hash,
        runnable=library.runnable,
        manifest=library.manifest,
        semantics=library.semantics,
        files=kept.keep(library.files, folder="libraries"),
        is_default=is_default,
        origin=origin,
        installed_by=by,
    )


def default_build(name: LibraryName) -> H5PLibrary | None:
    """The build that serves packages which bring none themselves."""
    return H5PLibrary.objects.filter(machine_name=name.machine_name, major=name.major, minor=name.minor, is_default=True).first()


class _Builds:
    """Which exact build of each library this content plays with."""

    def __init__(self, package: Package, *, may_install: bool, install: Callable[[PackagedLibrary], H5PLibrary]) -> None:
        self.package = package
        self.notes: list[str] = []
        self._chosen: dict[LibraryName, H5PLibrary | None] = {}
        self._install = install
        self._may_install = may_install
        if may_install:
            for library in package.libraries.values():
                self._choose(library.name)

    def build(self, name: LibraryName) -> H5PLibrary:
        build = self._choose(name)
        if build is None:
            raise PackageRefused([self._missing(name)])
        return build

    def semantics_of(self, name: LibraryName) -> list[Any] | None:
        build = self._choose(name)
        return build.semantics if build else None

    def _choose(self, name: LibraryName) -> H5PLibrary | None:
        if name not in self._chosen:
            self._chosen[name] = self._choose_now(name)
        return self._chosen[name]

    def _choose_now(self, name: LibraryName) -> H5PLibrary | None:
        brought = self.package.libraries.get(name)
        default = default_build(name)
        if brought is None:
            return default
        if not self._may_install:
            return H5PLibrary.objects.filter(hash=brought.hash).first() or default
        if default is not None and default.patch > brought.patch:
            self.notes.append(
                _("Van %(name)s is hier al een nieuwere reparatieversie (%(patch)s); die wordt gebruikt.")
                % {"name": name, "patch": default.patch}
            )
            return default
        same = H5PLibrary.objects.filter(hash=brought.hash).first()
        if same is None and default is not None and default.patch == brought.patch:
            self.notes.append(
                _("%(name)s in dit pakket wijkt af van de geïnstalleerde; alleen deze inhoud gebruikt de afwijkende.") % {"name": name}
            )
        return same or self._install(brought)

    def in_loading_order(self) -> list[H5PLibrary]:
        """Every build that is needed to play, each after those it depends on. Raises PackageRefused for what is missing."""
        reasons: list[str] = []
        order: dict[LibraryName, H5PLibrary] = {}
        in_content = sorted(libraries_named_in(self.package.parameters))
        wanted = [(name, "h5p.json") for name in self.package.dependencies]
        wanted += [(name, "content/content.json") for name in in_content if not name.is_for_editor and not self._is_optional(name)]
        for name, needed_by in wanted:
            self._visit(name, needed_by, order, reasons)
        for name in self._addons():
            self._visit(name, "content/content.json", order, reasons)
        if reasons:
            raise PackageRefused(reasons)
        return list(order.values())

    def _addons(self) -> list[LibraryName]:
        """Libraries that nobody names but that this content needs to be read, for instance one that draws formulas."""
        known = {name: build.manifest for name in self.package.libraries if (build := self._choose(name)) is not None}
        # Of those installed here the newest; a build that came along goes before it.
        brought = {name.machine_name for name in known}
        for build in H5PLibrary.objects.filter(is_default=True, manifest__has_key="addTo").order_by("machine_name", "major", "minor"):
            if build.machine_name not in brought:
                name = LibraryName(build.machine_name, build.major, build.minor)
                known = {other: manifest for other, manifest in known.items() if other.machine_name != name.machine_name}
                known[name] = build.manifest
        return sorted(
            name for name, manifest in known.items() if not name.is_for_editor and is_addon_for(manifest, self.package.parameters)
        )

    def _visit(self, name: LibraryName, needed_by: str, order: dict[LibraryName, H5PLibrary], reasons: list[str]) -> None:
        # Without recursion: a hostile package can chain thousands of libraries, or let them depend in a circle.
        entered: set[LibraryName] = set(order)
        stack = [(name, needed_by, False)]
        while stack:
            current, source, is_done = stack.pop()
            if is_done:
                if (build := self._choose(current)) is not None:
                    order[current] = build
                continue
            if current in entered:
                continue
            entered.add(current)
            build = self._choose(current)
            if build is None:
                reasons.append(self._missing(current, needed_by=source))
                continue
            stack.append((current, source, True))
            stack.extend((dependency, current.machine_name, False) for dependency in reversed(dependencies_in(build.manifest)))

    def _is_optional(self, name: LibraryName) -> bool:
        return name.machine_name in OPTIONAL and self._choose(name) is None

    def _missing(self, name: LibraryName, *, needed_by: str = "") -> str:
        if name in self.package.libraries and not self._may_install:
            return _(
                "%(name)s: deze bibliotheek is hier niet geïnstalleerd. Vraag iemand die H5P-bibliotheken mag installeren om dit pakket te uploaden."
            ) % {"name": name}
        if needed_by:
            return _(
                "%(name)s: deze bibliotheek is nodig voor %(needed_by)s, maar zit niet in het pakket en is hier niet geïnstalleerd."
            ) % {"name": name, "needed_by": needed_by}
        return _("%(name)s: deze bibliotheek zit niet in het pakket en is hier niet geïnstalleerd.") % {"name": name}


def make_default(library: H5PLibrary) -> None:
    """Let this build serve packages that bring none themselves. Content that is there keeps what it pinned."""
    with transaction.atomic():
        H5PLibrary.objects.filter(machine_name=library.machine_name, major=library.major, minor=library.minor, is_default=True).update(
            is_default=False
        )
        H5PLibrary.objects.filter(pk=library.pk).update(is_default=True)
