import pytest

from scripts.lab.content import content
from scripts.lab.damage import with_bad_options

ENDPOINTS = content(20, 1)["etc/asterisk/pjsip.endpoints.conf"].decode()


def test_two_endpoints_get_a_bad_option():
    broken = with_bad_options(ENDPOINTS)
    assert broken.count("colour = blue\n") == 1
    assert broken.count("allow = morse,") == 1


def test_every_section_is_still_there():
    broken = with_bad_options(ENDPOINTS)
    assert broken.count("[20") == ENDPOINTS.count("[20") == 20
    assert broken.count("type = endpoint") == 20


def test_it_refuses_a_file_with_too_few_endpoints():
    with pytest.raises(ValueError, match="three"):
        with_bad_options("[1]\ntype = endpoint\n")
