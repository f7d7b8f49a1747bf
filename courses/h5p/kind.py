"""H5P as a kind of activity: pins a version when a release is published, and shows it in its frame."""

from typing import Any, ClassVar

from django.core.files.storage import storages
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils.translation import gettext as _

from courses.h5p.embed import is_own, token_for
from courses.models import CoursePage, Enrolment, H5PContent, H5PVersion, ReleaseActivity


class H5PKind:
    """An interactive exercise. What the browser reports about it is progress; it cannot be passed."""

    code: ClassVar[str] = "h5p"
    template: ClassVar[str] = "courses/components/h5p/h5p.html"
    answers: ClassVar[frozenset[str]] = frozenset({"answered"})

    def freeze(self, value: dict[str, Any], *, course: CoursePage) -> dict[str, Any]:
        content = _content(value)
        version = content.latest if content is not None else None
        if content is None or version is None or content.organisation_id not in {None, course.organisation_id}:
            return {}
        return {
            "content": str(content.uuid),
            "version": version.pk,
            "number": version.number,
            "library": version.main_library.versioned_name,
        }

    def problems(self, value: dict[str, Any], *, course: CoursePage) -> list[str]:
        content = _content(value)
        if content is None:
            return [_("Kies welke H5P-inhoud hier speelt.")]
        if content.organisation_id not in {None, course.organisation_id}:
            return [_("%(content)s is van een andere organisatie. Upload het pakket ook voor deze.") % {"content": content}]
        version = content.latest
        if version is None:
            return [_("%(content)s heeft geen versie. Upload het pakket opnieuw.") % {"content": content}]
        if lost := lost_files(version):
            return [_("%(content)s is stuk: %(files)s. Upload het pakket opnieuw.") % {"content": content, "files": ", ".join(lost[:3])}]
        return []

    def context(self, request: HttpRequest, *, activity: ReleaseActivity, enrolment: Enrolment | None) -> dict[str, Any]:
        version = (
            H5PVersion.objects.filter(pk=activity.settings.get("version"))
            .select_related("main_library")
            .only("uuid", "main_library__origin")
            .first()
        )
        if version is None:
            return {
                "embed_url": "",
                "statements_url": "",
                "state_url": "",
                "h5p_title": activity.title,
                "h5p_csrf": "",
                "h5p_is_own": False,
            }
        shown: dict[str, Any] = {
            "embed_url": reverse("courses:h5p:embed", args=[token_for(version)]),
            "h5p_title": activity.title,
            "statements_url": "",
            "state_url": "",
            "h5p_csrf": "",
            "h5p_is_own": is_own(version),
        }
        if enrolment is not None and enrolment.learner == request.user and enrolment.withdrawn_at is None:
            shown["statements_url"] = reverse("courses:h5p:statements", args=[enrolment.uuid, activity.uuid])
            shown["state_url"] = reverse("courses:h5p:state", args=[enrolment.uuid, activity.uuid])
            shown["h5p_csrf"] = get_token(request)
        return shown


def _content(value: dict[str, Any]) -> H5PContent | None:
    chosen = value.get("content")
    if isinstance(chosen, H5PContent):
        return chosen
    return H5PContent.objects.filter(pk=chosen).first() if chosen else None


def lost_files(version: H5PVersion) -> list[str]:
    """What the version needs to play but the storage no longer holds."""
    storage = storages["private"]
    needed = dict(version.files)
    for library in version.libraries.all():
        for path in [*library.manifest.get("preloadedJs", []), *library.manifest.get("preloadedCss", [])]:
            needed[f"{library.folder}/{path}"] = library.files.get(path)
    return [path for path, file in needed.items() if not file or not storage.exists(file["stored"])]
