"""A diff in two columns: nothing of it is lost, and what belongs together stands side by side."""

from hypothesis import given
from hypothesis import strategies as st

from pbxsync_web.sides import Line, side_by_side
from pbxsync_worker.core.model.run import State
from tests.web import seed
from tests.web.conftest import Browser, World

PLAIN = st.text("ab-+@ ", max_size=6)


def test_what_was_removed_stands_beside_what_was_added() -> None:
    found = side_by_side("--- a\n+++ b\n@@ -1,2 +1,3 @@\n same\n-old\n+new\n+more\n")
    assert found == [
        Line("hunk", "@@ -1,2 +1,3 @@", "@@ -1,2 +1,3 @@"),
        Line("same", "same", "same"),
        Line("changed", "old", "new"),
        Line("changed", None, "more"),
    ]


def test_a_line_that_begins_with_dashes_is_no_head() -> None:
    assert side_by_side("--- a\n+++ b\n@@ -1 +0,0 @@\n--- x\n")[1:] == [Line("changed", "-- x", None)]


@given(st.lists(st.tuples(st.sampled_from("-+ "), PLAIN), max_size=12))
def test_each_column_is_the_whole_of_its_side(parts: list[tuple[str, str]]) -> None:
    found = side_by_side("\n".join(["@@ -1 +1 @@", *(sign + text for sign, text in parts)]))[1:]
    assert [one.old for one in found if one.old is not None] == [text for sign, text in parts if sign in "- "]
    assert [one.new for one in found if one.new is not None] == [text for sign, text in parts if sign in "+ "]


def test_the_choice_holds_on_the_next_run(world: World, viewer: Browser) -> None:
    run = seed.add_run(world.store, State.PREVIEWED)
    assert 'class="diff sides"' not in viewer.get(f"/runs/{run.id}").text
    assert 'class="diff sides"' in viewer.get(f"/runs/{run.id}?diff=sides").text
    assert 'class="diff sides"' in viewer.get(f"/runs/{run.id}/plan").text
    assert 'class="diff sides"' not in viewer.get(f"/runs/{run.id}?diff=lines").text
