"""Blocks refuse what some readers could not use."""

import pytest
from django.core.files.base import ContentFile
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.documents.models import Document
from wagtail.images.models import Image
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import Collection, CollectionViewRestriction

from cms.blocks import CONTENT_BLOCKS, FigureBlock, PageListBlock, VideoBlock
from tests.factories.accounts import UserFactory
from tests.factories.cms import make_article, make_site


@pytest.fixture
def image(db, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    make_site()
    return Image.objects.create(title="Schema", file=get_test_image_file())


def figure(image, **fields):
    block = FigureBlock()
    return block, block.to_python({"image": image.pk, "alt_text": "", "decorative": False, "caption": "", "long_description": "", **fields})


def test_a_picture_without_a_description_is_refused(image):
    block, value = figure(image)

    with pytest.raises(StructBlockValidationError) as refusal:
        block.clean(value)

    assert list(refusal.value.block_errors) == ["alt_text"]


def test_a_picture_of_blanks_is_refused(image):
    block, value = figure(image, alt_text="   ")

    with pytest.raises(StructBlockValidationError):
        block.clean(value)


def test_a_picture_that_only_decorates_needs_none_and_shows_none(image):
    block, value = figure(image, decorative=True, alt_text="een bloem")

    assert 'alt=""' in block.render(block.clean(value))


def test_a_described_picture_shows_its_description_and_the_long_one(image):
    block, value = figure(image, alt_text="Vier vakken", long_description="<p>Lichaam, omgeving, werk, thuis.</p>")

    shown = block.render(block.clean(value))

    assert 'alt="Vier vakken"' in shown
    assert "Lichaam, omgeving, werk, thuis." in shown


def document(name: str) -> Document:
    return Document.objects.create(title=name, file=ContentFile(b"WEBVTT", name=name))


@pytest.mark.parametrize(("video", "captions", "wrong"), [("film.mp4", "film.txt", "captions"), ("film.pdf", "film.vtt", "video")])
def test_a_film_needs_captions_in_a_format_that_browsers_read(image, video, captions, wrong):
    block = VideoBlock()
    value = block.to_python(
        {
            "title": "Film",
            "video": document(video).pk,
            "captions": document(captions).pk,
            "language": "nl",
            "minutes": 2,
            "poster": None,
            "transcript": "<p>x</p>",
        }
    )

    with pytest.raises(StructBlockValidationError) as refusal:
        block.clean(value)

    assert list(refusal.value.block_errors) == [wrong]


def test_a_film_without_a_transcript_is_refused(image):
    block = VideoBlock()
    value = block.to_python(
        {
            "title": "Film",
            "video": document("f.mp4").pk,
            "captions": document("f.vtt").pk,
            "language": "nl",
            "minutes": 2,
            "poster": None,
            "transcript": "",
        }
    )

    with pytest.raises(StructBlockValidationError) as refusal:
        block.clean(value)

    assert list(refusal.value.block_errors) == ["transcript"]


@pytest.mark.django_db
def test_a_list_of_pages_leaves_drafts_out_and_keeps_the_chosen_order():
    first, second, draft = (
        make_article("een", title="Een"),
        make_article("twee", title="Twee"),
        make_article("drie", title="Drie", live=False),
    )
    block = PageListBlock()
    value = block.to_python({"title": "Lezen", "pages": [draft.pk, second.pk, first.pk], "under": None, "count": 3})

    assert [page.title for page in block.get_context(value)["pages"]] == ["Twee", "Een"]


def test_every_kind_of_content_has_a_name_in_dutch():
    assert [name for name, block in CONTENT_BLOCKS if not block.label] == []


def test_a_film_plays_in_ranges_and_its_captions_are_captions(image, client):
    film, captions = document("film.mp4"), document("film.vtt")

    part = client.get(f"/film/{film.pk}/", headers={"range": "bytes=0-2"})
    text = client.get(f"/film/{captions.pk}/")

    assert (part.status_code, part["Content-Type"], part.getvalue()) == (206, "video/mp4", b"WEB")
    assert text["Content-Type"].startswith("text/vtt")
    assert text.getvalue() == b"WEBVTT"


def test_a_document_that_is_no_film_is_not_served_as_one(image, client):
    assert client.get(f"/film/{document('brief.pdf').pk}/").status_code == 404


def test_a_film_in_a_closed_collection_is_only_for_who_may_see_it(image, client):
    closed = Collection.objects.get(depth=1).add_child(name="Besloten")
    CollectionViewRestriction.objects.create(collection=closed, restriction_type=CollectionViewRestriction.LOGIN)
    film = document("film.mp4")
    film.collection = closed
    film.save()

    assert client.get(f"/film/{film.pk}/").status_code == 302
    client.force_login(UserFactory())
    assert client.get(f"/film/{film.pk}/").status_code == 200


def test_a_film_is_shown_with_captions_and_its_text(image):
    block = VideoBlock()
    value = block.to_python(
        {
            "title": "Film",
            "video": document("f.mp4").pk,
            "captions": document("f.vtt").pk,
            "language": "nl",
            "minutes": 2,
            "poster": None,
            "transcript": "<p>Alles wat gezegd wordt.</p>",
        }
    )

    shown = block.render(block.clean(value))

    assert '<track kind="captions" src="/film/' in shown
    assert "Alles wat gezegd wordt." in shown
