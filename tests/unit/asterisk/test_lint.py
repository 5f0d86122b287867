import pytest

from pbxsync_worker.asterisk.lint import lint, unnoticed
from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.item import Attributes, Item, ItemKind
from pbxsync_worker.core.model.pbx import Finding, Level
from tests.fakes.ami_config import MemoryView


def _phone(number: int) -> str:
    return (
        f"[{number}]\ntype=endpoint\ntransport=udp\naors={number}\nauth={number}-auth\n"
        f"[{number}]\ntype=aor\n[{number}-auth]\ntype=auth\n"
    )


GOOD = MemoryView(
    {
        "pjsip.conf": "[udp]\ntype=transport\n#include phones.conf\n#include own.conf\n",
        "phones.conf": "".join(map(_phone, range(1001, 1006))),
        "own.conf": "; nothing yet\n",
        "extensions.conf": "[general]\n[office]\nexten => 1,1,Answer()\n same => n,Hangup()\n",
        "voicemail.conf": "[general]\nformat=wav\n[default]\n1001 => 1,A\n1002 => 2,B\n",
        "queues.conf": "[600]\nstrategy=ringall\n",
        "musiconhold.conf": "[default]\nmode=files\n",
        "http.conf": "[general]\nenabled=no\n",
    }
)
PHONES = GOOD.files["phones.conf"]


def _lint(before: MemoryView = GOOD, **edits: str | bytes | None) -> tuple[Finding, ...]:
    files = {f"{name}.conf": text for name, text in edits.items()}
    return lint(before, before.plus(files), files)


def _fatal(before: MemoryView = GOOD, **edits: str | bytes | None) -> list[str]:
    return [one.sentence for one in _lint(before, **edits) if one.level is Level.FATAL]


def _held(before: MemoryView = GOOD, **edits: str | bytes | None) -> list[str]:
    return [one.sentence for one in _lint(before, **edits) if one.level is Level.HOLD]


def test_unchanged_files_have_no_findings():
    assert lint(GOOD, GOOD, ()) == ()


def test_a_good_change_has_no_findings():
    assert _lint(own=_phone(1099)) == ()


@pytest.mark.parametrize(
    ("edits", "told"),
    [
        ({"own": "[broken\n"}, "no closing ']'"),
        ({"own": "[a](base\n"}, "no closing ')'"),
        ({"own": "#include gone.conf\n"}, "gone.conf does not exist"),
        ({"phones": None}, "phones.conf does not exist"),
        ({"own": b"[a]\ntype=aor\nx=\0\n"}, "NUL bytes"),
        ({"own": b"[a]\ntype=aor\nx=\x01\n"}, "control bytes"),
        ({"own": "[a]\ntype=aor\nnonsense\n"}, "no '='"),
        ({"own": "[1001]\ntype=endpoint\n"}, "a second endpoint"),
        ({"own": "[1099]\ncontext=office\n"}, "no type="),
        ({"own": "[1099]\ntype=endpoint\ntransport=wss\n"}, "names the transport [wss]"),
        ({"own": "[1099]\ntype=endpoint\naors=1001,1099\n"}, "names the aor [1099]"),
        ({"own": "[1099]\ntype=endpoint\nauth=x\n"}, "names the auth [x]"),
        ({"own": "[t]\ntype=registration\noutbound_auth=x\n"}, "names the auth [x]"),
        ({"own": "[t]\ntype=identify\nendpoint=x\n"}, "names the endpoint [x]"),
        ({"extensions": "[office]\nexten => 1,x,Answer()\n"}, "neither a number nor a known label"),
        ({"extensions": "[office]\nexten => 1,1,Answer(\n"}, "no closing ')'"),
        ({"extensions": "x=1\n[office]\n"}, "before the first section"),
        ({"mystery": "[broken\n"}, "no closing ']'"),
    ],
)
def test_it_refuses_what_would_damage_the_pbx(edits, told):
    assert any(told in sentence for sentence in _fatal(**edits))


@pytest.mark.parametrize(
    ("edits", "told"),
    [
        ({"own": "#exec /bin/x\n"}, "run a program"),
        ({"phones": b""}, "now empty"),
        ({"phones": b"; all gone\n"}, "now empty"),
        ({"phones": PHONES[: len(PHONES) // 2]}, "sections would be left"),
        ({"pjsip": None}, "would be gone"),
        ({"extensions": None}, "would be gone"),
        ({"voicemail": None}, "would be gone"),
        ({"voicemail": ""}, "now empty"),
        ({"queues": None}, "would be gone"),
        ({"queues": ""}, "now empty"),
        ({"musiconhold": None}, "would be gone"),
        ({"musiconhold": ""}, "now empty"),
        ({"extensions": "[office]\nexten => 1,1,NoSuchApp()\n"}, "no Asterisk has the application 'nosuchapp'"),
    ],
)
def test_it_holds_what_somebody_may_mean_but_must_look_at(edits, told):
    assert any(told in sentence for sentence in _held(**edits))


@pytest.mark.parametrize(
    ("edits", "told"),
    [
        ({"http": None}, "would be gone"),
        ({"http": ""}, "now empty"),
    ],
)
def test_it_only_tells_what_an_administrator_may_mean(edits, told):
    (finding,) = _lint(**edits)
    assert finding.level is Level.WARNING
    assert told in finding.sentence


@pytest.mark.parametrize(
    "edits",
    [
        {"own": "#tryinclude gone.conf\n"},
        {"own": "[base](!)\ncontext=office\n"},
        {"own": "[1001](+)\ncontext=office\n"},
        {"own": "[base](!)\ntype=endpoint\n[1099](base)\n"},
        {"own": "[general]\n"},
        {"own": "[0]\n#include phones2.conf\n", "phones2": _phone(1077)},
        {"extensions": GOOD.files["extensions.conf"] + b"[ny]\nexten => 2,1,Answer\n"},
        {"own": '[1099]\ntype=endpoint\ncallerid="\u00d1and\u00fa" <1>\n'},
        {"mystery": "no section at all = fine\n"},
        {"notes": None},
    ],
)
def test_it_lets_good_files_pass(edits):
    assert _lint(**edits) == ()


def test_an_old_oddity_does_not_stop_a_run():
    before = GOOD.plus({"own.conf": "nonsense\n[a]\ncontext=x\n"})
    found = lint(before, before.plus({"own.conf": "\n\nnonsense\n[a]\ncontext=x\n"}), ["own.conf"])
    assert found
    assert {one.level for one in found} == {Level.WARNING}


def test_a_new_fault_beside_an_old_one_stops_it():
    before = GOOD.plus({"own.conf": "[a]\ncontext=x\n"})
    assert any("[b] has no type=" in one for one in _fatal(before, own="[a]\ncontext=x\n[b]\ncontext=x\n"))


def test_an_application_that_the_host_uses_already_is_not_questioned():
    old = "[office]\nexten => 1,1,OwnModule()\n"
    before = GOOD.plus({"extensions.conf": old})
    assert _fatal(before, extensions=old + " same => n,OwnModule()\n") == []


def test_files_that_did_not_change_are_not_judged():
    before = GOOD.plus({"queues.conf": "[broken\n"})
    assert _lint(before, http="[general]\nenabled=yes\n") == ()


def test_nothing_is_read_where_no_configuration_changes():
    class Unread(MemoryView):
        def read(self, path: str) -> bytes | None:
            raise AssertionError(path)

    assert lint(Unread({}), Unread({}), []) == ()


def test_a_file_that_is_included_from_now_on_is_judged_with_the_file_that_includes_it():
    before = GOOD.plus({"more.conf": "[more]\ntype=endpoint\naors=nobody\n"})
    assert any("nobody" in one for one in _fatal(before, pjsip="#include phones.conf\n#include more.conf\n"))


def test_a_transport_that_leaves_is_found_in_the_files_that_need_it():
    assert any("names the transport [udp]" in one for one in _fatal(pjsip="#include phones.conf\n#include own.conf\n"))


def test_parts_are_judged_alone_where_the_main_file_cannot_be_read():
    before = MemoryView({"extensions_additional.conf": "[a]\nexten => 1,1,Answer()\n"})
    assert any("no closing" in one for one in _fatal(before, extensions_additional="[a]\n[broken\n"))


def test_a_part_may_begin_in_the_middle_of_a_section():
    before = MemoryView({"features_general_additional.conf": "[x]\n"})
    assert _lint(before, features_general_additional="parkext=70\n") == ()


def test_objects_that_may_come_from_elsewhere_are_only_told():
    before = GOOD.plus({"own.conf": "#include /somewhere/else.conf\n"})
    found = lint(before, before.plus({"phones.conf": PHONES + b"[9]\ntype=endpoint\naors=9\n"}), ["phones.conf"])
    assert [one.level for one in found] == [Level.WARNING]


def test_a_cut_file_is_told_once_and_not_by_everything_behind_it():
    assert len(_fatal(phones=b"[broken\n" + PHONES)) == 1
    assert len(_held(phones=b"[broken\n" + PHONES)) == 1


def _item(content: bytes, size: int = 3, mtime_ns: int | None = 7) -> Item:
    return Item(b"ASTETCDIR/queues.conf", ItemKind.FILE, size, content, Attributes(mtime_ns=mtime_ns))


def test_other_content_of_equal_size_and_time_would_not_be_noticed():
    assert [one.level for one in unnoticed([Change(_item(b"a"), _item(b"b"))])] == [Level.FATAL]


@pytest.mark.parametrize("after", [_item(b"a"), _item(b"b", size=4), _item(b"b", mtime_ns=8), None])
def test_any_other_change_would_be_noticed(after):
    assert list(unnoticed([Change(_item(b"a"), after)])) == []


def test_times_that_do_not_travel_are_no_sign():
    assert list(unnoticed([Change(_item(b"a", mtime_ns=None), _item(b"b", mtime_ns=None))])) == []
