import pytest

from pbxsync_worker.asterisk.config import read_config
from pbxsync_worker.asterisk.dialplan import Dialplan, read_dialplan
from tests.fakes.ami_config import MemoryView


def _plan(text: str) -> Dialplan:
    config = read_config(MemoryView({"extensions.conf": text}), "extensions.conf")
    assert config is not None
    return read_dialplan(config)


def _numbers(text: str) -> list[str]:
    return sorted(priority for _, _, _, priority in _plan("[c]\n" + text).priorities)


def test_general_globals_templates_and_empty_contexts_are_no_contexts():
    plan = _plan("[general]\na=b\n[globals]\nX=1\n[t](!)\nexten=>1,1,NoOp\n[empty]\n[c](t)\n[d]\ninclude=>c\n")
    assert plan.contexts == {"c", "d"}


@pytest.mark.parametrize(
    ("lines", "numbers"),
    [
        ("exten => 1,1,NoOp()\nexten => 1,n,NoOp()\nsame => n,NoOp()\n", ["1", "2", "3"]),
        ("exten => 1,1,NoOp()\nsame => n(here),NoOp()\nsame => n+2,NoOp()\n", ["1", "2", "5"]),
        ("exten => 1,hint,PJSIP/1\nexten => 1,1,NoOp()\n", ["1", "hint"]),
        ("exten => 1,hint,PJSIP/1\nsame => n,NoOp()\n", ["hint"]),
        ("exten => 1,1,NoOp()\nexten => 1,1,NoOp()\n", ["1"]),
        ("exten => 1,1(start),NoOp()\nexten => 1,start,Answer()\n", ["1"]),
        ("exten => 1/100,1,NoOp()\nexten => 1,1,NoOp()\n", ["1", "1"]),
    ],
)
def test_priorities_are_counted_as_asterisk_counts(lines, numbers):
    assert _numbers(lines) == numbers


@pytest.mark.parametrize(
    "line",
    [
        "exten => 1,x,NoOp()",
        "exten => 1,0,NoOp()",
        "exten => 1,n,NoOp()",
        "exten => 1,s,NoOp()",
        "same => n,NoOp()",
        "exten => 1,1(open,NoOp()",
        "exten => 1,1,NoOp(open",
    ],
)
def test_it_finds_what_asterisk_would_skip(line):
    assert len(_plan(f"[c]\n{line}\n").faults) == 1


@pytest.mark.parametrize(
    "line",
    [
        "exten => 1,1,NoOp",
        "exten => 1,1,Set(a=$[1+(2)])",
        "exten => 1,hint,DAHDI/${GLOBAL(x)}",
        "exten => _X.,1,Dial(PJSIP/${EXTEN},20,b(x^y(1)))",
    ],
)
def test_it_finds_nothing_wrong_with_good_lines(line):
    assert _plan(f"[c]\n{line}\n").faults == ()


def test_a_label_of_an_included_context_is_not_called_wrong():
    plan = _plan("[a]\nexten => 1,1(here),NoOp()\n[b]\ninclude => a\nexten => 1,here,NoOp()\n")
    assert plan.faults == ()
    assert not plan.exact


def test_an_extension_from_a_variable_makes_it_inexact():
    assert not _plan("[c]\nexten => ${X},1,NoOp()\n").exact


def test_applications_are_collected_without_hints_and_variables():
    plan = _plan("[c]\nexten => 1,hint,PJSIP/1\nexten => 1,1,NoOp()\nsame => n,${APP}(x)\nsame => n,dial(x)\n")
    assert set(plan.applications) == {"noop", "dial"}
