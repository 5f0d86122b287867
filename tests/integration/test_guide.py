"""The pictures of the administrator's guide can be taken anew; `scripts/screenshots` puts them into docs/guide/img."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.integration.browser_site import serving
from tests.integration.guide_pictures import LANGUAGES, MOMENTS, take_all

pytestmark = pytest.mark.integration


def test_every_picture_of_the_guide_is_taken_in_both_languages(chromium: Browser, tmp_path: Path) -> None:
    home, folder = tmp_path / "home", Path(os.environ.get("PBXSYNC_GUIDE", tmp_path / "pictures"))
    home.mkdir()
    folder.mkdir(exist_ok=True)
    with serving(home) as site:
        take_all(site, chromium, folder)
    wanted = {f"{language}-{name}.png" for language in LANGUAGES for name in MOMENTS}
    assert {path.name for path in folder.iterdir()} == wanted
