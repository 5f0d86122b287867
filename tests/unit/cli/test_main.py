"""Answers and exit codes of every command: one JSON value, also for what went wrong."""

import pytest

from pbxsync_worker.cli.main import cli
from pbxsync_worker.core.model.run import State
from pbxsync_worker.core.store.catalogues import Signed, document_of
from tests.unit.core.values import catalogue, run

LISTS = [("runs",), ("hosts",), ("jobs",), ("datasets",), ("states",), ("farm", "list"), ("recover",)]


@pytest.mark.parametrize("words", LISTS, ids=" ".join)
def test_a_list_of_nothing_is_one_json_value_and_good(installed, words):
    said = installed.json(*words)
    assert said.status == 0
    assert said.value in ([], {"me": said.value["me"], "peers": []} if words == ("hosts",) else [])


@pytest.mark.parametrize("words", LISTS, ids=" ".join)
def test_a_list_is_told_in_words_as_well(installed, words):
    said = installed(*words)
    assert (said.status, bool(said.out.strip()), said.err) == (0, True, "")


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (("show", "nothing"), 2, "not-found"),
        (("cancel", "nothing"), 2, "not-found"),
        (("rollback", "nothing"), 2, "not-found"),
        (("plan", "nothing"), 2, "not-found"),
        (("sync", "nothing"), 2, "not-found"),
        (("hosts", "confirm", "nobody"), 2, "not-found"),
        (("hosts", "revoke", "nobody"), 2, "not-found"),
        (("hosts", "check", "nobody"), 2, "not-found"),
        (("farm", "create", "f", "--replica", "nobody"), 2, "not-found"),
        (("join", "not-a-code", "--give", "receive"), 2, "invalid"),
        (("pair",), 2, "usage"),
        (("pair", "--give", "everything"), 2, "usage"),
        (("worker", "nonsense"), 2, "usage"),
        (("nonsense",), 2, "usage"),
    ],
)
def test_a_refusal_is_one_json_value_with_its_code_and_exit_status(installed, words, status, code):
    said = installed.json(*words)
    assert (said.status, said.value["error"]) == (status, code)
    assert said.value["sentence"]


def test_a_refusal_in_words_has_sentence_code_and_remedy_and_prints_no_result(installed):
    said = installed("show", "nothing")
    assert (said.status, said.out) == (2, "")
    assert said.err == "There is no run nothing [not-found]\nCheck the name.\n"


@pytest.mark.parametrize("words", [("hosts",), ("pair", "--give", "send"), ("sync", "j"), ("recover",), ("monitor",)])
def test_before_init_a_command_says_that_init_is_needed(line, words):
    said = line(*words)
    assert (said.status, said.out) == (2, "")
    assert "[not-found]" in said.err


def test_bad_settings_are_told_all_together(installed):
    with (installed.home / "pbxsync.toml").open("a") as file:
        file.write('keep_states = "many"\nnonsense = 1\n')
    said = installed.json("runs")
    assert (said.status, said.value["error"]) == (2, "invalid")
    assert "keep_states" in said.value["sentence"]
    assert "nonsense" in said.value["sentence"]


def test_what_nobody_foresaw_is_a_bug_with_its_own_exit_status(installed):
    (installed.home / "store.sqlite").unlink()
    (installed.home / "store.sqlite").mkdir()
    said = installed.json("runs")
    assert (said.status, said.value["error"]) == (70, "bug")


def test_help_is_good_and_tells_the_exit_codes(line):
    said = line("--help")
    assert said.status == 0
    assert "75 try again later" in said.out


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_every_command_has_help(line, name):
    said = line(name, "--help")
    assert said.status == 0
    assert "Usage:" in said.out


@pytest.mark.parametrize("name", sorted(set(cli.commands) - {"up", "web", "peer", "worker", "monitor"}))
def test_every_command_that_tells_something_can_tell_it_as_json(line, name):
    command = cli.commands[name]
    parts = getattr(command, "commands", None)
    for one in [*parts.values()] if parts else [command]:
        assert "--json" in [option for param in one.params for option in param.opts]


def test_a_code_for_pairing_is_told(installed):
    said = installed.json("pair", "--give", "send")
    assert (said.status, list(said.value)) == (0, ["code"])
    assert "pbxsync join CODE" in installed("pair", "--give", "send").out


def test_a_run_is_shown_whole_by_the_beginning_of_its_id(installed):
    store = installed.here().store
    store.runs.request([run("abc123def456")])
    store.runs.move(store.runs.get("abc123def456"), State.FAILED, "it broke", "bug")
    said = installed.json("show", "abc1")
    assert (said.value["run"]["state"], said.value["run"]["error"], said.value["plan"]) == ("FAILED", "bug", None)
    assert [move["after"] for move in said.value["moves"]] == ["REQUESTED", "FAILED"]
    assert "FAILED: it broke [bug]" in installed("show", "abc1").out


def test_runs_are_listed_newest_first_and_as_many_as_wanted(installed):
    store = installed.here().store
    for number in range(3):
        store.runs.request([run(f"r{number}", requested_at=float(number + 1))])
    assert [one["id"] for one in installed.json("runs", "--limit", "2").value] == ["r2", "r1"]
    assert "r0" in installed("runs").out


def test_a_cancelled_run_is_asked_to_stop(installed):
    store = installed.here().store
    store.runs.request([run("abc")])
    said = installed.json("cancel", "abc")
    assert (said.status, said.value["cancel_by"]) == (0, "command line")


def test_a_run_that_was_cut_off_is_ended_by_recover(installed):
    store = installed.here().store
    store.runs.request([run("abc")])
    store.runs.move(store.runs.get("abc"), State.SCANNING)
    said = installed.json("recover")
    assert [(one["id"], one["state"], one["error"]) for one in said.value] == [("abc", "FAILED", "interrupted")]


def test_while_a_worker_is_at_work_recover_leaves_it_alone(installed):
    with installed.here().host_lock():
        said = installed.json("recover")
    assert (said.status, said.value["error"]) == (2, "stop")


def test_a_farm_cannot_have_the_name_of_another(installed):
    here = installed.here()
    document = document_of(catalogue("office"))
    here.store.catalogues.save(Signed(document, here.identity.id, here.identity.sign(document)))
    said = installed.json("farm", "create", "office", "--replica", "two")
    assert (said.status, said.value["error"]) == (2, "invalid")
