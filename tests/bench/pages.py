"""Course page and lesson page beside a bare Wagtail page of the same length, on the same server and database."""

import http.client
import re
import tempfile
import zlib
from pathlib import Path
from urllib.parse import urlencode

from tests.bench.figures import Figure, show
from tests.bench.load import load
from tests.bench.serving import free_port, granian, gunicorn_threads, gunicorn_uvicorn, manage, memory_of, served

COURSE = "/cursus/arbeidsgericht-werken/"
LEARNER = ("verpleegkundige@demo.vakwijs.example", "demo-vakwijs-2026")

ADD_BARE_PAGE = """
from django.conf import settings
from wagtail.models import Page, Site
from tests.bench.models import BarePage
home = Site.objects.get(is_default_site=True).root_page
for slug, length in {lengths!r}.items():
    home.add_child(instance=BarePage(title="Kaal", slug=slug, body="<p>" + "Een zin van gewone lengte over werk en zorg. " * (length // 46) + "</p>"))
"""


def measure() -> None:
    """Print the figures of the pages; the demo is seeded into a folder of its own first."""
    with tempfile.TemporaryDirectory(prefix="vakwijs-bench-") as folder:
        var_dir = Path(folder)
        _prepare(var_dir)
        port = free_port()
        with served(var_dir, granian(port), port) as process:
            cookie = _log_in(port)
            lesson = _first_lesson(port, cookie)
            course_length = len(_get(port, COURSE))
            lesson_length = len(_get(port, lesson, cookie))
            manage(var_dir, "shell", "-c", ADD_BARE_PAGE.format(lengths={"kaal-cursus": course_length, "kaal-les": lesson_length}))
            _compare("course_page_anonymous", port, COURSE, "/kaal-cursus/", at_least=0.7)
            _compare("lesson_page_logged_in", port, lesson, "/kaal-les/", cookie=cookie, at_least=0.5)
            for number, megabytes in enumerate(memory_of(process), start=1):
                show(Figure(name=f"memory_of_web_process_{number}", value=megabytes, unit="MB"))
            _weigh(port)
        _servers(var_dir)


def _prepare(var_dir: Path) -> None:
    manage(var_dir, "migrate", "--verbosity", "0")
    manage(var_dir, "collectstatic", "--noinput", "--verbosity", "0")
    manage(var_dir, "load_reference")
    manage(var_dir, "seed_demo")


def _compare(name: str, port: int, path: str, bare: str, *, at_least: float, cookie: str = "") -> None:
    headers = {"Cookie": cookie} if cookie else {}
    address = ("127.0.0.1", port)
    for warm in (path, bare):
        load(address, warm, headers=headers, seconds=1)
    # In turn, twice, so that a machine that slows down slows both.
    ours = [load(address, path, headers=headers, seconds=4)]
    theirs = [load(address, bare, headers=headers, seconds=4), load(address, bare, headers=headers, seconds=4)]
    ours.append(load(address, path, headers=headers, seconds=4))
    rate = sum(run.per_second for run in ours) / len(ours)
    bare_rate = sum(run.per_second for run in theirs) / len(theirs)
    ratio = rate / bare_rate
    show(
        Figure(
            name=f"{name}_requests_per_second",
            value=rate,
            unit="requests/s",
            compared_with=f"bare Wagtail page of the same length: {bare_rate:.0f} requests/s",
            ratio=ratio,
            target=f"at least {at_least} of it",
            holds=ratio >= at_least,
        )
    )
    p95, bare_p95 = max(run.p95 for run in ours), max(run.p95 for run in theirs)
    show(Figure(name=f"{name}_p95", value=p95, unit="ms", compared_with=f"bare Wagtail page: {bare_p95:.1f} ms", ratio=p95 / bare_p95))


def _weigh(port: int) -> None:
    """The course page as a first visitor loads it: the page, its style, scripts and fonts, compressed; images left out."""
    html = _get(port, COURSE, encoding="gzip")
    page = zlib.decompress(html, 31).decode() if html[:2] == b"\x1f\x8b" else html.decode()
    total = len(html) if html[:2] == b"\x1f\x8b" else len(zlib.compress(html))
    addresses = set(re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js|woff2))"', page))
    seen: set[str] = set()
    while addresses - seen:
        address = (addresses - seen).pop()
        seen.add(address)
        body = _get(port, address, encoding="gzip")
        plain = zlib.decompress(body, 31) if body[:2] == b"\x1f\x8b" else body
        total += len(body) if body[:2] == b"\x1f\x8b" or address.endswith(".woff2") else len(zlib.compress(body))
        if address.endswith(".js"):
            base = address.rpartition("/")[0]
            addresses |= {f"{base}/{name}" for name in re.findall(r'(?:from|import)\s*"\./([^"]+)"', plain.decode())}
    foreign = re.findall(r'<script[^>]+src="https?://', page)
    show(
        Figure(
            name="course_page_weight",
            value=total / 1000,
            unit="kB compressed, without images",
            target="under 150 kB",
            holds=total < 150_000,
        )
    )
    show(Figure(name="third_party_scripts_on_course_page", value=len(foreign), unit="scripts", target="none", holds=not foreign))


def _servers(var_dir: Path) -> None:
    """The same page behind each server that production could use."""
    rates = {}
    for name, command in (("granian", granian), ("gunicorn_threads", gunicorn_threads), ("gunicorn_uvicorn", gunicorn_uvicorn)):
        port = free_port()
        with served(var_dir, command(port), port):
            load(("127.0.0.1", port), COURSE, seconds=1)
            rates[name] = load(("127.0.0.1", port), COURSE, seconds=4)
    for name, run in rates.items():
        show(
            Figure(
                name=f"course_page_behind_{name}",
                value=run.per_second,
                unit="requests/s",
                compared_with=f"granian: {rates['granian'].per_second:.0f} requests/s",
                ratio=run.per_second / rates["granian"].per_second,
            )
        )


def _get(port: int, path: str, cookie: str = "", encoding: str = "identity") -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers={"Cookie": cookie, "Accept-Encoding": encoding})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    if response.status != 200:
        raise RuntimeError(f"{path}: {response.status}")
    return body


def _log_in(port: int) -> str:
    """Log the demo nurse in and give the cookies."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/account/login/")
    response = connection.getresponse()
    page = response.read().decode()
    cookies = dict(_cookies(response))
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    if token is None:
        raise RuntimeError("the log-in page has no form")
    form = urlencode({"csrfmiddlewaretoken": token[1], "login": LEARNER[0], "password": LEARNER[1]})
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": _header(cookies)}
    connection.request("POST", "/account/login/", body=form, headers=headers)
    response = connection.getresponse()
    response.read()
    cookies.update(_cookies(response))
    if response.status != 302:
        raise RuntimeError(f"logging in: {response.status}")
    return _header(cookies)


def _cookies(response: http.client.HTTPResponse) -> list[tuple[str, str]]:
    pairs = [value.split(";")[0].split("=", 1) for name, value in response.getheaders() if name.lower() == "set-cookie"]
    return [(name, value) for name, value in pairs]


def _header(cookies: dict[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


def _first_lesson(port: int, cookie: str) -> str:
    page = _get(port, COURSE, cookie).decode()
    return next(address for address in re.findall(rf'href="({COURSE}[a-z0-9-]+/)', page))
