"""Every error by the code that logs, pages, the API and `docs/operations.md` name it with."""

from pbxsync_worker.core.model.errors import PbxSyncError


def all_codes() -> dict[str, type[PbxSyncError]]:
    """Return every error class by its code; the documentation test compares it with `docs/operations.md`."""
    kinds: list[type[PbxSyncError]] = [PbxSyncError]
    for kind in kinds:  # which grows while it is walked
        kinds += kind.__subclasses__()
    return {kind.code: kind for kind in kinds if "code" in vars(kind)}
