"""Badges: what their holder takes along, and what anyone's verifier asks of an issuer."""

import json
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.files.base import ContentFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from accounts.files import serve_private
from accounts.requests import PersonRequest
from accreditation import certificates
from accreditation.badges import keys
from accreditation.badges.baking import bake
from accreditation.badges.contexts import BADGES, CREDENTIALS, NoContexts
from accreditation.badges.credential import of_release, profile
from accreditation.badges.making import BadgeGone, BadgeRefused, badge_of
from accreditation.badges.picture import picture
from accreditation.badges.status import revocation_list
from accreditation.models import Accreditation, Badge, BadgeKey, Certificate
from courses.models import Release
from courses.route import route_of

KINDS = {"json": "application/vc", "jwt": "application/vc+jwt", "png": "image/png"}


@login_required
@require_safe
def my_badge(request: PersonRequest, number: str) -> HttpResponse:
    """What a badge is, what is in it, and how to take it along."""
    certificate = _mine(request, number)
    newest = Certificate.objects.filter(enrolment=certificate.enrolment_id, replaced_by=None).exclude(pk=certificate.pk)
    context = {
        "certificate": certificate,
        "state": certificates.state(certificate),
        "shown_state": certificates.shown_state(certificate),
        "newest": newest.first(),
        "said": certificate.snapshot,
    }
    return render(request, "accreditation/my_badge.html", context)


@login_required
@require_safe
def my_badge_file(request: PersonRequest, number: str, kind: str) -> HttpResponseBase:
    """The badge as JSON, as JWT or in a picture; made when it is first asked for. Where there is none, a problem (RFC 9457), never a page."""
    certificate = _mine(request, number)
    if kind not in KINDS:
        raise Http404
    try:
        badge = badge_of(certificate)
    except BadgeRefused as refusal:
        return _problem(HTTPStatus.GONE if isinstance(refusal, BadgeGone) else HTTPStatus.CONFLICT, str(refusal))
    except NoContexts:
        why = gettext("Badges maken lukt nu niet. De beheerder moet eerst de voorkant van de site opnieuw bouwen.")
        return _problem(HTTPStatus.SERVICE_UNAVAILABLE, why)
    content = _content(badge, kind)
    return serve_private(
        request, ContentFile(content, name=f"badge.{kind}"), filename=f"badge-{certificate.number}.{kind}", content_type=KINDS[kind]
    )


@require_safe
def installation_did(request: HttpRequest) -> HttpResponse:
    """/.well-known/did.json: this installation. It signs nothing itself; each organisation has a document of its own."""
    return _published(keys.did_document(keys.installation_did(), []), "application/did+json")


@require_safe
def all_keys(request: HttpRequest) -> HttpResponse:
    """/.well-known/jwks.json: the public keys of all organisations here."""
    return _published(keys.jwks(list(BadgeKey.objects.filter(compromised=False))))


@require_safe
def issuer(request: HttpRequest, slug: str) -> HttpResponse:
    """Who gives out these badges, and how to check them; the Profile itself for who asks for JSON."""
    found = _keys(slug)
    organisation = found[0].organisation
    if _wants_json(request):
        said = {"@context": [CREDENTIALS, BADGES], **profile(keys.did_of(slug), name=organisation.name)}
        return _published(said, "application/ld+json")
    return render(
        request,
        "accreditation/issuer.html",
        {"organisation": organisation, "slug": slug, "did": keys.did_of(slug), "keys": found, "site": settings.SITE_NAME},
    )


@require_safe
def issuer_did(request: HttpRequest, slug: str) -> HttpResponse:
    """The DID document of an organisation (did:web)."""
    return _published(keys.did_document(keys.did_of(slug), _trusted(slug)), "application/did+json")


@require_safe
def issuer_keys(request: HttpRequest, slug: str) -> HttpResponse:
    """The public keys of an organisation."""
    return _published(keys.jwks(_trusted(slug)))


@require_safe
def issuer_key(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """One public key: what the `kid` of a badge's JWT points at."""
    return _published(keys.jwk(get_object_or_404(keys.published(keys.did_of(slug)), name=name)), "application/jwk+json")


@require_safe
def issuer_revocations(request: HttpRequest, slug: str) -> HttpResponse:
    """The badges that no longer count."""
    _keys(slug)
    return _published(revocation_list(keys.did_of(slug)), seconds=60)


@require_safe
def achievement(request: HttpRequest, release: str) -> HttpResponse:
    """What somebody with this badge did; the Achievement itself for who asks for JSON."""
    found = _achieved(release)
    if _wants_json(request):
        return _published({"@context": [CREDENTIALS, BADGES], **of_release(found)}, "application/ld+json")
    today = timezone.localdate()
    # Those of now: what counted on the day that somebody completed it, is in the badge.
    accreditations = Accreditation.objects.filter(
        course=found.course, releases=found, status=Accreditation.Status.GRANTED, valid_from__lte=today, valid_until__gte=today
    )
    return render(
        request,
        "accreditation/achievement.html",
        {
            "release": found,
            "course": found.course,
            "achievement": of_release(found),
            "route": list(dict.fromkeys(lesson.module_title for lesson in sorted(found.lessons.all(), key=lambda lesson: lesson.order))),
            "minutes": route_of(found).minutes_in_all,
            "accreditations": accreditations.select_related("register").prefetch_related("points__category").order_by("register__name"),
        },
    )


@require_safe
def achievement_picture(request: HttpRequest, release: str) -> HttpResponse:
    """The picture of the badge, without anybody's badge in it."""
    found = _achieved(release)
    content = picture(title=found.title, organisation=found.course.organisation.name, demo=found.course.is_demo)
    response = HttpResponse(content, content_type="image/png")
    response["Cache-Control"] = "public, max-age=86400"
    response["Access-Control-Allow-Origin"] = "*"
    return response


def _content(badge: Badge, kind: str) -> bytes:
    if kind == "json":
        return badge.document.encode()
    if kind == "jwt":
        return badge.token.encode()
    said = badge.certificate.snapshot
    return bake(picture(title=said["course"]["title"], organisation=said["organisation"], demo=said["demo"]), badge.document)


def _mine(request: PersonRequest, number: str) -> Certificate:
    mine = Certificate.objects.filter(learner=request.user).select_related("learner", "organisation", "enrolment__release")
    return get_object_or_404(mine.prefetch_related("events"), number=number)


def _keys(slug: str) -> list[BadgeKey]:
    found = list(BadgeKey.objects.filter(issuer=keys.did_of(slug)).select_related("organisation").order_by("-made_at"))
    if not found:
        # An organisation without badges has no keys yet, and an address nobody has been given.
        raise Http404
    return found


def _trusted(slug: str) -> list[BadgeKey]:
    return [key for key in _keys(slug) if not key.compromised]


def _achieved(release: str) -> Release:
    """A release that somebody holds a badge of; others have no public page."""
    found = get_object_or_404(Release.objects.select_related("course__organisation").prefetch_related("lessons"), uuid=release)
    if not Badge.objects.filter(certificate__enrolment__release=found).exists():
        raise Http404
    return found


def _wants_json(request: HttpRequest) -> bool:
    accepted = request.headers.get("Accept", "")
    return "json" in accepted and "text/html" not in accepted


def _problem(status: HTTPStatus, detail: str) -> JsonResponse:
    said = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
    response = JsonResponse(said, status=status, content_type="application/problem+json", json_dumps_params={"ensure_ascii": False})
    response["Cache-Control"] = "no-store"
    return response


def _published(said: dict[str, Any], content_type: str = "application/json", *, seconds: int = 300) -> HttpResponse:
    """Anyone may read it from anywhere: wallets run in other people's browsers."""
    response = HttpResponse(json.dumps(said, ensure_ascii=False, indent=2), content_type=content_type)
    response["Cache-Control"] = f"public, max-age={seconds}"
    response["Access-Control-Allow-Origin"] = "*"
    response["Vary"] = "Accept"
    response["X-Content-Type-Options"] = "nosniff"
    return response
