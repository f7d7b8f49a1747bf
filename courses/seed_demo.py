"""The demo's courses, from the files in `courses/demo`. A course that is released already is left as its authors made it."""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from django.core.files import File
from django.db import transaction
from wagtail.documents.models import Document
from wagtail.images.models import Image

from accounts.demo import DOMAIN, INSTITUUT, KAG, VERPLEEGKUNDIGEN
from accounts.models import Organisation, Profession, User
from accounts.reference import profession_codes
from cms.models import ToolPage
from cms.rich_text import from_markdown
from courses import reference
from courses.blocks import blocks_of
from courses.h5p.seed import demo_content, install_demo_packages
from courses.models import CoursePage, LessonPage, ModulePage, Question, Theme
from courses.questions.seed import load_questions
from courses.releases import publish_release
from lrs.profiles.vakwijs import NAMESPACE

DEMO = Path(__file__).parent / "demo"
PROVIDERS = {
    "arbeidsgericht-werken": VERPLEEGKUNDIGEN,
    "interprofessioneel-samenwerken": INSTITUUT,
    "kag-oncologie": KAG,
}


def seed() -> None:
    """Make each course of the demo and publish its first release."""
    reference.load()
    install_demo_packages(by=User.objects.filter(is_superuser=True).earliest("pk"))
    for folder in sorted(DEMO.iterdir()):
        if (folder / "course.yaml").exists():
            seed_course(folder)


@transaction.atomic
def seed_course(folder: Path) -> CoursePage:
    """Make the course of this folder: its pages, questions, exercises and pictures, and release 1."""
    data = _read(folder / "course.yaml")
    uid = uuid.uuid5(uuid.NAMESPACE_URL, f"{NAMESPACE}/demo/{data['slug']}")
    course = CoursePage.objects.filter(uuid=uid).first()
    if course is not None:
        return course
    course = _course(uid, data)
    questions = load_questions(course, folder)
    for number, module in enumerate(data["modules"], start=1):
        page = _add(course, ModulePage(slug=f"module-{number}", title=module["title"], summary=module.get("summary", "")))
        for slug in module["lessons"]:
            _add(page, _lesson(_read(folder / "lessons" / f"{slug}.yaml"), blocks=_Blocks(course, folder, questions)))
    course.refresh_from_db()
    lessons = {str(lesson.uuid): lesson.pk for lesson in LessonPage.objects.descendant_of(course)}
    course.completion = blocks_of(data["completion"]["all_of"], lessons=lessons)
    course.save_revision().publish()
    publish_release(course, by=User.objects.filter(is_superuser=True).earliest("pk"), note="Eerste uitgave van het democurriculum.")
    return course


def _course(uid: uuid.UUID, data: dict[str, Any]) -> CoursePage:
    course = CoursePage(
        uuid=uid,
        slug=data["slug"],
        title=data["title"],
        organisation=Organisation.objects.get(slug=PROVIDERS[data["slug"]]),
        course_owner=User.objects.get(email=f"auteur@{DOMAIN}"),
        summary=data["summary"].strip(),
        intro=from_markdown(data["intro"]),
        theme=Theme.objects.get(code=data["theme"]),
        form=data["form"],
        audience=data.get("audience", "").strip(),
        prior_knowledge=data.get("prior_knowledge", "").strip(),
        is_demo=True,
    )
    _add(reference.load(), course)
    codes = [code for given in data["professions"] for code in profession_codes(given)]
    course.professions.set(Profession.objects.filter(code__in=codes))
    course.save()
    return course


def _add(parent: Any, page: Any) -> Any:
    parent.refresh_from_db()
    parent.add_child(instance=page)
    page.save_revision().publish()
    return page


def _lesson(data: dict[str, Any], *, blocks: "_Blocks") -> LessonPage:
    uid = uuid.uuid5(blocks.course.uuid, f"lesson {data['slug']}")
    body = [blocks.of(kind, value) for entry in data["body"] for kind, value in entry.items()]
    return LessonPage(
        uuid=uid,
        slug=data["slug"],
        title=data["title"],
        minutes=data["minutes"],
        objectives=[
            {"type": "objective", "value": {"text": one["text"], "competencies": one.get("competencies", [])}} for one in data["objectives"]
        ],
        sources=[
            {"type": "source", "value": {"publisher": "", "locator": "", "url": "", **one, "date": str(one["date"])}}
            for one in data["sources"]
        ],
        review_by=data["review_by"],
        body=[{"id": str(uuid.uuid5(uid, f"block {number}")), **block} for number, block in enumerate(body) if block],
    )


class _Blocks:
    """Blocks of a lesson file as StreamField data."""

    def __init__(self, course: CoursePage, folder: Path, questions: dict[str, Question]) -> None:
        self.course, self.folder, self.questions = course, folder, questions

    def of(self, kind: str, value: Any) -> dict[str, Any] | None:
        make: Callable[[Any], dict[str, Any] | None] = getattr(self, f"_{kind}")
        return make(value)

    def _text(self, value: str) -> dict[str, Any]:
        return {"type": "text", "value": from_markdown(value)}

    def _heading(self, value: str) -> dict[str, Any]:
        return {"type": "heading", "value": value}

    def _callout(self, value: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "callout",
            "value": {"tone": value.get("tone", "info"), "title": value.get("title", ""), "text": from_markdown(value["text"])},
        }

    def _quote(self, value: dict[str, Any]) -> dict[str, Any]:
        return {"type": "quote", "value": {"text": value["text"].strip(), "attribution": value.get("attribution", "")}}

    def _image(self, value: dict[str, Any]) -> dict[str, Any]:
        image = _picture(self.folder / value["file"], title=value.get("caption") or value["alt"], description=value["alt"])
        return {
            "type": "image",
            "value": {
                "image": image.pk,
                "alt_text": value["alt"],
                "decorative": False,
                "caption": value.get("caption", ""),
                "long_description": from_markdown(value.get("long_description", "")),
            },
        }

    def _tool(self, slug: str) -> dict[str, Any] | None:
        tool = ToolPage.objects.filter(slug=slug).first()
        return {"type": "tool", "value": tool.pk} if tool else None

    def _download(self, value: dict[str, Any]) -> dict[str, Any]:
        path = self.folder / value["file"]
        document = Document.objects.filter(title=value["title"]).first()
        if document is None:
            with path.open("rb") as content:
                document = Document.objects.create(title=value["title"], file=File(content, name=path.name))
        return {"type": "download", "value": {"title": value["title"], "document": document.pk}}

    def _activity(self, value: dict[str, Any]) -> dict[str, Any]:
        kind = value["kind"]
        common = {"key": value["key"], "title": value["title"], "minutes": value["minutes"], "intro": from_markdown(value.get("intro", ""))}
        settings = getattr(self, f"_of_{kind}")(value)
        return {
            "type": f"activity_{kind}",
            "id": str(uuid.uuid5(self.course.uuid, f"activity {value['key']}")),
            "value": {**common, **settings},
        }

    def _of_questions(self, value: dict[str, Any]) -> dict[str, Any]:
        draw = value.get("draw", [])
        return {
            "mode": value["mode"],
            "questions": [self.questions[key].pk for key in value.get("questions", [])],
            "draw": draw if isinstance(draw, list) else [draw],
            **{name: value[name] for name in ("pass_mark", "attempts", "wait_hours", "time_limit", "shuffle") if name in value},
        }

    def _of_h5p(self, value: dict[str, Any]) -> dict[str, Any]:
        return {"content": demo_content(self.course.slug, value["package"]).pk}

    def _of_assignment(self, value: dict[str, Any]) -> dict[str, Any]:
        return {
            "accept": value["accept"],
            "instructions": from_markdown(value["instructions"]),
            "rubric": value["rubric"],
            "sufficient_from": value["sufficient_from"],
        }

    def _of_session(self, value: dict[str, Any]) -> dict[str, Any]:
        return {"programme": from_markdown(value.get("programme", ""))}

    def _of_reflection(self, value: dict[str, Any]) -> dict[str, Any]:
        return {"prompt": from_markdown(value["prompt"]), "shared_with_teacher": value.get("shared_with_teacher", False)}

    def _of_evaluation(self, value: dict[str, Any]) -> dict[str, Any]:
        return {"questions": [{"options": [], **question} for question in value["questions"]]}


def _picture(path: Path, *, title: str, description: str) -> Image:
    """The diagram as an image of the site, stored once."""
    name = f"demo-{path.parent.parent.name}-{path.name}"
    image = Image.objects.filter(file__endswith=name).first()
    if image is None:
        with path.open("rb") as content:
            image = Image.objects.create(title=title[:255], description=description[:255], file=File(content, name=name))
    return image


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))
