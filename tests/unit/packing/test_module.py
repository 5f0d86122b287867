"""The FreePBX module as it is packed."""

import re
import tarfile
from xml.etree import ElementTree as ET

import pytest
from babel.messages.pofile import read_po

from scripts.packing.module import MODULE, files, pack

PHP = [path for path in MODULE.rglob("*.php") if "utests" not in path.parts]
SAID = re.compile(r"\b_\('((?:[^'\\]|\\.)*)'\)")


@pytest.fixture(scope="module")
def description():
    return ET.parse(MODULE / "module.xml").getroot()


def test_it_is_one_folder_with_everything_and_no_tests(tmp_path):
    with tarfile.open(pack(tmp_path)) as archive:
        names = archive.getnames()
    assert all(name.startswith("pbxsync/") for name in names)
    assert {"pbxsync/module.xml", "pbxsync/Pbxsync.class.php", "pbxsync/page.pbxsync.php"} <= set(names)
    assert not [name for name in names if "utests" in name or "phpunit" in name]


def test_the_same_tree_gives_the_same_bytes(tmp_path):
    assert pack(tmp_path / "a").read_bytes() == pack(tmp_path / "b").read_bytes()


def test_translations_are_compiled():
    assert "i18n/es_ES/LC_MESSAGES/pbxsync.mo" in dict(files())


def test_every_sentence_of_the_module_is_in_spanish():
    said = {text.replace("\\'", "'") for path in PHP for text in SAID.findall(path.read_text())}
    with (MODULE / "i18n/es_ES/LC_MESSAGES/pbxsync.po").open("rb") as file:
        known = {message.id for message in read_po(file) if message.id and message.string}
    assert said == known


def test_every_hook_names_a_method_that_exists(description):
    text = (MODULE / "Pbxsync.class.php").read_text()
    methods = [one.text for one in description.iter("method")]
    assert methods != []
    assert [name for name in methods if f"public function {name}(" not in text] == []


def test_every_menu_item_that_is_seen_has_its_page(description):
    seen = [item.tag for item in description.find("menuitems") if item.get("hidden") != "true"]
    assert [name for name in seen if not (MODULE / f"page.{name}.php").is_file()] == []


def test_every_console_command_has_its_class(description):
    names = [one.text for one in description.iter("name") if one.text != description.findtext("name")]
    assert [name for name in names if not (MODULE / f"Console/{name.capitalize()}.class.php").is_file()] == []


def test_the_sections_of_tickets_are_menu_items(description):
    items = {item.tag for item in description.find("menuitems")}
    text = (MODULE / "src/Ticket.php").read_text()
    sections = re.search(r"SECTIONS = \[(.*?)\]", text)
    assert sections is not None
    assert set(re.findall(r"'(\w+)'", sections[1])) == items


def test_both_sides_know_the_same_sections():
    text = (MODULE / "src/Ticket.php").read_text()
    from pbxsync_web.ticket import _ROLES, PREFIX  # noqa: PLC0415 - the only test that needs both sides

    assert all(f"'{name}'" in text for name in _ROLES)
    assert repr(PREFIX.decode())[1:-1] in text
