"""Every error has a code of its own and a sentence that its fields fill."""

import string

import pytest

from pbxsync_worker.core.model.error_codes import all_codes
from pbxsync_worker.core.model.errors import Bug, Cancelled, NotFound, PbxSyncError, Retry, Stop, Unsupported
from pbxsync_worker.core.model.sentence import as_text, say


def every_error() -> list[type[PbxSyncError]]:
    found, queue = [], [PbxSyncError]
    while queue:
        kind = queue.pop()
        if "code" in vars(kind):  # a kind of our own inside one module has the code of what it is
            found.append(kind)
        queue.extend(kind.__subclasses__())
    return found


def names_in(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_no_code_is_used_twice():
    codes = [kind.code for kind in every_error()]
    assert len(codes) == len(set(codes))


def test_the_list_of_codes_is_complete():
    assert set(all_codes().values()) == set(every_error())


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.code)
def test_its_template_is_filled_by_its_fields(kind):
    fields = {name: f"<{name}>" for name in names_in(kind.template)}
    error = kind(**fields)
    assert str(error) == error.sentence
    assert all(value in error.sentence for value in fields.values())


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.code)
def test_its_advice_needs_no_other_fields(kind):
    assert names_in(kind.remedy) <= names_in(kind.template)
    kind(**dict.fromkeys(names_in(kind.template), "x")).advice  # noqa: B018 - it must not raise


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.code)
def test_its_code_is_made_for_exit_messages_and_the_store(kind):
    assert kind.code == kind.code.lower()
    assert len(kind.code) <= 32


@pytest.mark.parametrize(
    "kind", [kind for kind in every_error() if kind is not PbxSyncError], ids=lambda kind: kind.code
)
def test_it_says_what_the_caller_should_do(kind):
    assert issubclass(kind, (Retry, Stop, Bug))


def test_the_three_kinds_leave_with_different_statuses():
    assert len({kind.exit_status for kind in (PbxSyncError, Retry, Stop, Bug)}) == 4


def test_an_error_without_a_remedy_gives_no_advice():
    assert Cancelled(who="ana").advice == ""
    assert NotFound(what="job", name="x").advice == "Check the name."


def test_an_error_without_a_code_of_its_own_has_that_of_its_kind():
    class Special(NotFound):
        pass

    assert Special.code == "not-found"
    assert all_codes()["not-found"] is NotFound


def test_a_reason_in_its_stored_form_is_read_as_a_sentence():
    error = Unsupported(what=say("Table {table}", table="users"), reason=say("this host has none of this name"))
    assert error.sentence == str(error)
    assert '{"say"' not in error.sentence
    assert "Table users" in error.sentence
    assert "this host has none of this name" in error.sentence


def test_a_reason_is_told_in_the_language_of_its_reader():
    spanish = {"this host has none of this name": "este equipo no tiene ninguna con este nombre"}
    error = Unsupported(what="x", reason=say("this host has none of this name"))
    assert "este equipo no tiene ninguna con este nombre" in as_text(error.told, lambda text: spanish.get(text, text))
