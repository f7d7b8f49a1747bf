from django.core.files.base import ContentFile
from django.core.files.storage import storages


def test_an_uploaded_drawing_opened_on_its_own_may_run_nothing(client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    storages["default"].save("tekening.svg", ContentFile(b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'))

    response = client.get("/media/tekening.svg")

    assert b"<svg" in b"".join(response.streaming_content)
    assert response["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_nothing_outside_the_media_folder_is_served(client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MEDIA_ROOT.mkdir()
    (tmp_path / "geheim.txt").write_text("geheim")

    assert client.get("/media/../geheim.txt").status_code == 400
    assert client.get("/media/%2e%2e/geheim.txt").status_code == 400
