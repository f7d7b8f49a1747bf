"""Blocks of the pages that accreditation edits in the CMS."""

from django.utils.translation import gettext_lazy as _
from wagtail.blocks import CharBlock, StructBlock
from wagtail.images.blocks import ImageChooserBlock


class SignatoryBlock(StructBlock):
    """Who signs certificates: name, office in both languages, and a picture of the signature."""

    name = CharBlock(label=_("Naam"), max_length=60)
    office_nl = CharBlock(label=_("Functie"), max_length=60, required=False)
    office_en = CharBlock(label=_("Functie in het Engels"), max_length=60, required=False)
    signature = ImageChooserBlock(label=_("Beeld van de handtekening"), required=False)

    class Meta:
        label = _("Ondertekenaar")
        icon = "user"
