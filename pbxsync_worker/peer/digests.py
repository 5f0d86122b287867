"""Digests that only tell whether two hosts mean the same, and prove nothing: so they are short."""

from pbxsync_worker.core.model.facts import HostFacts
from pbxsync_worker.core.model.inventory import digest_of
from pbxsync_worker.core.wire import pack

_SHORT = 16


def dataset_digest(definition: bytes) -> bytes:
    """Return what two hosts call a dataset by: it is of its packed definition."""
    return digest_of(definition)[:_SHORT]


def catalogue_digest(document: bytes) -> bytes:
    """Return what two hosts call a catalogue by: it is of its document."""
    return digest_of(document)[:_SHORT]


def lasting_of(facts: HostFacts) -> bytes:
    """Return what the lasting facts of two hosts are compared by."""
    return facts.lasting[:_SHORT]


def numbers_of(facts: HostFacts) -> bytes:
    """Return what the next numbers of a host's tables are compared by, b"" where there are no tables."""
    return digest_of(pack(facts.counted))[:_SHORT] if facts.tables else b""
