"""The frameworks that every installation starts with. Sources: V&VN and KNMG."""

from typing import Any

from accounts.models import Profession
from competencies.models import Competency, Framework

FRAMEWORKS: dict[str, dict[str, Any]] = {
    "canmeds-vpk": {
        "name": "CanMEDS voor verpleegkundigen",
        "professions": ["vpk", "vs-agz", "vs-ggz", "vig"],
        "source": "CanMEDS-rollen verpleegkundige (beroepsprofiel V&VN)",
        "competencies": [
            ("zorgverlener", "Zorgverlener", "Je verleent zorg die past bij wat iemand wil en kan, ook in het werk."),
            ("communicator", "Communicator", "Je voert het gesprek zo dat de ander zich gehoord weet en mee kan beslissen."),
            ("samenwerkingspartner", "Samenwerkingspartner", "Je werkt samen binnen het team en over de grenzen van domeinen heen."),
            ("reflectieve-professional", "Reflectieve EBP-professional", "Je onderbouwt wat je doet en leert van wat je ziet."),
            ("gezondheidsbevorderaar", "Gezondheidsbevorderaar", "Je helpt iemand gezond te blijven en mee te doen."),
            ("organisator", "Organisator", "Je regelt en bewaakt de zorg, zodat iemand weet waar hij aan toe is."),
            (
                "professional-kwaliteitsbevorderaar",
                "Professional en kwaliteitsbevorderaar",
                "Je bewaakt de kwaliteit van je vak en helpt die verbeteren.",
            ),
        ],
    },
    "canmeds-arts": {
        "name": "CanMEDS voor artsen",
        "professions": ["arts", "bedrijfsarts", "kag-io", "kag"],
        "source": "CanMEDS-competenties voor medische vervolgopleidingen (KNMG); leiderschap sinds 2020",
        "competencies": [
            ("medisch-handelen", "Medisch handelen", "Je onderzoekt, weegt en behandelt naar de stand van het vak."),
            ("communicatie", "Communicatie", "Je bespreekt bevindingen en keuzes zo dat de ander ermee verder kan."),
            ("samenwerking", "Samenwerking", "Je adviseert en overlegt met wie er verder bij betrokken is."),
            ("kennis-en-wetenschap", "Kennis en wetenschap", "Je gebruikt, deelt en vermeerdert kennis."),
            (
                "maatschappelijk-handelen",
                "Maatschappelijk handelen",
                "Je kent de regels en belangen rond werk en zorg en handelt daarnaar.",
            ),
            ("leiderschap", "Leiderschap", "Je draagt bij aan de inrichting en verbetering van de zorg."),
            ("professionaliteit", "Professionaliteit", "Je kent je grenzen en legt verantwoording af over wat je doet."),
        ],
    },
}


def load() -> None:
    """Add the frameworks that are missing; what an administrator changed stays as it is."""
    for code, facts in FRAMEWORKS.items():
        framework, created = Framework.objects.get_or_create(code=code, defaults={"name": facts["name"], "source": facts["source"]})
        if created:
            framework.professions.set(Profession.objects.filter(code__in=facts["professions"]))
        for order, (slug, name, description) in enumerate(facts["competencies"]):
            Competency.objects.get_or_create(
                code=f"{code}:{slug}", defaults={"framework": framework, "name": name, "description": description, "order": order}
            )
