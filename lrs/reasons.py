"""Why something was not taken, in the language of who reads it. Tools read the rule itself (`lrs.refusals`), in English.

A rule is written once, where it is broken; this says the same sentence for a page. A test holds the two together.
"""

import re
from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy as _

QUOTED = re.compile(r"""(['"])(?P<text>.*)\1""", re.DOTALL)
# Behind where in the statement it is: "Bij ‘actor.mbox’: …".
OF_STATEMENTS: dict[str, str | Promise] = {
    "required": _("dit ontbreekt, maar is verplicht."),
    "required beside %(keys)s": _("dit ontbreekt, maar is verplicht naast %(keys)s."),
    "the key %(key)s is not known here": _("het veld %(key)s hoort hier niet."),
    "the key %(key)s must be an absolute IRI": _("het veld %(key)s moet een volledig adres (IRI) zijn, zoals https://voorbeeld.nl/x."),
    "must be an object": _("hier hoort een object te staan, tussen { en }."),
    "must be an array": _("hier hoort een lijst te staan, tussen [ en ]."),
    "must be a string": _("hier hoort tekst te staan, tussen aanhalingstekens."),
    "must be true or false": _("hier hoort true of false te staan."),
    "must be a number": _("hier hoort een getal te staan."),
    "must not be empty": _("deze lijst mag niet leeg zijn."),
    'must be "%(kind)s"': _("hier hoort ‘%(kind)s’ te staan."),
    "must be one of %(kinds)s": _("hier hoort een van deze woorden te staan: %(kinds)s."),
    "must be Activity, Agent, Group, SubStatement or StatementRef": _(
        "hier hoort Activity, Agent, Group, SubStatement of StatementRef te staan."
    ),
    "must be a UUID of RFC 4122 in its standard string form": _("dit is geen UUID, zoals 6f9619ff-8b86-4d01-b42d-00cf4fc964ff."),
    "must be an absolute IRI of RFC 3987": _("dit is geen volledig adres (IRI), zoals https://voorbeeld.nl/x."),
    "must be an ISO 8601 date and time": _("dit is geen datum met tijd, zoals 2026-03-01T14:30:00+01:00."),
    "no such date and time": _("deze datum of tijd bestaat niet."),
    "no such offset": _("dit verschil met de wereldtijd (UTC) bestaat niet."),
    "the offset -00:00 is not allowed": _("het verschil -00:00 is niet toegestaan; schrijf Z."),
    "must be an ISO 8601 duration": _("dit is geen tijdsduur, zoals PT1H30M voor anderhalf uur."),
    "must be a language tag of RFC 5646": _("dit is geen taalcode, zoals nl of en-US."),
    "%(tag)s is not a language tag of RFC 5646": _("%(tag)s is geen taalcode, zoals nl of en-US."),
    "must be a language map with at least one entry": _('hier hoort een tekst met de taal erbij te staan, zoals {"nl": "Geslaagd"}.'),
    "nested deeper than %(most)s levels": _("hierin staan meer dan %(most)s lagen in elkaar."),
    "must be a mailto IRI with an e-mail address": _("dit is geen e-mailadres met ‘mailto:’ ervoor."),
    "must be 40 hexadecimal digits": _("hier horen 40 tekens te staan: cijfers en de letters a tot en met f."),
    "an Agent has exactly one of mbox, mbox_sha1sum, openid, account": _(
        "een persoon (Agent) heeft precies één van deze velden: mbox, mbox_sha1sum, openid of account."
    ),
    "a Group has at most one identifier": _("een groep (Group) heeft hooguit één van deze velden: mbox, mbox_sha1sum, openid of account."),
    "an anonymous Group needs members": _("een groep (Group) zonder eigen adres of account heeft leden nodig."),
    "as a Group, the authority is anonymous and has exactly two members": _(
        "staat hier een groep (Group), dan heeft die precies twee leden en geen eigen adres of account."
    ),
    "the verb voided needs a StatementRef as object": _("wie iets herroept, wijst hier met een StatementRef aan welke uitspraak."),
    "a SubStatement does not hold another SubStatement": _("een SubStatement mag zelf geen SubStatement bevatten."),
    "not used by the interaction type %(kind)s": _("dit hoort niet bij een vraag van de soort ‘%(kind)s’."),
    "each component of a list has its own id": _("dit kenmerk (id) staat al eerder in de lijst."),
    "must lie between -1 and 1": _("dit getal hoort tussen -1 en 1 te liggen."),
    "must be less than max": _("dit getal hoort kleiner te zijn dan max."),
    "must lie between min and max": _("dit getal hoort tussen min en max te liggen."),
    "only when the object is an Activity": _("dit mag alleen als de uitspraak over een activiteit gaat."),
    "holds at least one of parent, grouping, category, other": _(
        "hier hoort minstens een van deze velden te staan: parent, grouping, category of other."
    ),
    "must be an internet media type": _("dit is geen bestandssoort, zoals application/pdf."),
    "must be a whole number of octets": _("hier hoort een heel aantal bytes te staan."),
    "must be a SHA-2 hash in hexadecimal digits": _("dit is geen SHA-2: 56, 64, 96 of 128 cijfers en letters a tot en met f."),
    "must be 1.0.x": _("deze versie hoort met 1.0 te beginnen."),
    "must be 1.0.x or 2.0.x": _("deze versie hoort met 1.0 of 2.0 te beginnen."),
    "two statements in one batch have the same id": _("twee uitspraken hebben hetzelfde kenmerk (id)."),
    "cannot be written as JSON: %(error)s": _("dit is niet als JSON te schrijven: %(error)s."),
}
SENTENCES: dict[str, str | Promise] = {
    **OF_STATEMENTS,
    "a different statement with id %(id)s is already stored": _("Er is al een andere uitspraak met het kenmerk %(id)s."),
    "statement %(id)s is not yours to void": _("Dit herroept uitspraak %(id)s, maar die is van iemand anders."),
    # A line, and the JSON in it.
    "the line is longer than %(most)s octets": _("De regel is langer dan %(most)s bytes."),
    "the line is not UTF-8 (at octet %(place)s)": _("De regel is geen tekst in UTF-8 (vanaf byte %(place)s)."),
    "the line is not JSON from character %(place)s on: %(error)s": _("De regel is geen JSON: vanaf teken %(place)s is hij niet te lezen."),
    "the line cannot be read as JSON: %(error)s": _("De regel is niet te lezen: er staan te veel lagen in elkaar, of een te lang getal."),
    "this is not an object": _("Hier staat geen uitspraak: die staat tussen { en }."),
    "the key %(key)s stands there twice": _("Het veld %(key)s staat er twee keer."),
    "the number %(number)s is too large": _("Het getal %(number)s is te groot."),
    "%(name)s is not JSON": _("%(name)s hoort niet in JSON."),
    "there is more after the object": _("Achter de uitspraak staat nog iets. Zet op elke regel één uitspraak."),
    "there is more after the statement": _("Achter de uitspraak staat nog iets."),
    "there is more after the statements": _("Achter de uitspraken staat nog iets."),
    "a comma or a bracket is missing between two statements": _("Tussen twee uitspraken ontbreekt een komma of een haak."),
    "a comma or a brace is missing in an object": _("Er ontbreekt een komma of een accolade."),
    "a name and a colon are missing in an object": _("Er ontbreekt een naam met een dubbele punt."),
    # Attachments, and the message in which they come.
    "the bytes of the attachment %(sha2)s are not beside the file": _("Het bestand van de bijlage %(sha2)s zit er niet bij."),
    "the bytes beside the file are not those of the attachment %(sha2)s": _("Het bestand van de bijlage %(sha2)s is een ander bestand."),
    "the other store did not send the bytes of the attachment %(sha2)s": _(
        "Het andere systeem stuurde het bestand van de bijlage %(sha2)s niet mee."
    ),
    "the other store sent other bytes than those of the attachment %(sha2)s": _(
        "Het andere systeem stuurde een ander bestand dan dat van de bijlage %(sha2)s."
    ),
    "the attachment %(sha2)s is larger than %(most)s octets": _("De bijlage %(sha2)s is groter dan %(most)s bytes."),
    "the attachment %(sha2)s is refused: %(reason)s": _("De bijlage %(sha2)s is geweigerd bij de controle op virussen: %(reason)s"),
    "the attachment %(sha2)s has neither a part in this message nor a fileUrl (1.5.1)": _(
        "De bijlage %(sha2)s zit er niet bij, en er staat niet waar die te vinden is (fileUrl)."
    ),
    "the part %(sha2)s belongs to no attachment of these statements (1.5.2)": _("Het bestand %(sha2)s hoort bij geen van deze uitspraken."),
    "the part %(sha2)s is larger than %(most)s octets": _("Het bestand %(sha2)s is groter dan %(most)s bytes."),
    "the message is larger than %(most)s octets": _("Het bericht is groter dan %(most)s bytes."),
    "the statements are larger than %(most)s octets": _("De uitspraken zijn samen groter dan %(most)s bytes."),
    "Content-Type: multipart/mixed needs a boundary (1.5.2)": _("In Content-Type ontbreekt de boundary."),
    "the message ends before its last boundary (1.5.2)": _("Het bericht brak af."),
    "the message does not begin with its boundary (1.5.2)": _("Het bericht begint niet met zijn boundary."),
    "the first part must be application/json and hold the statements (1.5.2)": _(
        "Het eerste deel van het bericht hoort de uitspraken te bevatten, als application/json."
    ),
    "part %(number)s: no line end after the boundary (1.5.2)": _("Deel %(number)s van het bericht begint niet op een nieuwe regel."),
    "part %(number)s: no empty line after the headers (1.5.2)": _("In deel %(number)s van het bericht ontbreekt de lege regel na de kop."),
    "part %(number)s: the header %(name)s is not one, or stands there twice (1.5.2)": _(
        "In deel %(number)s van het bericht klopt de kopregel %(name)s niet, of staat die er twee keer."
    ),
    "part %(number)s: X-Experience-API-Hash is missing (1.5.2)": _("In deel %(number)s van het bericht ontbreekt X-Experience-API-Hash."),
    "part %(number)s: X-Experience-API-Hash is not the hash of the part (1.5.2)": _(
        "In deel %(number)s van het bericht past X-Experience-API-Hash niet bij het bestand."
    ),
    "part %(number)s: Content-Type is missing (1.5.2)": _("In deel %(number)s van het bericht ontbreekt Content-Type."),
    "part %(number)s: Content-Transfer-Encoding must be binary (1.5.2)": _(
        "In deel %(number)s van het bericht hoort Content-Transfer-Encoding binary te zijn."
    ),
    # The signature of a statement.
    "a signature has the content type application/octet-stream (2.6)": _(
        "Bij een handtekening hoort de bestandssoort application/octet-stream."
    ),
    "a signature is a JWS in compact serialization (2.6)": _("De handtekening is geen JWS (in de vorm ‘compact serialization’)."),
    "the header and the payload of a signature are JSON in base64url (2.6)": _("De handtekening is niet te lezen: het is geen JSON."),
    "the algorithm of a signature is RS256, RS384 or RS512 (2.6)": _("De handtekening is niet gezet met RS256, RS384 of RS512."),
    "the payload of a signature is a statement (2.6)": _("In de handtekening zit geen uitspraak."),
    "the payload of the signature is nested too deep (2.6)": _("In de handtekening staan te veel lagen in elkaar."),
    "x5c in the header of a signature must hold a certificate (2.6)": _("In de handtekening staat geen certificaat dat te lezen is (x5c)."),
    "the certificate of a signature has an RSA key (2.6)": _("Het certificaat van de handtekening heeft geen RSA-sleutel."),
    "the signature does not fit its certificate (2.6)": _("De handtekening past niet bij haar certificaat."),
    "the signature is of another statement (2.6)": _("De handtekening is van een andere uitspraak."),
    # Why nothing more could be read.
    "no line of it is JSON": _("Geen enkele regel is JSON."),
    "the ZIP is damaged or holds no statements.ndjson": _("De ZIP is beschadigd, of er zit geen statements.ndjson in."),
    "the file ends before octet %(octet)s, where the reading stopped": _(
        "Het bestand is korter geworden: het houdt op vóór byte %(octet)s, waar het inlezen was."
    ),
    "the file is another one than the one that was begun with": _("Dit is een ander bestand dan waarmee het inlezen begon."),
    "the secret was locked with another SECRET_KEY": _(
        "Vakwijs kan het bewaarde geheim niet meer lezen: SECRET_KEY is intussen veranderd. Begin opnieuw met de sleutel en het geheim."
    ),
    "the about resource names no version that we speak": _("Het andere systeem noemt geen versie van xAPI die Vakwijs spreekt."),
    "the link to the next page leads to another machine": _("De verwijzing naar de volgende bladzijde wijst naar een ander systeem."),
    "the other store answers %(status)s: %(answer)s": _("Het andere systeem antwoordt met code %(status)s: %(answer)s"),
    "the page holds no statements": _("In het antwoord van het andere systeem staan geen uitspraken."),
    "the page is not JSON: %(error)s": _("Het antwoord is geen JSON. Kijk na of dit het adres van xAPI is, en niet dat van een webpagina."),
    "there is no room for attachments now; nothing was stored, try again later": _("Er is geen ruimte voor bijlagen."),
    "attachments cannot be checked for viruses now; nothing was stored, try again later": _(
        "De bijlagen konden niet op virussen worden gecontroleerd."
    ),
    "attachments cannot be kept now; nothing was stored, try again later": _("De bijlagen konden niet worden bewaard."),
    "%(kind)s: %(error)s": _("Technische melding: %(kind)s, %(error)s"),
}


def told(rule: str, values: Mapping[str, object], *, otherwise: str) -> str:
    """The rule with its values, for who reads it now: where in the statement, what is wrong, and the clause of xAPI.

    A rule that no sentence is known for, such as one that is no rule any more, is told as it was kept: `otherwise`.
    """
    try:
        text = str(SENTENCES[rule]) % {name: _as_pages_quote(value) for name, value in values.items()}
    except KeyError:
        # Of a connection that failed, a Dutch sentence was kept that the catalogue knows.
        return gettext(otherwise) if otherwise else ""
    if "path" in values:
        path = str(values["path"])
        where = gettext("Bij ‘%(path)s’") % {"path": path.removeprefix("$.")} if path != "$" else gettext("Bij de uitspraak zelf")
        text = f"{where}: {text}"
    return f"{text.removesuffix('.')} (xAPI {values['clause']})." if values.get("clause") else text


def _as_pages_quote(value: object) -> object:
    """What somebody sent is quoted for tools as a program does."""
    quoted = QUOTED.fullmatch(value) if isinstance(value, str) else None
    return f"‘{quoted['text']}’" if quoted else value
