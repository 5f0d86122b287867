"""AstDB families in the dataset form: which keys of which family travel, and what happens to the others."""

from flask_babel import gettext as _

from pbxsync_web.forms.choices import read_choice, read_pattern
from pbxsync_web.forms.parts import Form, Repeated
from pbxsync_worker.core.model.dataset import DeletePolicy, FamilySet

FAMILIES = Repeated("families", 100, ("family", "keys", "gone"))


def to_form(families: tuple[FamilySet, ...], form: Form) -> None:
    """Write families into a form."""
    form[FAMILIES.counted] = str(len(families))
    for at, one in enumerate(families):
        form[f"family-{at}"], form[f"keys-{at}"], form[f"gone-{at}"] = one.family, one.keys, one.delete


def read(form: Form, problems: dict[str, str]) -> tuple[FamilySet, ...]:
    """Return the families that a form describes."""
    return tuple(_read_one(form, at, problems) for at in range(FAMILIES.count(form)))


def _read_one(form: Form, at: int, problems: dict[str, str]) -> FamilySet:
    family = form.get(f"family-{at}", "").strip()
    if not family or "/" in family or not family.isprintable() or len(family) > 200:
        problems[f"family-{at}"] = _("Write the first part of the keys, such as CF, without a slash.")
    keys = form.get(f"keys-{at}", "").strip().strip("/")
    if not keys or len(keys) > 1024:
        problems[f"keys-{at}"] = _("Write at least one pattern; ** takes everything.")
    else:
        read_pattern(keys, problems, f"keys-{at}")
    gone = read_choice(DeletePolicy, form.get(f"gone-{at}", ""), DeletePolicy.KNOWN, problems, f"gone-{at}")
    return FamilySet(family, keys, gone)
