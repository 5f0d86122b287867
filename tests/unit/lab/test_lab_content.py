from pbxsync_worker.core.model.pattern import matcher
from pbxsync_worker.core.model.protected import ALWAYS
from scripts.lab.content import Age, content, generate
from scripts.lab.hostfiles import HostFacts


def _endpoints(files: dict[str, bytes]) -> int:
    return files["etc/asterisk/pjsip.endpoints.conf"].count(b"type = endpoint")


def test_the_same_seed_gives_the_same_bytes():
    assert content(40, 7) == content(40, 7)


def test_another_seed_gives_other_people():
    assert content(40, 7)["etc/asterisk/voicemail.conf"] != content(40, 8)["etc/asterisk/voicemail.conf"]


def test_every_extension_has_an_endpoint_an_auth_an_aor_and_a_mailbox():
    files = {name.rpartition("/")[2]: data for name, data in content(300, 1).items()}
    assert files["pjsip.endpoints.conf"].count(b"type = endpoint") == 300
    assert files["pjsip.auths.conf"].count(b"type = auth\n") == 300
    assert files["pjsip.aors.conf"].count(b"type = aor\n") == 300
    assert files["voicemail.conf"].count(b"@pbx.example,,attach=") == 300


def test_some_names_have_accents():
    assert "ñ".encode() in content(300, 1)["etc/asterisk/pjsip.endpoints.conf"]


def test_the_old_office_lacks_queues_and_music():
    old = content(12, 1, Age.OLD)
    assert old["etc/asterisk/queues.conf"].count(b"strategy") == 2
    assert not any("moh/calm" in name for name in old)
    assert _endpoints(old) == 12


def test_every_file_of_the_host_is_protected(tmp_path):
    host = HostFacts("a", "127.0.0.9")
    generate(tmp_path, host, extensions=1)
    is_protected = matcher(ALWAYS)
    for path in (tmp_path / "etc/asterisk").iterdir():
        belongs_to_the_host = host.address in path.read_text() or host.ami_secret in path.read_text()
        assert not belongs_to_the_host or is_protected(f"ASTETCDIR/{path.name}".encode()), path.name


def test_no_common_file_is_protected():
    is_protected = matcher(ALWAYS)
    names = [name.removeprefix("etc/asterisk/") for name in content(12, 1) if name.startswith("etc/")]
    assert [name for name in names if is_protected(f"ASTETCDIR/{name}".encode())] == []


def test_files_are_not_readable_by_others(tmp_path):
    generate(tmp_path, HostFacts("a", "127.0.0.9"), extensions=1)
    assert (tmp_path / "etc/asterisk/manager_custom.conf").stat().st_mode & 0o777 == 0o640


def test_the_secret_is_not_shown_when_the_facts_are_printed():
    host = HostFacts("a", "127.0.0.9")
    assert host.ami_secret not in repr(host)


def test_each_host_has_a_secret_of_its_own():
    assert HostFacts("a", "127.0.0.9").ami_secret != HostFacts("b", "127.0.0.9").ami_secret
