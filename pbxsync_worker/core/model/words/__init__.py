"""A plan in the words of a PBX administrator, and the values behind it, without secrets; pure."""

from pbxsync_worker.core.model.words.kinds import texts
from pbxsync_worker.core.model.words.place import Row, Seen, called, names_a_thing, naming_rows, place_of
from pbxsync_worker.core.model.words.tell import Told, tell
from pbxsync_worker.core.model.words.values import value_lines

__all__ = ["Row", "Seen", "Told", "called", "names_a_thing", "naming_rows", "place_of", "tell", "texts", "value_lines"]
