from pbxsync_worker.asterisk.expected import Expected, expected_counts
from tests.fakes.ami_config import MemoryView

PJSIP = """
[tpl](!)
type=endpoint
[1001](tpl)
[1001]
type=aor
[1001-auth]
type=auth
[trunk]
type=registration
[trunk-id]
type=identify
[udp]
type=transport
[untyped]
x=1
"""


def _counts(**files: str) -> Expected:
    return expected_counts(MemoryView({f"{name}.conf": text for name, text in files.items()}))


def test_pjsip_objects_are_counted_by_type_without_templates():
    assert _counts(pjsip=PJSIP).counts == {
        "endpoints": 1, "aors": 1, "auths": 1, "identifies": 1, "registrations": 1
    }  # fmt: skip


def test_contexts_and_priorities_are_counted():
    found = _counts(extensions="[a]\nexten=>1,1,NoOp\nsame=>n,NoOp\n[b]\ninclude=>a\n")
    assert found.counts == {"contexts": 2, "priorities": 2}


def test_queues_and_music_classes_are_the_sections_but_general():
    found = _counts(queues="[general]\n[600]\n[600]\n[601]\n", musiconhold="[general]\n[default]\n")
    assert found.counts == {"queues": 2, "moh_classes": 1}


def test_mailboxes_are_counted_by_context_and_number():
    text = "[general]\nformat=wav\n[zonemessages]\nx=y\n[default]\n1=>1,A\n1=>1,B\n2=>1,C\n[other]\n1=>1,D\n"
    assert _counts(voicemail=text).counts == {"mailboxes": 3}


def test_a_missing_or_refused_main_file_gives_no_counts():
    assert _counts(queues="[600]\n[broken\n").counts == {}


def test_objects_from_a_database_or_wizard_may_exceed_the_count():
    assert "endpoints" in _counts(pjsip=PJSIP, sorcery="[res_pjsip]\nendpoint=realtime,ps_endpoints\n").at_least
    assert "endpoints" in _counts(pjsip=PJSIP, pjsip_wizard="[phone]\ntype=wizard\n").at_least


def test_a_dialplan_with_variables_as_extensions_may_exceed_the_count():
    assert _counts(extensions="[a]\nexten=>${X},1,NoOp\n").at_least == {"priorities"}


def test_plain_files_are_exact():
    assert _counts(pjsip=PJSIP, extconfig="[settings]\n").at_least == frozenset()
