"""Forms look like ours without any form knowing it."""

from django.forms.renderers import TemplatesSetting


class VakwijsRenderer(TemplatesSetting):
    """Renders `{{ form }}` and `{{ form.field.as_field_group }}` with the components `form` and `field`."""

    form_template_name = "cms/components/form/form.html"
    field_template_name = "cms/components/field/field.html"
