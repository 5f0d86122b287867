"""`pbxsync doctor`: what it sees, its remedies and its exit status."""

from sqlalchemy import update

from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.core.store.tables import audit
from pbxsync_worker.wiring.doctor import let_write


def checks(said):
    return {check["name"]: check for check in said.value}


def test_where_something_is_missing_it_exits_with_one_and_a_remedy(installed):
    said = installed.json("doctor")
    bad = [check for check in said.value if not check["well"]]
    assert said.status == 1
    assert {"log"} <= {check["name"] for check in bad}
    assert all(check["remedy"] for check in bad)


def test_what_is_well_is_told_as_well(installed):
    found = checks(installed.json("doctor"))
    well = (
        "identity",
        "keys",
        "ASTETCDIR",
        "ASTVARLIBDIR",
        "ASTSPOOLDIR",
        "ASTDATADIR",
        "room",
        "librsync",
        "audit log",
    )
    assert [name for name in well if not found[name]["well"]] == []
    assert found["identity"]["saw"] == "one"


def test_a_host_with_everything_is_well(installed, tmp_path):
    (tmp_path / "full").touch()
    with (installed.home / "pbxsync.toml").open("a") as file:
        file.write(f'asterisk_log = "{tmp_path / "full"}"\n')
    secret = installed.home / "keys/ami.secret"
    secret.write_text("geheim\n")
    said = installed.json("doctor")
    # Nothing listens on the AMI port and on the control socket: this Asterisk is proven down, which is allowed.
    assert ([check for check in said.value if not check["well"]], said.status) == ([], 0)


def test_in_words_each_check_has_its_line_and_each_bad_one_its_remedy(installed):
    said = installed("doctor")
    assert said.status == 1
    assert "ok   identity: one\n" in said.out
    assert "BAD  log: " in said.out
    assert "logger.conf" in said.out


def test_keys_that_others_can_read_are_bad(installed):
    (installed.home / "keys").chmod(0o755)
    found = checks(installed.json("doctor"))["keys"]
    assert (found["well"], found["remedy"]) == (False, f"Run `chmod 700 {installed.home}/keys`.")


def test_a_place_that_is_not_there_is_bad(installed, tmp_path):
    (tmp_path / "pbx/astspooldir").rmdir()
    found = checks(installed.json("doctor"))["ASTSPOOLDIR"]
    assert (found["well"], found["remedy"]) == (False, "Check asterisk_conf in the settings.")


def test_looking_leaves_nothing_behind(installed, tmp_path):
    installed.json("doctor")
    assert [path for path in (tmp_path / "pbx").rglob("*") if not path.is_dir()] == []


def test_before_init_it_says_what_to_do_first(line):
    said = line.json("doctor")
    found = checks(said)
    assert said.status == 1
    assert (found["identity"]["well"], found["identity"]["remedy"]) == (False, "Run `pbxsync init`.")


def test_a_changed_audit_log_is_bad(installed):
    here = installed.here()
    here.store.audit.add("ann", "did", "something")
    with here.store.database.write() as connection:
        connection.execute(update(audit).values(who="bob"))
    found = checks(installed.json("doctor"))["audit log"]
    assert (found["well"], found["saw"]) == (False, "line 1 was changed or is missing")


def test_who_may_not_write_is_named():
    assert as_text(let_write(0)) == "Let the user root write there, by group."


def test_a_user_without_a_name_is_told_by_number():
    assert as_text(let_write(2**31 - 7)) == "Let the user 2147483641, who has no name here, write there, by group."
