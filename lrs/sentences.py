"""A statement as a sentence that the person it is about understands."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, gettext_lazy as _, ngettext

from lrs.models import Source, Statement
from lrs.profiles import adl, h5p, scorm, vakwijs, video

# `you`: someone reads about themselves. The name of what it is about comes in quotes.
YOU: dict[str, str | Promise] = {
    adl.ABANDONED: _("Je brak ‘%(what)s’ af"),
    adl.ANSWERED: _("Je beantwoordde ‘%(what)s’"),
    adl.ASKED: _("Je stelde een vraag bij ‘%(what)s’"),
    adl.ATTEMPTED: _("Je begon aan ‘%(what)s’"),
    adl.ATTENDED: _("Je was aanwezig bij ‘%(what)s’"),
    adl.COMMENTED: _("Je gaf commentaar bij ‘%(what)s’"),
    adl.COMPLETED: _("Je rondde ‘%(what)s’ af"),
    adl.EXITED: _("Je verliet ‘%(what)s’"),
    adl.EXPERIENCED: _("Je opende ‘%(what)s’"),
    adl.FAILED: _("Je haalde ‘%(what)s’ niet"),
    adl.IMPORTED: _("Je haalde ‘%(what)s’ binnen"),
    adl.INITIALIZED: _("Je startte ‘%(what)s’"),
    adl.INTERACTED: _("Je was bezig met ‘%(what)s’"),
    adl.LAUNCHED: _("Je startte ‘%(what)s’ op"),
    adl.LOGGED_IN: _("Je logde in bij ‘%(what)s’"),
    adl.LOGGED_OUT: _("Je logde uit bij ‘%(what)s’"),
    adl.MASTERED: _("Je beheerst ‘%(what)s’"),
    adl.PASSED: _("Je haalde ‘%(what)s’"),
    adl.PREFERRED: _("Je koos een voorkeur voor ‘%(what)s’"),
    adl.PROGRESSED: _("Je kwam verder in ‘%(what)s’"),
    adl.REGISTERED: _("Je schreef je in voor ‘%(what)s’"),
    adl.RESPONDED: _("Je reageerde op ‘%(what)s’"),
    adl.RESUMED: _("Je ging verder met ‘%(what)s’"),
    adl.SATISFIED: _("Je voltooide ‘%(what)s’"),
    adl.SCORED: _("Je kreeg een score voor ‘%(what)s’"),
    adl.SHARED: _("Je deelde ‘%(what)s’"),
    adl.SUSPENDED: _("Je onderbrak ‘%(what)s’"),
    adl.TERMINATED: _("Je sloot ‘%(what)s’"),
    adl.VOIDED: _("Een eerdere vastlegging is herroepen"),
    adl.WAIVED: _("Je kreeg vrijstelling voor ‘%(what)s’"),
    h5p.ACCESSED_COPYRIGHT: _("Je bekeek van wie ‘%(what)s’ is"),
    h5p.ACCESSED_EMBED: _("Je bekeek hoe je ‘%(what)s’ op een andere site zet"),
    h5p.ACCESSED_REUSE: _("Je bekeek hoe je ‘%(what)s’ hergebruikt"),
    h5p.CONSUMED: _("Je bekeek ‘%(what)s’"),
    h5p.COPIED: _("Je kopieerde ‘%(what)s’"),
    h5p.CREATED: _("Je maakte ‘%(what)s’"),
    h5p.DOWNLOADED: _("Je downloadde ‘%(what)s’"),
    scorm.INTERACTED: _("Je was bezig met de vraag ‘%(what)s’"),
    vakwijs.EVALUATED: _("Je vulde de evaluatie van ‘%(what)s’ in"),
    vakwijs.JUDGED: _("Je werk voor ‘%(what)s’ is beoordeeld"),
    vakwijs.WITHDREW: _("Je schreef je uit voor ‘%(what)s’"),
    video.PAUSED: _("Je zette ‘%(what)s’ op pauze"),
    video.PLAYED: _("Je speelde ‘%(what)s’ af"),
    video.SEEKED: _("Je sprong naar een ander moment in ‘%(what)s’"),
}
# `who`: someone reads about another. Every verb in YOU stands here too.
THEY: dict[str, str | Promise] = {
    adl.ABANDONED: _("%(who)s brak ‘%(what)s’ af"),
    adl.ANSWERED: _("%(who)s beantwoordde ‘%(what)s’"),
    adl.ASKED: _("%(who)s stelde een vraag bij ‘%(what)s’"),
    adl.ATTEMPTED: _("%(who)s begon aan ‘%(what)s’"),
    adl.ATTENDED: _("%(who)s was aanwezig bij ‘%(what)s’"),
    adl.COMMENTED: _("%(who)s gaf commentaar bij ‘%(what)s’"),
    adl.COMPLETED: _("%(who)s rondde ‘%(what)s’ af"),
    adl.EXITED: _("%(who)s verliet ‘%(what)s’"),
    adl.EXPERIENCED: _("%(who)s opende ‘%(what)s’"),
    adl.FAILED: _("%(who)s haalde ‘%(what)s’ niet"),
    adl.IMPORTED: _("%(who)s haalde ‘%(what)s’ binnen"),
    adl.INITIALIZED: _("%(who)s startte ‘%(what)s’"),
    adl.INTERACTED: _("%(who)s was bezig met ‘%(what)s’"),
    adl.LAUNCHED: _("%(who)s startte ‘%(what)s’ op"),
    adl.LOGGED_IN: _("%(who)s logde in bij ‘%(what)s’"),
    adl.LOGGED_OUT: _("%(who)s logde uit bij ‘%(what)s’"),
    adl.MASTERED: _("%(who)s beheerst ‘%(what)s’"),
    adl.PASSED: _("%(who)s haalde ‘%(what)s’"),
    adl.PREFERRED: _("%(who)s koos een voorkeur voor ‘%(what)s’"),
    adl.PROGRESSED: _("%(who)s kwam verder in ‘%(what)s’"),
    adl.REGISTERED: _("%(who)s schreef zich in voor ‘%(what)s’"),
    adl.RESPONDED: _("%(who)s reageerde op ‘%(what)s’"),
    adl.RESUMED: _("%(who)s ging verder met ‘%(what)s’"),
    adl.SATISFIED: _("%(who)s voltooide ‘%(what)s’"),
    adl.SCORED: _("%(who)s kreeg een score voor ‘%(what)s’"),
    adl.SHARED: _("%(who)s deelde ‘%(what)s’"),
    adl.SUSPENDED: _("%(who)s onderbrak ‘%(what)s’"),
    adl.TERMINATED: _("%(who)s sloot ‘%(what)s’"),
    adl.VOIDED: _("Een eerdere vastlegging over %(who)s is herroepen"),
    adl.WAIVED: _("%(who)s kreeg vrijstelling voor ‘%(what)s’"),
    h5p.ACCESSED_COPYRIGHT: _("%(who)s bekeek van wie ‘%(what)s’ is"),
    h5p.ACCESSED_EMBED: _("%(who)s bekeek hoe je ‘%(what)s’ op een andere site zet"),
    h5p.ACCESSED_REUSE: _("%(who)s bekeek hoe je ‘%(what)s’ hergebruikt"),
    h5p.CONSUMED: _("%(who)s bekeek ‘%(what)s’"),
    h5p.COPIED: _("%(who)s kopieerde ‘%(what)s’"),
    h5p.CREATED: _("%(who)s maakte ‘%(what)s’"),
    h5p.DOWNLOADED: _("%(who)s downloadde ‘%(what)s’"),
    scorm.INTERACTED: _("%(who)s was bezig met de vraag ‘%(what)s’"),
    vakwijs.EVALUATED: _("%(who)s vulde de evaluatie van ‘%(what)s’ in"),
    vakwijs.JUDGED: _("Het werk van %(who)s voor ‘%(what)s’ is beoordeeld"),
    vakwijs.WITHDREW: _("%(who)s schreef zich uit voor ‘%(what)s’"),
    video.PAUSED: _("%(who)s zette ‘%(what)s’ op pauze"),
    video.PLAYED: _("%(who)s speelde ‘%(what)s’ af"),
    video.SEEKED: _("%(who)s sprong naar een ander moment in ‘%(what)s’"),
}
# Somebody else did it: from a list of who was there, for instance.
ENROLLED_YOU = _("Je bent door een ander ingeschreven voor ‘%(what)s’")
ENROLLED_THEM = _("%(who)s is door een ander ingeschreven voor ‘%(what)s’")
# A tool voids in its own name, or in that of whoever did it; what our server takes back, it takes back from the learner.
VOIDED_BY_YOU = _("Je herriep een eerdere vastlegging")
VOIDED_BY_THEM = _("%(who)s herriep een eerdere vastlegging")
# What one chooses from when searching, and what stands in a list.
NAMES: dict[str, str | Promise] = {
    adl.ABANDONED: _("afbreken"),
    adl.ANSWERED: _("beantwoorden"),
    adl.ASKED: _("een vraag stellen"),
    adl.ATTEMPTED: _("beginnen"),
    adl.ATTENDED: _("aanwezig zijn"),
    adl.COMMENTED: _("commentaar geven"),
    adl.COMPLETED: _("afronden"),
    adl.EXITED: _("verlaten"),
    adl.EXPERIENCED: _("openen"),
    adl.FAILED: _("niet halen"),
    adl.IMPORTED: _("binnenhalen"),
    adl.INITIALIZED: _("starten"),
    adl.INTERACTED: _("bezig zijn"),
    adl.LAUNCHED: _("opstarten"),
    adl.LOGGED_IN: _("inloggen"),
    adl.LOGGED_OUT: _("uitloggen"),
    adl.MASTERED: _("beheersen"),
    adl.PASSED: _("halen"),
    adl.PREFERRED: _("een voorkeur kiezen"),
    adl.PROGRESSED: _("verder komen"),
    adl.REGISTERED: _("zich inschrijven"),
    adl.RESPONDED: _("reageren"),
    adl.RESUMED: _("verdergaan"),
    adl.SATISFIED: _("voltooien"),
    adl.SCORED: _("een score krijgen"),
    adl.SHARED: _("delen"),
    adl.SUSPENDED: _("onderbreken"),
    adl.TERMINATED: _("sluiten"),
    adl.VOIDED: _("herroepen"),
    adl.WAIVED: _("vrijstelling krijgen"),
    h5p.ACCESSED_COPYRIGHT: _("bekijken van wie het is"),
    h5p.ACCESSED_EMBED: _("bekijken hoe het op een andere site komt"),
    h5p.ACCESSED_REUSE: _("bekijken hoe het hergebruikt wordt"),
    h5p.CONSUMED: _("bekijken"),
    h5p.COPIED: _("kopiëren"),
    h5p.CREATED: _("maken"),
    h5p.DOWNLOADED: _("downloaden"),
    scorm.INTERACTED: _("bezig zijn met een vraag"),
    vakwijs.EVALUATED: _("evalueren"),
    vakwijs.JUDGED: _("beoordeeld worden"),
    vakwijs.WITHDREW: _("zich uitschrijven"),
    video.PAUSED: _("op pauze zetten"),
    video.PLAYED: _("afspelen"),
    video.SEEKED: _("naar een ander moment springen"),
}
FROM: dict[str, str | Promise] = {
    Source.SERVER: _("vastgelegd door onze server"),
    Source.LEARNER_SESSION: _("gemeld door je eigen browser"),
    Source.TOOL: _("gemeld door een aangesloten hulpmiddel"),
    Source.OUTSIDE: _("gemeld door een ander systeem"),
}
FROM_THEM = {**FROM, Source.LEARNER_SESSION: _("gemeld door de browser van de deelnemer")}
# What it means for a reader that we know it from there (docs/architecture.md, "Trust").
TRUST: dict[str, str | Promise] = {
    Source.SERVER: _("Onze server zag het gebeuren, keek het zelf na, of een docent legde het vast. Alleen dit kan punten opleveren."),
    Source.LEARNER_SESSION: _(
        "De browser van de deelnemer stuurde dit. Een browser kan zich vergissen of worden nagedaan. Als het in een cursus past telt het als voortgang, maar het is nooit het bewijs van een toets."
    ),
    Source.TOOL: _(
        "Een hulpmiddel met een eigen sleutel stuurde dit. Als het in een cursus past telt het als voortgang; er volgen geen punten uit."
    ),
    Source.OUTSIDE: _(
        "Een ander systeem stuurde dit met een eigen sleutel. Als het in een cursus past telt het als voortgang; er volgen geen punten uit."
    ),
}
TRUST_YOU: dict[str, str | Promise] = {
    **TRUST,
    Source.LEARNER_SESSION: _(
        "Je eigen browser stuurde dit, bijvoorbeeld bij een oefening. Als het in een cursus past telt het als voortgang, maar het is nooit het bewijs van een toets."
    ),
}


@dataclass(frozen=True)
class Sentence:
    """What a statement says, when, and how we know."""

    text: str
    result: str
    at: datetime
    known_from: str
    voided: bool


def sentence_of(statement: Statement, *, who: str = "") -> Sentence:
    """The statement, told to the person it is about; with `who`, told to another about someone of that name."""
    document = statement.document
    verb = _verb_name(document)
    told = (THEY if who else YOU).get(statement.verb)
    if statement.verb == adl.REGISTERED and "instructor" in document.get("context", {}):
        told = ENROLLED_THEM if who else ENROLLED_YOU
    if statement.verb == adl.VOIDED and statement.source != Source.SERVER:
        told = VOIDED_BY_THEM if who else VOIDED_BY_YOU
    if told is None:
        told = gettext("%(who)s: %(verb)s ‘%(what)s’") if who else gettext("%(verb)s: ‘%(what)s’")
    text = str(told) % {"who": who, "what": name_of(document), "verb": verb if who else verb.capitalize()}
    known_from = str((FROM_THEM if who else FROM)[statement.source])
    if statement.credential:
        known_from = gettext("%(how)s (%(tool)s)") % {"how": known_from, "tool": statement.credential.name}
    return Sentence(text=text, result=result_of(document), at=statement.timestamp, known_from=known_from, voided=statement.voided)


def name_of(document: dict[str, Any]) -> str:
    """What the statement is about, by its name in the reader's language when it has one."""
    target = document["object"]
    kind = target.get("objectType")
    if kind == "SubStatement":
        return name_of(target)
    if kind == "StatementRef":
        return gettext("een ander leerrecord")
    names = target.get("definition", {}).get("name") or {}
    if names:
        return in_language(names)
    return str(target.get("name") or target.get("id") or gettext("iemand"))


def in_language(texts: dict[str, str]) -> str:
    """The text in the language of the reader, else Dutch, else English, else the first."""
    for wanted in (get_language() or "nl", "nl", "en"):
        for tag, text in texts.items():
            if tag.lower().split("-")[0] == wanted.split("-")[0]:
                return text
    return next(iter(texts.values()))


def _verb_name(document: dict[str, Any]) -> str:
    verb = document["verb"]
    return in_language(verb["display"]) if verb.get("display") else verb["id"].rstrip("/").rsplit("/", 1)[-1]


ACTIVITY_TYPES: dict[str, str | Promise] = {
    adl.ASSESSMENT: _("toets"),
    adl.CMI_INTERACTION: _("vraag"),
    adl.COURSE: _("cursus"),
    adl.FILE: _("bestand"),
    adl.INTERACTION: _("interactie"),
    adl.LESSON: _("les"),
    adl.LINK: _("verwijzing"),
    adl.MEDIA: _("beeld of geluid"),
    adl.MEETING: _("bijeenkomst"),
    adl.MODULE: _("module"),
    adl.OBJECTIVE: _("leerdoel"),
    adl.PERFORMANCE: _("uitvoering"),
    adl.PROFILE: _("profiel"),
    adl.QUESTION: _("vraag van een hulpmiddel"),
    adl.SIMULATION: _("simulatie"),
    scorm.ATTEMPT: _("poging"),
    video.VIDEO: _("video"),
}


def verb_choices() -> list[tuple[str, str]]:
    """IRI and name of the verbs that we have words for, by name."""
    return sorted(((iri, str(name)) for iri, name in NAMES.items()), key=lambda pair: pair[1])


def activity_type_choices() -> list[tuple[str, str]]:
    """IRI and name of the kinds of activity that we have words for, by name."""
    return sorted(((iri, str(name)) for iri, name in ACTIVITY_TYPES.items()), key=lambda pair: pair[1])


def activity_type_name(iri: str) -> str:
    """The kind of activity in a word: ours, or its IRI."""
    return str(ACTIVITY_TYPES.get(iri, iri))


def verb_label(document: dict[str, Any]) -> str:
    """What was done, in a word."""
    name = NAMES.get(document["verb"]["id"])
    return str(name) if name else _verb_name(document)


def verb_name(iri: str) -> str:
    """The verb in a word: ours, or the end of its address."""
    return str(NAMES.get(iri) or iri.rstrip("/").rsplit("/", 1)[-1])


def result_of(document: dict[str, Any]) -> str:
    """How it ended, in a few words."""
    result = document.get("result", {})
    parts = []
    scaled = result.get("score", {}).get("scaled")
    if scaled is not None:
        parts.append(gettext("score %(percent)s%%") % {"percent": round(float(scaled) * 100)})
    elif "raw" in result.get("score", {}):
        score = result["score"]
        raw, top = number_format(score["raw"]), score.get("max")
        if top is not None:
            parts.append(
                ngettext("%(raw)s van %(max)s punt", "%(raw)s van %(max)s punten", _grammatical(top))
                % {"raw": raw, "max": number_format(top)}
            )
        else:
            parts.append(ngettext("%(raw)s punt", "%(raw)s punten", _grammatical(score["raw"])) % {"raw": raw})
    if result.get("success") is not None:
        if document["verb"]["id"] == vakwijs.JUDGED:
            parts.append(gettext("voldoende") if result["success"] else gettext("nog niet voldoende"))
        else:
            parts.append(gettext("goed") if result["success"] else gettext("niet goed"))
    return ", ".join(parts)


def _grammatical(number: float) -> int:
    return 1 if number == 1 else 2
