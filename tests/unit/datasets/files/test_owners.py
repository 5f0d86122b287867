import os
import pwd

import pytest

from pbxsync_worker.datasets.files.owners import Owners

UNKNOWN = 3_999_999_999


def test_numbers_have_names_where_the_host_knows_them():
    assert Owners().user(0) == "root"
    assert Owners().group(0) == "root"


def test_a_number_without_a_name_is_written_with_a_hash():
    assert Owners().user(UNKNOWN) == f"#{UNKNOWN}"
    assert Owners().user_number(f"#{UNKNOWN}") == UNKNOWN
    assert Owners().group_number(f"#{UNKNOWN}") == UNKNOWN


@pytest.mark.parametrize("name", ["nobody-has-this-name", "#", "#-1", "#x", "#4294967295", "#99999999999", "a\0b", ""])
def test_an_unknown_or_impossible_name_has_no_number(name):
    assert Owners().user_number(name) is None
    assert Owners().group_number(name) is None


def test_without_privilege_only_our_own_names_can_be_given():
    owners = Owners(privileged=False)
    own = pwd.getpwuid(os.geteuid()).pw_name
    assert owners.own_user == own
    assert owners.may_give_user(own)
    assert not owners.may_give_user(f"#{UNKNOWN}")
    assert owners.may_give_group(owners.own_group)
    assert not owners.may_give_group(f"#{UNKNOWN}")


def test_with_privilege_every_known_name_can_be_given():
    owners = Owners(privileged=True)
    assert owners.may_give_user("daemon")
    assert not owners.may_give_user("nobody-has-this-name")
