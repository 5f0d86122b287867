"""freepbx.conf is read and never executed."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbxsync_worker.asterisk.freepbxconf import Login, parse_freepbx_conf
from pbxsync_worker.core.model.errors import Invalid, Unsupported

USUAL = """<?php
// $amp_conf['AMPDBUSER'] = 'commented';
# $amp_conf['AMPDBUSER'] = 'commented';
/* $amp_conf['AMPDBUSER'] = 'commented'; */
$amp_conf['AMPDBUSER'] = 'freepbxuser';
$amp_conf["AMPDBPASS"]="p;a'ss//word";
$amp_conf['AMPDBHOST'] = 'localhost';
$amp_conf['AMPDBNAME'] = 'asterisk';
$amp_conf['AMPDBENGINE'] = 'mysql';
$amp_conf['datasource'] = ''; //for sqlite3

require_once('/var/www/html/admin/bootstrap.php');
?>
"""


def test_the_usual_file_gives_the_log_in_and_the_web_root():
    conf = parse_freepbx_conf(USUAL)
    assert conf.login() == Login("freepbxuser", "p;a'ss//word", "asterisk")
    assert conf.web_root == "/var/www/html"


def test_port_socket_and_database_of_records_are_read():
    more = "$amp_conf['AMPDBPORT'] = 3307; $amp_conf['AMPDBSOCK']='/run/m.sock'; $amp_conf['CDRDBNAME']='cdr';"
    login = parse_freepbx_conf(USUAL.replace("?>", more)).login()
    assert (login.port, login.socket, login.records) == (3307, "/run/m.sock", "cdr")


def test_escapes_mean_what_they_mean_in_php():
    conf = parse_freepbx_conf(r"""<?php $amp_conf['A'] = 'it\'s \\ \n'; $amp_conf['B'] = "a\"\$b\n\\ \q";""")
    assert conf.values == {"A": r"it's \ \n", "B": 'a"$b\n\\ \\q'}


def test_the_last_of_two_values_counts():
    assert parse_freepbx_conf("<?php $amp_conf['A']='1'; $amp_conf['A']='2';").values == {"A": "2"}


def test_other_statements_are_left_alone():
    assert parse_freepbx_conf("<?php $bootstrap['x'] = true; include('/etc/other.php');").values == {}


@pytest.mark.parametrize(
    "statement",
    [
        "$amp_conf['AMPDBPASS'] = 'a' . 'b';",
        "$amp_conf['AMPDBPASS'] = getenv('PASS');",
        "$amp_conf['AMPDBPASS'] = $other;",
        "if (x()) { $amp_conf['AMPDBPASS'] = 'a'; }",
        "$amp_conf[KEY] = 'a';",
        '$amp_conf["A"] = "$x";',
        '$amp_conf["A"] = "{$x}";',
        r'$amp_conf["A"] = "\x41";',
        "$amp_conf = array('AMPDBPASS' => 'a');",
    ],
)
def test_it_refuses_what_only_php_could_tell(statement):
    with pytest.raises(Invalid, match="computed"):
        parse_freepbx_conf(f"<?php {statement}")


@pytest.mark.parametrize("name", ["AMPDBUSER", "AMPDBPASS", "AMPDBNAME"])
def test_it_refuses_a_log_in_without(name):
    with pytest.raises(Invalid, match=name):
        parse_freepbx_conf(USUAL.replace(name, "OTHER")).login()


def test_it_refuses_a_port_that_is_none():
    with pytest.raises(Invalid, match="AMPDBPORT"):
        parse_freepbx_conf(USUAL + "<?php $amp_conf['AMPDBPORT'] = '99999';").login()


def test_it_refuses_another_database():
    with pytest.raises(Unsupported, match="sqlite"):
        parse_freepbx_conf(USUAL.replace("'mysql'", "'sqlite3'")).login()


def test_the_password_is_never_shown():
    conf = parse_freepbx_conf(USUAL)
    assert "ass" not in repr(conf)
    assert "ass" not in repr(conf.login()).replace("password", "")


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=30))
def test_every_password_comes_through_single_quotes(password):
    written = password.replace("\\", "\\\\").replace("'", "\\'")
    assert parse_freepbx_conf(f"<?php $amp_conf['P'] = '{written}';").values == {"P": password}


@given(st.text(alphabet="<?php$amp_conf['A']=\"; \\/#*\n", max_size=60))
def test_nonsense_raises_nothing_but_a_refusal(text):
    with suppress(Invalid):
        parse_freepbx_conf(text)
