"""Questions as H5P: packages without libraries for H5P.MultiChoice and H5P.TrueFalse, and our own Vakwijs.Choice."""

import io
import json
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext as _, pgettext

from courses.h5p.seed import build_package
from courses.models import QuestionVersion
from courses.questions.exchange.incoming import ExchangeRefused
from courses.templatetags.questions import inline_prose, prose

VERSIONS = {"H5P.MultiChoice": (1, 16), "H5P.TrueFalse": (1, 8)}
FITS = {"H5P.MultiChoice": ("single_choice", "multiple_choice"), "H5P.TrueFalse": ("true_false",)}
CONFIRM = {
    "confirmCheck": {"header": "Klaar?", "body": "Weet je zeker dat je klaar bent?", "cancelLabel": "Terug", "confirmLabel": "Klaar"},
    "confirmRetry": {
        "header": "Opnieuw?",
        "body": "Weet je zeker dat je opnieuw wilt beginnen?",
        "cancelLabel": "Terug",
        "confirmLabel": "Opnieuw",
    },
}
READ_ALOUD = {"a11yCheck": "Kijk het antwoord na.", "a11yShowSolution": "Toon het goede antwoord.", "a11yRetry": "Begin opnieuw."}
BUTTONS = {
    "enableRetry": True,
    "enableSolutionsButton": True,
    "enableCheckButton": True,
    "confirmCheckDialog": False,
    "confirmRetryDialog": False,
    "autoCheck": False,
}


def bundle(versions: Sequence[QuestionVersion], *, library: str) -> bytes:
    """A zip of .h5p packages, one a question; what does not fit is named in a text file beside them."""
    fits = [version for version in versions if version.type in FITS[library]]
    if not fits:
        raise ExchangeRefused(_("Geen van deze vragen past in %(library)s.") % {"library": library})
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for place, version in enumerate(fits, start=1):
            archive.writestr(f"{place:03d}-{version.question.key or version.question.uuid}.h5p", package(version))
        if left := [version for version in versions if version not in fits]:
            archive.writestr("niet-meegenomen.txt", "\n".join(f"{version.question.title} ({version.type})" for version in left))
    return buffer.getvalue()


def package(version: QuestionVersion) -> bytes:
    """One question as an .h5p package without libraries; the platform that takes it in has those."""
    library = next(name for name, kinds in FITS.items() if version.type in kinds)
    major, minor = VERSIONS[library]
    about = {
        "title": version.question.title,
        "language": "nl",
        "mainLibrary": library,
        "embedTypes": ["iframe"],
        "license": "U",
        "preloadedDependencies": [{"machineName": library, "majorVersion": major, "minorVersion": minor}],
    }
    content = _multi_choice(version) if library == "H5P.MultiChoice" else _true_false(version)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("h5p.json", json.dumps(about, ensure_ascii=False))
        archive.writestr("content/content.json", json.dumps(content, ensure_ascii=False))
    return buffer.getvalue()


def own_package(versions: Sequence[QuestionVersion], *, title: str) -> bytes:
    """The questions to choose from as one package of our own content type, libraries included."""
    questions = [question for question in map(_own_choice, versions) if question]
    if not questions:
        raise ExchangeRefused(_("Geen van deze vragen is een keuzevraag; Vakwijs.Choice kent alleen die."))
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "vragen.yaml"
        source.write_text(
            yaml.safe_dump({"type": "choice", "title": title, "intro": "", "questions": questions}, allow_unicode=True), encoding="utf-8"
        )
        return build_package(source)


def _own_choice(version: QuestionVersion) -> dict[str, Any] | None:
    definition = version.definition
    if version.type in ("single_choice", "multiple_choice"):
        options = [
            {"text": option["text"], "correct": option["correct"], "feedback": option["feedback"]} for option in definition["options"]
        ]
    elif version.type == "true_false":
        told = ((pgettext("stelling", "Waar"), True, definition["feedback_true"]), (_("Niet waar"), False, definition["feedback_false"]))
        options = [{"text": text, "correct": definition["answer"] is value, "feedback": feedback} for text, value, feedback in told]
    else:
        return None
    return {"prompt": definition["prompt"], "options": options, "multiple": version.type == "multiple_choice"}


def _multi_choice(version: QuestionVersion) -> dict[str, Any]:
    several = version.type == "multiple_choice"
    return {
        "question": prose(version.definition["prompt"]),
        "answers": [
            {
                "text": f"<div>{inline_prose(option['text'])}</div>",
                "correct": option["correct"],
                "tipsAndFeedback": {
                    "tip": "",
                    "chosenFeedback": f"<div>{inline_prose(option['feedback'])}</div>" if option["feedback"] else "",
                    "notChosenFeedback": "",
                },
            }
            for option in version.definition["options"]
        ],
        "overallFeedback": [{"from": 0, "to": 100, "feedback": version.definition["feedback"]}],
        "behaviour": {
            **BUTTONS,
            "type": "multi" if several else "single",
            "singlePoint": not several,
            "randomAnswers": True,
            "showSolutionsRequiresInput": True,
            "passPercentage": 100,
            "showScorePoints": True,
        },
        "UI": {
            "checkAnswerButton": "Kijk na",
            "submitAnswerButton": "Lever in",
            "showSolutionButton": "Toon het antwoord",
            "tryAgainButton": "Probeer opnieuw",
            "tipsLabel": "Toon een tip",
            "tipAvailable": "Er is een tip",
            "feedbackAvailable": "Er is terugkoppeling",
            "readFeedback": "Lees de terugkoppeling",
            "wrongAnswer": "Niet goed",
            "correctAnswer": "Goed",
            "shouldCheck": "Had gekozen moeten zijn",
            "shouldNotCheck": "Had niet gekozen moeten zijn",
            "noInput": "Geef eerst een antwoord",
            "scoreBarLabel": "Je hebt :num van de :total punten",
            **READ_ALOUD,
        },
        "media": {"disableImageZooming": False},
        **CONFIRM,
    }


def _true_false(version: QuestionVersion) -> dict[str, Any]:
    definition = version.definition
    feedback = [definition["feedback_true"], definition["feedback_false"]]
    right, wrong = feedback if definition["answer"] else reversed(feedback)
    return {
        "question": prose(definition["prompt"]),
        "correct": "true" if definition["answer"] else "false",
        "behaviour": {**BUTTONS, "feedbackOnCorrect": right, "feedbackOnWrong": wrong},
        "l10n": {
            "trueText": "Waar",
            "falseText": "Niet waar",
            "score": "Je hebt @score van de @total punten",
            "checkAnswer": "Kijk na",
            "submitAnswer": "Lever in",
            "showSolutionButton": "Toon het antwoord",
            "tryAgain": "Probeer opnieuw",
            "wrongAnswerMessage": "Niet goed",
            "correctAnswerMessage": "Goed",
            "scoreBarLabel": "Je hebt :num van de :total punten",
            **READ_ALOUD,
        },
        "media": {"disableImageZooming": False},
        **CONFIRM,
    }
