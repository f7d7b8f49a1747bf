"""Which H5P content and libraries there are, who may see them, and where they are used."""

from django.core.files.storage import storages
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Organisation, User
from accounts.permissions import Action, may, organisations_where
from courses.models import H5PContent, H5PLibrary, H5PVersion, ReleaseActivity


class LibraryInUse(Exception):
    """Content plays with this build; it cannot be removed."""


def content_for(user: User) -> QuerySet[H5PContent]:
    """The content an author may use: of their own organisations, and what belongs to everyone."""
    theirs = organisations_where(user, Action.AUTHOR_COURSES)
    if not theirs.exists() and not user.is_superuser:
        return H5PContent.objects.none()
    return H5PContent.objects.filter(Q(organisation__in=theirs) | Q(organisation=None))


def may_change(user: User, content: H5PContent) -> bool:
    """Whether this person may bring a next version; content of everyone is the superusers'."""
    if content.organisation is None:
        return bool(user.is_active and user.is_superuser)
    return may(user, Action.AUTHOR_COURSES, content.organisation)


def may_install_for(user: User, organisation: Organisation | None) -> bool:
    """Whether what this person uploads for the organisation may bring libraries along."""
    return may(user, Action.INSTALL_H5P_LIBRARIES, organisation) if organisation else bool(user.is_active and user.is_superuser)


def uses_of(content: H5PContent) -> QuerySet[ReleaseActivity]:
    """The released activities that show a version of this content."""
    numbers = list(content.versions.values_list("pk", flat=True))
    return ReleaseActivity.objects.filter(kind="h5p", settings__version__in=numbers).select_related("release", "lesson")


def installed_libraries() -> QuerySet[H5PLibrary]:
    """Every build with the number of content versions that play with it, and whether a rival bears the same version."""
    rivals = H5PLibrary.objects.filter(
        machine_name=OuterRef("machine_name"), major=OuterRef("major"), minor=OuterRef("minor"), patch=OuterRef("patch")
    ).exclude(pk=OuterRef("pk"))
    return H5PLibrary.objects.defer("files", "semantics", "manifest").annotate(used=Count("pins"), has_rival=Exists(rivals))


def remove_library(library: H5PLibrary) -> None:
    """Remove a build that no content plays with, and its files. Raises LibraryInUse."""
    if library.pins.exists() or H5PVersion.objects.filter(main_library=library).exists():
        raise LibraryInUse(_("%(library)s is in gebruik en blijft staan.") % {"library": library})
    stored = {file["stored"] for file in library.files.values()}
    library.delete()

    def remove_files() -> None:
        for name in stored:
            storages["private"].delete(name)

    transaction.on_commit(remove_files)
