"""The tokens that programs use: list them, take one back. A new one needs a person's password, so a page or a shell."""

from dataclasses import asdict

from pbxsync_web.access import me
from pbxsync_web.api.endpoint import endpoint
from pbxsync_web.api.values import Answer
from pbxsync_web.parts import the_store
from pbxsync_worker.core.store.people import Role


class TokenValue(Answer, frozen=True):
    """A token without its secret; used_at: 0 for never."""

    id: str
    name: str
    role: Role
    made_by: str
    made_at: float
    expires_at: float
    used_at: float


@endpoint("GET /tokens", list[TokenValue], role=Role.ADMIN)
def tokens() -> list[TokenValue]:
    """List the tokens by name, expired ones too."""
    return [TokenValue(**asdict(one)) for one in the_store().tokens.all()]


@endpoint("DELETE /tokens/<identity>", TokenValue, role=Role.ADMIN, grave=True)
def remove_token(identity: str) -> TokenValue:
    """Take a token back; it is worth nothing any more."""
    gone = the_store().tokens.remove(identity)
    the_store().audit.add(me().name, "remove token", gone.name)
    return TokenValue(**asdict(gone))
