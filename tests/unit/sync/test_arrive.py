"""Where contents come from, and the configuration as it would be."""

import pytest

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.errors import Bug, Cancelled, PeerLied, Unsupported
from pbxsync_worker.core.model.inventory import Inventory, digest_of
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.core.model.run import Mode
from pbxsync_worker.core.model.voicemail import mailboxes
from pbxsync_worker.sync.arrive import MAX_CONFIG, Arriving, ComingConfig
from tests.fakes.ami_config import MemoryView
from tests.unit.core.values import directory, file, run
from tests.unit.sync.parts import Source, parts

CONF, SOUND = file(b"ASTETCDIR/a.conf", b"[a]\n"), file(b"ASTSPOOLDIR/s.wav", b"sound")
COMING = (Change(None, CONF), Change(None, directory(b"ASTSPOOLDIR/d")), Change(None, SOUND))


def source() -> Source:
    return Source({CONF.name: b"[a]\n", SOUND.name: b"sound"})


def link(name: bytes, target: bytes) -> Item:
    return Item(name, ItemKind.SYMLINK, len(target), file(b"", target).content)


def arriving(made, changes=COMING, mode=Mode.APPLY, ours=()) -> Arriving:
    return Arriving(run(mode=mode), made, Inventory.of(ours), changes)


def test_configuration_comes_first_and_is_handed_out_once_more_later(tmp_path):
    made = parts(tmp_path, source())
    coming = arriving(made, COMING[::-1])
    assert coming.config() == {CONF.name: b"[a]\n"}
    assert made.link.asked == [CONF.name, SOUND.name]
    assert [b"".join(coming.content(change)) for change in (COMING[0], COMING[2])] == [b"[a]\n", b"sound"]


def test_a_preview_brings_nothing_but_the_configuration(tmp_path):
    made = parts(tmp_path, source())
    assert arriving(made, mode=Mode.PLAN).config() == {CONF.name: b"[a]\n"}
    assert made.link.asked == [CONF.name]


def test_what_was_kept_from_an_earlier_run_is_not_fetched(tmp_path):
    made = parts(tmp_path, source())
    made.host.contents.put([b"sound"], SOUND.content)
    coming = arriving(made)
    coming.config()
    assert (made.link.asked, b"".join(coming.content(COMING[2]))) == ([CONF.name], b"sound")


def test_what_lies_here_under_another_name_is_not_fetched(tmp_path):
    made = parts(tmp_path, source())
    same = made.host.data.put(b"ASTSPOOLDIR/other.wav", b"sound")
    coming = arriving(made, ours=[same])
    coming.config()
    assert (made.link.asked, b"".join(coming.content(COMING[2]))) == ([CONF.name], b"sound")


def test_a_link_that_says_what_a_file_holds_is_fetched(tmp_path):
    made = parts(tmp_path, source())
    wanted = link(b"ASTSPOOLDIR/l", b"sound")
    made.link.contents[wanted.name] = b"sound"
    arriving(made, [Change(None, wanted)], ours=[made.host.data.put(b"ASTSPOOLDIR/other.wav", b"sound")])
    made.link.asked.clear()
    coming = arriving(made, [Change(None, wanted)], ours=[made.host.data.put(b"ASTSPOOLDIR/o", b"sound")])
    assert (b"".join(coming.content(Change(None, wanted))), made.link.asked) == (b"sound", [wanted.name])


def test_where_everything_is_here_nobody_is_asked(tmp_path):
    made = parts(tmp_path)
    assert arriving(made, [Change(SOUND, None)]).config() == {}
    assert made.link.asked == []


def test_a_configuration_file_that_is_not_as_announced_is_a_lie(tmp_path):
    made = parts(tmp_path, Source({CONF.name: b"[b]\n", SOUND.name: b"sound"}))
    with pytest.raises(PeerLied, match="does not match its digest"):
        arriving(made).config()


def test_more_configuration_than_fits_is_refused_before_any_of_it_is_read(tmp_path):
    huge = Item(b"ASTETCDIR/huge", ItemKind.FILE, MAX_CONFIG + 1, CONF.content)
    made = parts(tmp_path, source())
    with pytest.raises(Unsupported, match="over 67108864"):
        arriving(made, [Change(None, huge)]).config()
    assert made.link.asked == []


def test_a_link_that_gives_another_item_is_a_bug(tmp_path):
    made = parts(tmp_path, Source({CONF.name: b"[a]\n", SOUND.name: b"sound"}, instead=Change(None, SOUND)))
    with pytest.raises(Bug, match=r"a\.conf"):
        arriving(made).config()


def test_a_link_that_ends_too_early_is_a_bug(tmp_path):
    coming = arriving(parts(tmp_path, source()), [COMING[2]])
    b"".join(coming.content(COMING[2]))
    with pytest.raises(Bug):
        coming.content(COMING[2])


def test_what_goes_has_no_content(tmp_path):
    coming = arriving(parts(tmp_path, source()))
    with pytest.raises(Bug, match="no content"):
        coming.content(Change(SOUND, None))


def test_a_wish_to_cancel_is_heard_while_items_arrive(tmp_path):
    made = parts(tmp_path, source())
    coming = arriving(made)
    made.host.memory.cancelled = "ann"
    made.host.clock.move(1)
    with pytest.raises(Cancelled, match="ann"):
        coming.content(COMING[2])


NOW = MemoryView({"a.conf": "old", "sub/b.conf": "stays", "gone.conf": "goes"})


def coming_config(*changes: Change, **contents: bytes) -> ComingConfig:
    return ComingConfig(NOW, changes, {b"ASTETCDIR/" + name.encode(): data for name, data in contents.items()})


def test_the_coming_configuration_has_what_comes_without_what_goes():
    new, gone = file(b"ASTETCDIR/new", b"new"), file(b"ASTETCDIR/gone.conf", b"goes")
    view = coming_config(Change(None, new), Change(gone, None), new=b"new")
    assert list(view.names()) == ["a.conf", "new", "sub/b.conf"]
    assert [view.read(name) for name in ("a.conf", "new", "gone.conf", "absent")] == [b"old", b"new", None, None]


def test_a_file_that_becomes_a_folder_is_no_file_any_more():
    view = coming_config(Change(file(b"ASTETCDIR/a.conf", b"old"), directory(b"ASTETCDIR/a.conf")))
    assert (view.read("a.conf"), "a.conf" in view.names()) == (None, False)


def test_a_coming_link_is_read_through_within_the_folder():
    view = coming_config(Change(None, link(b"ASTETCDIR/l", b"sub/b.conf")), l=b"sub/b.conf")
    assert (view.read("l"), "l" in view.names()) == (b"stays", True)


@pytest.mark.parametrize("target", [b"/etc/passwd", b"l", b"m"])
def test_a_coming_link_that_leads_out_or_in_circles_reads_as_nothing(target):
    both = (Change(None, link(b"ASTETCDIR/l", target)), Change(None, link(b"ASTETCDIR/m", b"l")))
    assert coming_config(*both, l=target, m=b"l").read("l") is None


def test_what_lies_elsewhere_is_not_its_affair():
    assert list(coming_config(Change(None, SOUND)).names()) == sorted(NOW.files)


def mailbox(number: bytes, value: bytes) -> Item:
    return Item(b"VOICEMAIL/default/" + number, ItemKind.BOX, len(value), digest_of(value))


def test_mailboxes_are_there_when_the_configuration_is_judged(tmp_path):
    one = mailbox(b"100", b"1,Ann")
    made = parts(tmp_path, Source({one.name: b"1,Ann"}))
    coming = arriving(made, [Change(None, one)])
    assert coming.config() == coming.small() == {one.name: b"1,Ann"}
    assert (made.link.asked, b"".join(coming.content(Change(None, one)))) == ([one.name], b"1,Ann")


def test_mailboxes_are_merged_into_the_coming_file():
    now = MemoryView({"voicemail.conf": b"[general]\n[default]\n100 => 1,Ann\n101 => 2,Bob\n"})
    ann, eve = mailbox(b"100", b"9,Ann"), mailbox(b"102", b"3,Eve")
    changes = (Change(mailbox(b"100", b"1,Ann"), ann), Change(mailbox(b"101", b"2,Bob"), None), Change(None, eve))
    view = ComingConfig(now, changes, {ann.name: b"9,Ann", eve.name: b"3,Eve"})
    assert mailboxes((view.read("voicemail.conf") or b"").decode()) == {"default/100": "9,Ann", "default/102": "3,Eve"}


def test_a_value_that_no_line_can_hold_is_not_merged():
    now = MemoryView({"voicemail.conf": b"[default]\n"})
    odd = mailbox(b"100", b"1\n#exec x")
    assert ComingConfig(now, [Change(None, odd)], {odd.name: b"1\n#exec x"}).read("voicemail.conf") == b"[default]\n"
