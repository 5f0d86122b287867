"""What the peer package uses of the delta package: how streams are compressed and contents are told shorter."""

from pbxsync_worker.delta import against, audio, codec, coding, librsync
from pbxsync_worker.delta.grown import grown
from pbxsync_worker.peer.download import Deltas, Samples
from pbxsync_worker.peer.wire import Streams

STREAMS = Streams(codec.compressor, codec.decompress, coding.decide)
DELTAS = Deltas(
    librsync.signature,
    librsync.delta,
    librsync.patch,
    against.patch_against,
    against.rebuilt,
    grown,
    Samples(audio.sampled, audio.packed, audio.unpacked),
)
