"""The settings of this host, to look at; they are changed in its file, never from outside."""

from pbxsync_web.api.endpoint import endpoint
from pbxsync_web.api.values import Answer
from pbxsync_web.pages.settings import shown
from pbxsync_web.parts import the_parts
from pbxsync_worker.core.model.errors import Invalid
from pbxsync_worker.core.settings import FILE, changed_since, origins
from pbxsync_worker.core.store.people import Role


class SettingValue(Answer, frozen=True):
    """One setting as it is used; passwords in addresses are left out; source: file, environment or default."""

    name: str
    value: str
    source: str


class SettingsValue(Answer, frozen=True):
    """Every setting; changed: those that a restart would change; problem: why it could not start, "" where it could."""

    file: str
    settings: list[SettingValue]
    changed: list[str]
    problem: str


@endpoint("GET /settings", SettingsValue, role=Role.ADMIN)
def settings() -> SettingsValue:
    """Tell every setting, where it comes from, and what a restart would change."""
    used = the_parts().settings
    try:
        changed, problem = list(changed_since(used)), ""
    except Invalid as error:
        changed, problem = [], error.sentence
    found = [SettingValue(one.name, shown(one), one.source) for one in origins(used)]
    return SettingsValue(str(used.home / FILE), found, changed, problem)
