"""A plan in the words of a PBX."""

import pytest

from pbxsync_worker.core.model.change import Change
from pbxsync_worker.core.model.item import Attributes, Item, ItemKind
from pbxsync_worker.core.model.plan import Reload
from pbxsync_worker.core.model.sentence import as_text
from pbxsync_worker.core.model.words import Seen, tell
from tests.unit.core.model.words.seen import box, came, changed, extension, key, row, unknown, went

TRUNK = row(
    "trunks/3,pjsip,acme",
    {"trunkid": "3", "name": "ACME", "maxchans": "10"},
    {"trunkid": "3", "name": "ACME", "maxchans": "20"},
)
GROUP = row("ringgroups/600", {"grpnum": "600", "description": "Sales"}, None)


def sentences(*seen: Seen, names=None) -> list[str]:
    return [as_text(one) for one in tell(seen, names or {}, (), None).sentences]


def test_the_story_of_the_issue_is_told_in_one_line():
    seen = [*extension("2301", "Marta"), *extension("2302", "Jo"), TRUNK, GROUP]
    told = tell(seen, {}, (Reload("res_pjsip.so", ""), Reload("pbx_config.so", "")), 0)
    assert as_text(told.summary) == (
        "+2 extensions (2301, 2302), trunk ACME changed: max channels 10 → 20, 1 ring group removed (600); "
        "reload: pjsip, dialplan; calls in progress: 0"
    )


def test_everything_that_comes_with_an_extension_is_one_sentence_with_its_name():
    assert sentences(*extension("2301", "Marta Ruiz")) == ["+1 extension (2301 Marta Ruiz)"]


def test_everything_that_goes_with_an_extension_is_one_sentence():
    assert sentences(*extension("2301", "Marta Ruiz", gone=True)) == ["1 extension removed (2301 Marta Ruiz)"]


def test_a_mailbox_of_an_extension_that_stays_is_told_for_itself():
    assert sentences(box("2001", None, {"name": "Ann"})) == ["+1 mailbox (2001 Ann)"]


def test_a_new_name_that_stands_in_many_places_is_told_once():
    old, new = "Sona Braun", "Sona Brown"
    seen = (
        row("users/2001", {"extension": "2001", "name": old}, {"extension": "2001", "name": new}),
        row("devices/2001", {"description": old}, {"description": new}),
        row("sip/2001,callerid", {"data": f"{old} <2001>"}, {"data": f"{new} <2001>"}),
        key("AMPUSER/2001/cidname", old, new),
    )
    assert sentences(*seen) == ["extension 2001 Sona Brown changed: name Sona Braun → Sona Brown"]


def test_a_thing_whose_own_row_stays_is_called_as_it_is_called_here():
    seen = row("pjsip/3,sip_server", {"data": "a.example"}, {"data": "b.example"})
    said = sentences(seen, names={("trunk", "3"): "ACME"})
    assert said == ["trunk ACME changed: SIP server a.example → b.example"]


def test_a_trunk_of_chan_sip_is_a_trunk():
    said = sentences(row("sip/tr-peer-4,host", {"data": "a"}, {"data": "b"}), names={("trunk", "4"): "Old"})
    assert said == ["trunk Old changed: host a → b"]


@pytest.mark.parametrize(
    "seen",
    [
        row("sip/2001,secret", {"data": "old-hush"}, {"data": "new-hush"}),
        row("users/2001", {"password": "old-hush"}, {"password": "new-hush"}),
        key("AMPUSER/2001/password", "old-hush", "new-hush"),
        box("2001", {"pin": "old-hush"}, {"pin": "new-hush"}),
        row("meetme/800", {"adminpin": "old-hush"}, {"adminpin": "new-hush"}),
        row("freepbx_settings/AMPMGRPASS", {"value": "old-hush"}, {"value": "new-hush"}),
        row("sip/tr-reg-3,register", {"data": "u:old-hush@h"}, {"data": "u:new-hush@h"}),
        row("kvstore:Userman/1,auth", {"val": '{"bindpassword":"old-hush"}'}, {"val": '{"bindpassword":"new-hush"}'}),
        row("miscdests/1", {"destdial": "x://u:old-hush@h/"}, {"destdial": "x://u:new-hush@h/"}),
    ],
)
def test_a_secret_is_never_told_but_that_it_changed(seen):
    told = tell([seen], {}, (), 0)
    whole = "".join((told.summary, *told.sentences))
    assert "hush" not in whole
    assert "changed" in whole


def test_what_goes_and_comes_under_one_keyword_of_a_queue_is_one_change():
    seen = row("queues_details/700,maxlen,0", {}, None), row("queues_details/700,maxlen,5", None, {})
    assert sentences(*seen) == ["queue 700 changed: most callers waiting 0 → 5"]


def test_a_member_of_a_queue_is_called_by_its_number():
    seen = row("queues_details/700,member,Local%2F2001%40from-queue%2Fn%2C0", None, {})
    assert sentences(seen) == ["queue 700 changed: member - → 2001"]


def test_parts_of_a_route_are_counted():
    seen = [row(f"outbound_route_patterns/2,,{at},,", None, {}) for at in range(3)]
    seen.append(row("outbound_route_patterns/2,,9,,", {}, None))
    said = sentences(*seen, names={("outbound", "2"): "Domestic"})
    assert said == ["outbound route Domestic changed: +3 dial patterns, -1 dial pattern"]


def test_what_people_set_by_phone_is_told_as_it_was_and_will_be():
    said = sentences(key("CF/2001", "2002", "2003"), key("DAYNIGHT/C1", "DAY", "NIGHT"))
    assert said == ["call forward 2001: 2002 → 2003", "position of call flow toggle 1: DAY → NIGHT"]


def test_many_of_one_kind_are_listed_and_the_list_is_cut():
    said = sentences(*(key(f"CF/{2000 + at}", None, "1") for at in range(13)))
    assert said == ["13 call forwards changed (2000, 2001, 2002, 2003, 2004, 2005, 2006, 2007 and 5 more)"]


def test_of_many_facts_the_first_are_told():
    seen = row("ivr_details/1", {f"c{at}": "1" for at in range(9)}, {f"c{at}": "2" for at in range(9)})
    assert sentences(seen, names={("ivr", "1"): "Main"})[0].endswith("c5 1 → 2, 3 more")


def test_a_long_value_is_not_told():
    assert sentences(row("ringgroups/600", {"grplist": "1"}, {"grplist": "1-" * 30})) == [
        "ring group 600 changed: members changed"
    ]


def test_where_the_contents_are_unknown_the_thing_is_told_without_them():
    assert sentences(unknown(TRUNK)) == ["trunk 3 changed"]


def test_files_are_told_by_what_they_are():
    voicemail, moh = "ASTSPOOLDIR/voicemail/default", "ASTVARLIBDIR/moh"
    said = sentences(
        changed("ASTETCDIR/extensions_custom.conf"),
        *(came(f"{voicemail}/{at}/unavail.wav") for at in range(12)),
        *(changed(f"{moh}/{at}.wav") for at in range(3)),
        *(went(f"ASTSPOOLDIR/monitor/2026/01/01/{at}.wav") for at in range(40)),
    )
    assert said == [
        "dialplan custom file extensions_custom.conf changed",
        "+12 voicemail greetings",
        "3 music files changed",
        "40 call recordings removed",
    ]


def chunk(name: str, before: int | None, after: int) -> Seen:
    old, new = (
        None
        if rows is None
        else Item(
            name.encode(), ItemKind.RECORDS, 1, b"", Attributes(xattrs=((b"user.rows", rows.to_bytes(8, "big")),))
        )
        for rows in (before, after)
    )
    return Seen(Change(old, new))


def test_collected_records_are_counted_one_by_one():
    seen = chunk("COLLECT/asteriskcdrdb/cdr/a/1", 100, 140), chunk("COLLECT/asteriskcdrdb/cdr/a/2", None, 3)
    assert sentences(*seen, chunk("COLLECT/asteriskcdrdb/cel/a/1", None, 1)) == ["+43 call records", "+1 call event"]


def test_rows_of_an_sqlite_database_are_counted_with_their_tables():
    seen = [came(f"SQLITE/ASTVARLIBDIR/x.db/t/{at}") for at in range(3)]
    assert sentences(*seen) == ["3 other rows in 1 table"]


def test_what_has_no_word_is_counted_with_where_it_is():
    rows = [row(f"{table}/{at}", None, {}) for table in ("mine", "yours") for at in range(3)]
    seen = [*rows, row("mine/9", {}, None), key("zebra/1", None, "x"), came("PAGES/x")]
    assert sentences(*seen) == ["7 other rows in 2 tables", "1 other AstDB key in 1 family", "1 other item"]


def test_a_row_of_which_only_the_digest_of_its_key_is_known_is_counted():
    assert sentences(row("users/!abcdef", None, {})) == ["1 other row in 1 table"]


def test_a_long_plan_has_a_short_line():
    seen = [row(f"{table}/1", None, {"x": ""}) for table in ("users", "trunks", "ringgroups", "ivr_details", "music")]
    seen += [row(f"{table}/1", None, {}) for table in ("setcid", "pinsets", "meetme", "recordings", "announcement")]
    assert as_text(tell(seen, {}, (), None).summary).endswith(", 2 more; reload: -")


def test_a_name_from_a_peer_cannot_speak_for_us():
    said = sentences(row("ringgroups/600", {"description": '{"say": "x"}'}, None))
    assert said == ['1 ring group removed (600 {"say": "x"})']


def test_a_change_of_attributes_only_is_a_change():
    one = changed("ASTETCDIR/a.conf").change
    assert sentences(Seen(Change(one.before, one.before))) == ["configuration file a.conf changed"]
