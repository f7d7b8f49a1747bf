import pytest
from django.core.exceptions import ValidationError

from accounts.register_numbers import NumberKind, clean_number, odd_about_big_number


@pytest.mark.parametrize(
    ("typed", "kind", "kept"),
    [
        ("1905 2345 830".replace(" ", " "), NumberKind.BIG, "19052345830"),
        ("19.052.345.830", NumberKind.BIG, "19052345830"),
        ("123456", NumberKind.RELATION, "123456"),
        ("01012345", NumberKind.AGB, "01012345"),
    ],
)
def test_a_number_is_kept_without_spaces_and_dots(typed, kind, kept):
    assert clean_number(typed, kinds=[kind]) == kept


@pytest.mark.parametrize("typed", ["1905234583", "190523458300", "1905234583a", "١٩٠٥٢٣٤٥٨٣٠", ""])
def test_a_number_of_another_shape_is_refused_with_the_shape_that_fits(typed):
    with pytest.raises(ValidationError, match="11 cijfers"):
        clean_number(typed, kinds=[NumberKind.BIG])


def test_an_unusual_big_number_is_a_warning_only():
    assert odd_about_big_number("19052345830") is None
    assert "tweede cijfer" in str(odd_about_big_number("12052345830"))
