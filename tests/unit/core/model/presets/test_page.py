"""The page about presets says what the data says."""

from tests.unit.core.model.presets.page import PAGE, page


def test_the_page_is_what_the_data_says():
    assert PAGE.read_text(encoding="utf-8") == page()
