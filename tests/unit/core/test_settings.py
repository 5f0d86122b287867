"""Settings from the file and the environment."""

from pathlib import Path

import pytest

from pbxsync_worker.core.model.dataset import Place
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.settings import load


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


def settings(home: Path, text: str = "", **environment: str):
    home.mkdir(exist_ok=True)
    (home / "pbxsync.toml").write_text(text)
    return load({"PBXSYNC_HOME": str(home), **{f"PBXSYNC_{name}": value for name, value in environment.items()}})


def test_without_a_file_everything_has_a_default(home):
    found = load({"PBXSYNC_HOME": str(home)})
    assert (found.home, found.keep_states, found.secure_cookies) == (home, 10, False)
    assert found.store == f"sqlite:///{home}/store.sqlite"
    assert found.redis == f"unix://{home}/run/redis.sock"


def test_our_own_folders_lie_in_our_home(home):
    found = settings(home)
    assert {found.keys.parent, found.sockets.parent, found.journal.parent} == {home}


def test_the_file_is_read_with_its_types(home):
    found = settings(
        home, 'keep_states = 3\nsecure_cookies = true\nasterisk_conf = "/x/a.conf"\nprotected = ["a", "b"]\n'
    )
    assert (found.keep_states, found.secure_cookies) == (3, True)
    assert (found.asterisk_conf, found.protected) == (Path("/x/a.conf"), ("a", "b"))


def test_the_environment_wins_over_the_file(home):
    assert settings(home, 'name = "file"', NAME="environment").name == "environment"
    assert settings(home, "ami_port = 1", AMI_PORT="2").ami_port == 2
    assert settings(home, SECURE_COOKIES="yes").secure_cookies is True
    assert settings(home, STORE_URL="sqlite:///x", REDIS_URL="redis://r").redis == "redis://r"


def test_a_choice_inside_a_protected_pattern_is_not_torn_apart(home):
    found = settings(home, PROTECTED="ASTETCDIR/{a,b}.conf,ASTETCDIR/c.conf")
    assert found.protected == ("ASTETCDIR/{a,b}.conf", "ASTETCDIR/c.conf")


def test_all_problems_are_told_at_once(home):
    text = 'ami_port = "x"\nsecure_cookies = "maybe"\nprotected = "no list"\nnonsense = 1\n'
    with pytest.raises(Invalid) as caught:
        settings(home, text, KEEP_STATES="many")
    for word in ("ami_port", "secure_cookies", "protected", "nonsense", "keep_states", "pbxsync.toml"):
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("keep_states = 0", "keep_states"),
        ("ami_port = 70000", "ami_port"),
        ("ami_port = true", "ami_port"),
        ('log_level = "LOUD"', "log_level"),
        ('protected = ["{never closed"]', "never closed"),
        ("name = [1]", "name"),
        ("workers = 0", "workers"),
        ("contents_quota = -1", "contents_quota"),
        ("this is no toml", "pbxsync.toml"),
    ],
)
def test_it_refuses_a_value_that_cannot_be(home, text, word):
    with pytest.raises(Invalid, match=word):
        settings(home, text)


def test_a_file_that_cannot_be_read_is_a_problem(home):
    (home / "pbxsync.toml").mkdir(parents=True)
    with pytest.raises(Invalid, match="directory"):
        load({"PBXSYNC_HOME": str(home)})


CONF = """\
; the sample's template mark, arrows and comments
[directories](!)
astetcdir => /pbx/etc   ; ours
  astspooldir=>/pbx/spool
astlogdir => /pbx/log
astrundir => /pbx/run
[options]
verbose = 3
"""


def test_places_come_from_asterisks_own_configuration(home, tmp_path):
    (tmp_path / "asterisk.conf").write_text(CONF)
    found = settings(home, f'asterisk_conf = "{tmp_path}/asterisk.conf"')
    assert found.places == {
        Place.ETC: Path("/pbx/etc"),
        Place.SPOOL: Path("/pbx/spool"),
        Place.VARLIB: Path("/var/lib/asterisk"),
        Place.DATA: Path("/var/lib/asterisk"),
        Place.LOG: Path("/pbx/log"),
    }
    assert found.log_file == Path("/pbx/log/full")
    assert found.control_socket == Path("/pbx/run/asterisk.ctl")


@pytest.mark.parametrize("conf", ["", "[options]\n", "[directories]\nastetcdir =>\n", "[directories]\nastetcdir\n"])
def test_a_configuration_that_says_nothing_means_the_usual_places(home, tmp_path, conf):
    (tmp_path / "asterisk.conf").write_text(conf)
    found = settings(home, f'asterisk_conf = "{tmp_path}/asterisk.conf"')
    assert found.places[Place.ETC] == Path("/etc/asterisk")


def test_lines_before_the_first_section_do_not_hide_the_rest(home, tmp_path):
    (tmp_path / "asterisk.conf").write_text("#include other.conf\n" + CONF)
    found = settings(home, f'asterisk_conf = "{tmp_path}/asterisk.conf"')
    assert found.places[Place.ETC] == Path("/pbx/etc")


def test_without_asterisk_the_usual_places_are_meant(home, tmp_path):
    found = settings(home, f'asterisk_conf = "{tmp_path}/none"\nasterisk_log = "/x/full"')
    assert (found.places[Place.ETC], found.log_file) == (Path("/etc/asterisk"), Path("/x/full"))


def test_the_ami_secret_is_read_from_its_file(home):
    found = settings(home)
    found.keys.mkdir()
    (found.keys / "ami.secret").write_text("s3cret\n")
    assert found.ami_secret == "s3cret"


def test_a_missing_ami_secret_is_told_with_its_path(home):
    with pytest.raises(Invalid, match=r"ami\.secret.*cannot be read"):
        _ = settings(home).ami_secret


def test_the_patience_of_the_sweeper_can_be_set(home):
    assert settings(home).sweep_seconds == 15
    assert settings(home, "sweep_seconds = 1\n").sweep_seconds == 1
