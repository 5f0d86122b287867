"""A plan told in words: contents of both sides, names from this host, values without secrets."""

from collections.abc import Sequence

from pbxsync_worker.core import wire
from pbxsync_worker.core.model.change import Change, Changes
from pbxsync_worker.core.model.inventory import EMPTY, Inventory, digest_of
from pbxsync_worker.core.model.item import Item, ItemKind
from pbxsync_worker.core.model.plan import Plan
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.datasets.sqlite.values import encode_row
from pbxsync_worker.sync.arrive import MANY_SMALL, Arriving
from pbxsync_worker.sync.decide import Scene
from pbxsync_worker.sync.tell import MAX_VALUES, row_of, tell_plan
from tests.fakes.memory_data import MemoryData
from tests.unit.core.values import run
from tests.unit.sync.parts import Source, parts

ROW, KEY, BOX = ItemKind.ROW, ItemKind.KEY, ItemKind.BOX


def packed(**columns: str | None) -> bytes:
    return wire.pack(tuple(sorted((name, value and value.encode()) for name, value in columns.items())))


def item(name: str, content: bytes, kind: ItemKind = ROW) -> Item:
    return Item(name.encode(), kind, len(content), digest_of(content))


class Here(MemoryData):
    """Data that opens what it was given, and notes what it was asked for."""

    def __init__(self, contents: dict[str, tuple[bytes, ItemKind]]) -> None:
        super().__init__()
        self.contents = {name.encode(): content for name, (content, _) in contents.items()}
        self.items = Inventory.of(item(name, content, kind) for name, (content, kind) in contents.items())
        self.opened: list[bytes] = []

    def open(self, item: Item):
        self.opened.append(item.name)
        yield self.contents[item.name]


def told(tmp_path, here: Here, changes: Sequence[Change], coming: dict[bytes, bytes]):
    made = parts(tmp_path)
    object.__setattr__(made.host, "data", here)
    scene = Scene(here.items, EMPTY, EMPTY, Changes(tuple(changes)), baseline_is_old=False)
    plan, values = tell_plan(made, scene, Plan("d", tuple(changes)), coming)
    return [as_text(one) for one in plan.told], values, as_text(plan.summary)


def test_a_row_of_an_sqlite_database_is_told_with_its_values(tmp_path):
    name = "SQLITE/ASTVARLIBDIR/phones.db/phone/7"
    old, new = (
        encode_row((("id", "i", 7), ("label", "t", label), ("photo", "b", b"\xff"), ("x", "n", None)))
        for label in (b"old", "Zoë".encode())
    )
    here = Here({name: (old, ROW)})
    sentences, values, _ = told(tmp_path, here, [Change(item(name, old), item(name, new))], {name.encode(): new})
    assert sentences == ["1 other row in 1 table"]
    assert values == {name: "-label: old\n+label: Zoë"}
    assert row_of(ROW, new) == {"id": "7", "label": "Zoë", "photo": "x'ff'", "x": None}


def test_a_row_is_told_with_what_stands_here_and_what_comes(tmp_path):
    name = "SQL/asterisk/trunks/3,pjsip,acme"
    old, new = packed(maxchans="10", name="ACME"), packed(maxchans="20", name="ACME")
    here = Here({name: (old, ROW)})
    change = Change(item(name, old), item(name, new))
    sentences, values, summary = told(tmp_path, here, [change], {name.encode(): new})
    assert sentences == ["trunk ACME changed: max channels 10 → 20"]
    assert values == {name: "-maxchans: 10\n+maxchans: 20"}
    assert summary == "trunk ACME changed: max channels 10 → 20; reload: -; calls in progress: 0"


def test_a_thing_is_called_as_its_row_on_this_host_says(tmp_path):
    users, sip = "SQL/asterisk/users/2001", "SQL/asterisk/sip/2001,context"
    here = Here(
        {
            users: (packed(extension="2001", name="Ann"), ROW),
            "SQL/asterisk/users/2002": (packed(extension="2002", name="Bob"), ROW),
            sip: (packed(data="a"), ROW),
        }
    )
    change = Change(here.items.items[sip.encode()], item(sip, packed(data="b")))
    sentences, _, _ = told(tmp_path, here, [change], {sip.encode(): packed(data="b")})
    assert sentences == ["extension 2001 Ann changed: context a → b"]
    assert b"SQL/asterisk/users/2002" not in here.opened


def test_a_mailbox_is_told_by_its_parts_and_its_pin_is_not(tmp_path):
    old, new = b"1234,Ann,a@x", b"9876,Ann,b@x,,attach=yes"
    name = "VOICEMAIL/default/2001"
    change = Change(item(name, old, BOX), item(name, new, BOX))
    sentences, values, _ = told(tmp_path, Here({name: (old, BOX)}), [change], {name.encode(): new})
    assert "PIN changed" in sentences[0]
    assert "e-mail a@x → b@x" in sentences[0]
    assert "9876" not in "".join((*values.values(), *sentences))


def test_a_row_that_is_malformed_is_counted_without_its_values(tmp_path):
    name = "SQL/asterisk/trunks/3,pjsip,acme"
    change = Change(None, item(name, b"\xff"))
    sentences, values, _ = told(tmp_path, Here({}), [change], {name.encode(): b"\xff"})
    assert (sentences, values) == (["+1 trunk (3)"], {})


def test_bytes_that_are_no_text_are_shown_by_their_codes():
    assert row_of(KEY, b"a\xff") == {"value": "a\\xff"}


def test_where_asterisk_does_not_say_how_many_calls_there_are_nothing_is_made_up(tmp_path):
    made = parts(tmp_path)
    made.host.pbx.hangs = True
    scene = Scene(EMPTY, EMPTY, EMPTY, Changes(()), baseline_is_old=False)
    plan, _ = tell_plan(made, scene, Plan("d", ()), {})
    assert "calls" not in as_text(plan.summary)


def test_the_values_kept_with_a_plan_are_bounded(tmp_path):
    names = [f"SQL/asterisk/mine/{at}" for at in range(1500)]
    content = packed(a="x" * 490)
    changes = [Change(None, item(name, content)) for name in names]
    _, values, _ = told(tmp_path, Here({}), changes, {name.encode(): content for name in names})
    assert MAX_VALUES - 1000 < sum(map(len, values.values())) <= MAX_VALUES


def test_the_words_are_no_part_of_what_is_approved():
    assert Plan("d", (), summary="a", told=("b",)).digest == Plan("d", ()).digest


def arriving(tmp_path, changes):
    source = Source({change.name: b"x" for change in changes})
    made = parts(tmp_path, source)
    return Arriving(run(), made, EMPTY, changes), source


def test_of_very_many_rows_only_those_that_name_things_come_early(tmp_path):
    users = [Change(None, item(f"SQL/asterisk/users/{at}", b"x")) for at in range(3)]
    sip = [Change(None, item(f"SQL/asterisk/sip/{at},secret", b"x")) for at in range(MANY_SMALL)]
    coming, source = arriving(tmp_path, [*sip, *users])
    coming.config()
    assert set(coming.small()) == {one.name for one in users}
    assert source.asked[:3] == [one.name for one in users]
    assert b"".join(coming.content(users[0])) == b"x"


def test_rows_come_before_files_and_are_handed_out_once_more(tmp_path):
    row = Change(None, item("SQL/asterisk/users/1", b"x"))
    sound = Change(None, item("ASTSPOOLDIR/s", b"x", ItemKind.FILE))
    coming, source = arriving(tmp_path, [sound, row])
    coming.config()
    assert coming.small() == {row.name: b"x"}
    assert source.asked == [row.name, sound.name]
    assert [b"".join(coming.content(one)) for one in (sound, row)] == [b"x", b"x"]
