"""The player's frame: its address, its policy, and what H5P core is told. Package code runs here, with no origin of its own.

Threat: a package is JavaScript by someone else. The frame's response says `sandbox`, so that whatever opens it, the code
has an opaque origin: no cookies, no storage, no parent page, and no address of ours but its own files. Because cookies do
not reach it, those files stand under a signed token that expires; each page that shows the activity brings a fresh one.
"""

import time
from typing import Any

from django.conf import settings
from django.core import signing
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _

from courses.h5p.strings import core_strings
from courses.models import H5PLibrary, H5PVersion
from lrs.profiles.vakwijs import NAMESPACE

# Links out of content open as ordinary pages; printing and saving one's own work is part of several kinds of content.
SANDBOX = "allow-scripts allow-popups allow-popups-to-escape-sandbox allow-forms allow-modals allow-downloads"
DAY = 24 * 60 * 60
CONTENT_ID = 1
_SALT = "courses.h5p.embed"


def token_for(version: H5PVersion) -> str:
    """A token that opens the frame and files of this version until the end of tomorrow (UTC).

    It is the same all day, so that the browser may keep what it fetched.
    """
    return signing.Signer(salt=_SALT).sign_object({"v": version.pk, "t": (int(time.time()) // DAY + 2) * DAY})


def version_by(token: str) -> int | None:
    """The primary key that the token opens; None when it was forged or has expired."""
    try:
        claim = signing.Signer(salt=_SALT).unsign_object(token)
        return int(claim["v"]) if int(claim["t"]) > time.time() else None
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        return None


def content_iri(version: H5PVersion) -> str:
    """The name by which content refers to itself in its statements; the server replaces it by the activity's own."""
    return f"{NAMESPACE}/h5p/{version.uuid}"


def policy(origin: str) -> str:
    """The Content-Security-Policy of the frame.

    Old libraries need eval and inline handlers; here they may. `H5P_EXTERNAL_SOURCES` adds outside sources per directive,
    for an installation that wants, for instance, video from elsewhere; by default a learner's browser meets nobody else.
    """
    core = _absolute(static("h5p/"), origin)
    fonts = _absolute(static("fonts/"), origin)
    libraries = f"{origin}{reverse('courses:h5p:library_root')}"
    content = f"{origin}{reverse('courses:h5p:content_root')}"
    directives = {
        "sandbox": [SANDBOX],
        "default-src": ["'none'"],
        "script-src": [core, libraries, "'unsafe-inline'", "'unsafe-eval'", "blob:"],
        "style-src": [core, libraries, content, "'unsafe-inline'"],
        "font-src": [core, fonts, libraries, content, "data:"],
        "img-src": [core, libraries, content, "data:", "blob:"],
        "media-src": [libraries, content, "data:", "blob:"],
        "connect-src": [libraries, content, "data:", "blob:"],
        "worker-src": [libraries, "blob:"],
        "frame-src": ["blob:", "data:"],
        "frame-ancestors": [origin],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
        "object-src": ["'none'"],
    }
    for directive, sources in getattr(settings, "H5P_EXTERNAL_SOURCES", {}).items():
        directives[directive] = [*directives.get(directive, []), *sources]
    return "; ".join(f"{name} {' '.join(values)}" for name, values in directives.items())


def is_own(version: H5PVersion) -> bool:
    """Whether one of our own content types plays: those wear the site's look, packages of others keep theirs."""
    return version.main_library.origin == H5PLibrary.Origin.OWN


def _absolute(url: str, origin: str) -> str:
    return url if url.startswith(("http://", "https://")) else f"{origin}{url}"


def frame_of(version: H5PVersion, *, token: str, origin: str) -> dict[str, Any]:
    """What the frame's template needs: styles and scripts in loading order, and the configuration for H5P core."""
    libraries = [pin.library for pin in version.pins.select_related("library").order_by("order")]
    without_style = {name for library in libraries for name in library.manifest.get("dropLibraryCss", [])}
    return {
        "title": version.title,
        "language": version.language if version.language != "und" else "nl",
        "is_own": is_own(version),
        "styles": [
            _file_url(library, path)
            for library in libraries
            if library.machine_name not in without_style
            for path in library.manifest.get("preloadedCss", [])
        ],
        "scripts": [_file_url(library, path) for library in libraries for path in library.manifest.get("preloadedJs", [])],
        "config": {
            "contentId": CONTENT_ID,
            "parentOrigin": origin,
            "integration": _integration(version, libraries, token=token, origin=origin),
            "texts": {
                "missing": _(
                    "Deze oefening kan niet beginnen: een onderdeel ontbreekt (%s). Laad de pagina opnieuw. Blijft het zo, meld het dan aan de eigenaar van de cursus."
                ),
                "outside": _("Een deel van deze oefening staat op %s. Die site is hier niet toegestaan; dat deel speelt daarom niet."),
                "broken": _("Deze oefening kan niet beginnen. Je kunt verder met de les. Meld het aan de eigenaar van de cursus."),
            },
        },
    }


def _file_url(library: H5PLibrary, path: str) -> str:
    return reverse("courses:h5p:library_file", args=[library.hash, path])


def _integration(version: H5PVersion, libraries: list[H5PLibrary], *, token: str, origin: str) -> dict[str, Any]:
    main = version.main_library
    return {
        "baseUrl": origin,
        "url": f"{origin}/h5p",
        "urlLibraries": f"{origin}{reverse('courses:h5p:library_root')}".rstrip("/"),
        # Core asks for a library by name and version; this content's own build answers.
        "libraryDirectories": {library.folder: library.hash for library in libraries},
        "siteUrl": origin,
        "ajaxPath": "",
        "ajax": {},
        "saveFreq": 10,
        "postUserStatistics": False,
        "reportingIsEnabled": True,
        "crossorigin": "anonymous",
        "hubIsEnabled": False,
        "l10n": {"H5P": core_strings()},
        "libraryConfig": {},
        "loadedJs": [_file_url(library, path) for library in libraries for path in library.manifest.get("preloadedJs", [])],
        "loadedCss": [_file_url(library, path) for library in libraries for path in library.manifest.get("preloadedCss", [])],
        "core": {"scripts": [], "styles": []},
        "contents": {
            f"cid-{CONTENT_ID}": {
                "library": main.versioned_name,
                "jsonContent": version.parameters,
                "fullScreen": str(main.manifest.get("fullscreen", 0)) == "1",
                "contentUrl": f"{origin}{reverse('courses:h5p:content_root')}{token}",
                "url": content_iri(version),
                "title": version.title,
                "displayOptions": {"frame": False, "export": False, "embed": False, "copyright": False, "icon": False, "copy": False},
                "metadata": {
                    **version.metadata,
                    "title": version.title,
                    "license": version.metadata.get("license") or "U",
                    "defaultLanguage": version.language,
                },
                "exportUrl": "",
                "embedCode": "",
                "resizeCode": "",
                "mainId": CONTENT_ID,
                "scripts": [],
                "styles": [],
                "contentUserData": {},
            }
        },
    }
