"""Forms look like ours without any form knowing it."""

from typing import Any

from django.db.models.fields import BLANK_CHOICE_DASH
from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest
from django.utils.translation import gettext

DASHES = BLANK_CHOICE_DASH[0][1]


class VakwijsRenderer(TemplatesSetting):
    """Renders `{{ form }}` and `{{ form.field.as_field_group }}` with the components `form` and `field`.

    The empty choice of a select, which Django writes as a row of dashes, is said in words; a form that has better ones gives them
    (`empty_label`).
    """

    form_template_name = "cms/components/form/form.html"
    field_template_name = "cms/components/field/field.html"

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        widget = context.get("widget") or {}
        for _group, options, _index in widget.get("optgroups", ()):
            for option in options:
                if option["label"] == DASHES:
                    option["label"] = gettext("Kies …") if widget["required"] else gettext("Geen keuze")
        return super().render(template_name, context, request)
