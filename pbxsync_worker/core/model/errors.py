"""Every error a person can meet: what the caller should do, a stable code, a sentence and its remedy.

Three kinds: Retry (by itself), Stop (a person decides) and Bug (tell us); `docs/operations.md` explains each one.
"""

from typing import ClassVar

from pbxsync_worker.core.model.sentence import as_text, say


class PbxSyncError(Exception):
    """Root of our errors; `code` is stable and the same everywhere, `fields` are the named values of the sentence."""

    code: ClassVar[str] = "error"
    template: ClassVar[str] = "{reason}"
    remedy: ClassVar[str] = ""
    exit_status: ClassVar[int] = 1

    def __init__(self, **fields: object) -> None:
        self.fields = fields
        super().__init__(self.sentence)

    @property
    def sentence(self) -> str:
        """Return what happened, in words, with its values."""
        return as_text(self.told)

    @property
    def told(self) -> str:
        """Return the sentence in its stored form, for the timeline of a run."""
        return say(self.template, **self.fields)

    @property
    def advice(self) -> str:
        """Return what the reader can do about it, or an empty text."""
        return self.remedy.format(**self.fields)


class Retry(PbxSyncError):
    """The same call may succeed later; nothing was changed."""

    code = "retry"
    exit_status = 75


class Stop(PbxSyncError):
    """Only a person can resolve this; nothing is half done."""

    code = "stop"
    exit_status = 2


class Bug(PbxSyncError):
    """A promise of our own code was broken."""

    code = "bug"
    exit_status = 70
    remedy = "Please report this with the log of the run."


class SourceChanged(Retry):
    """The source kept changing while it was read."""

    code = "source-changed"
    template = "{name} kept changing while it was read"
    remedy = "Wait until nobody edits it, then start the run again."


class TargetChanged(Retry):
    """An item is no longer what the plan expects to replace."""

    code = "target-changed"
    template = "{name} was changed on this host after the plan was made"
    remedy = "Start the run again: a new plan takes the change into account."


class FolderLocked(Retry):
    """Asterisk's own lock on a voicemail folder was not free for as long as Asterisk waits for it."""

    code = "folder-locked"
    template = "The voicemail folder {name} was locked by another program for {seconds} seconds"
    remedy = "If nobody uses this mailbox, its file .lock is left from an Asterisk that was cut off: remove it."


class HostUnreachable(Retry):
    """The peer could not be reached, or the link broke."""

    code = "host-unreachable"
    template = "Host {host} could not be reached: {reason}"
    remedy = "Check that PBXSync runs there and that its peer port is open."


class Busy(Retry):
    """Another run holds this host."""

    code = "busy"
    template = "Another run is working on this host"
    remedy = "It continues by itself when the other run has ended."


class AsteriskSilent(Retry):
    """Asterisk did not answer within the deadline, or the connection broke."""

    code = "asterisk-silent"
    template = "Asterisk did not answer: {reason}"
    remedy = "Check that Asterisk runs and that the AMI user of PBXSync can log in."


class DatabaseSilent(Retry):
    """The database server did not answer, or the connection to it broke."""

    code = "database-silent"
    template = "The database {name} did not answer: {reason}"
    remedy = "Check that MariaDB runs and that the login of PBXSync is right."


class DatabaseBusy(Retry):
    """Another program held an SQLite database for longer than a run waits."""

    code = "database-busy"
    template = "The database {name} is in use by another program all the time"
    remedy = "Start the run again when that program does less with it."


class DatabaseRefused(Stop):
    """The database server refused a statement; `number` in the fields is its error number."""

    code = "database-refused"
    template = "The database {name} refused: {reason}"
    remedy = "Check the rights of the login of PBXSync, and the table that is named."


class AlertServerSilent(Retry):
    """A mail server or webhook took nothing at all: it is away, hangs, or does not let us in."""

    code = "alert-server"
    template = "{server} takes no alerts: {reason}"
    remedy = "Alerts are kept and sent later. Check the server and its settings on the page Alerts."


class LetterPutOff(Retry):
    """A mail server put one letter off, such as by greylisting; others may pass."""

    code = "alert-later"
    template = "{server} put the alert to {to} off: {reason}"
    remedy = "It is sent again by itself."


class LetterRefused(Stop):
    """A mail server or webhook will not take a letter, now or later."""

    code = "alert-refused"
    template = "{server} refused the alert to {to}: {reason}"
    remedy = "Check the address of the recipient, then send the letter again on the page Alerts."


class AsteriskRefused(Stop):
    """Asterisk answered an action with an error."""

    code = "asterisk-refused"
    template = "Asterisk refused {action}: {reason}"
    remedy = "Check the AMI user's permissions and the Asterisk log."


class AsteriskDown(Stop):
    """Asterisk did not come back after a stop or restart, or could not be started."""

    code = "asterisk-down"
    template = "Asterisk does not run: {reason}"
    remedy = "Look at its log, correct what it says and start it; then start the run again."


class CallsInProgress(Stop):
    """A stop or restart that waits for calls to end was taken back, or somebody else took it back."""

    code = "calls-in-progress"
    template = "Asterisk was not stopped: {reason}"
    remedy = "Start the run when there are fewer calls, or let it wait longer."


class HookFailed(Stop):
    """A program of this host that runs after a change did not succeed."""

    code = "hook-failed"
    template = "The hook {name} failed: {reason}"
    remedy = "Run its command by hand as the user of PBXSync; it stands in pbxsync.toml."


class PeerRefused(Stop):
    """The peer answered, and said no."""

    code = "peer-refused"
    template = "Host {host} refused: {reason}"
    remedy = "Check the rights that the other host gives to this one."


class WrongVersion(Stop):
    """The peer runs a PBXSync that this one cannot talk to."""

    code = "wrong-version"
    template = "Host {host} runs another version of PBXSync: {reason}"
    remedy = "Bring both hosts to the same version of PBXSync."


class SourceOutOfReach(Stop):
    """The source of a run calls this host, but this host cannot call it."""

    code = "source-out-of-reach"
    template = (
        "This host cannot reach {host}, the source, by itself: data flows only where the target can call the source"
    )
    remedy = "Open the peer port of {host} to this host and set its address, or let {host} be the target."


class PeerLied(Stop):
    """The peer broke the protocol, a limit or a digest; nothing of its answer was used."""

    code = "peer-lied"
    template = "Host {host} broke the protocol: {reason}"
    remedy = "Do not trust that host until you know why."


class NotAllowed(Stop):
    """The local policy, or the role of the person, does not allow this."""

    code = "not-allowed"
    template = "Not allowed: {reason}"
    remedy = "An administrator of this host can change its policy."


class ChangedElsewhere(NotAllowed):
    """A catalogue is changed on the host that coordinates its group, so that no two hosts change it at once."""

    code = "changed-elsewhere"
    template = "Group {group} is changed on its primary, {host}, and not on this host"
    remedy = "Do it there; where that host is gone for good, promote this one first: pbxsync group promote."


class TicketRefused(NotAllowed):
    """The PBX's own panel sent somebody whom it could not vouch for."""

    code = "ticket-refused"
    template = "The panel of the PBX could not let you in: {reason}"
    remedy = "Load the page of the panel again. If it stays so, see `pbxsync doctor`, and compare the clocks."


class TokenRefused(NotAllowed):
    """A program came with a token that is worth nothing."""

    code = "token-refused"
    template = "This token is unknown, has expired or was taken back"
    remedy = "An administrator makes a new one on the page API tokens, or with `pbxsync token add`."


class NotFound(Stop):
    """Something was named that does not exist here."""

    code = "not-found"
    template = "There is no {what} {name}"
    remedy = "Check the name."


class Invalid(Stop):
    """A value that somebody gave is not usable; all problems are listed together."""

    code = "invalid"
    template = "{what}: {problems}"
    remedy = "Correct the value and try again."


class ConditionWrong(Stop):
    """The condition of a rule cannot be understood; `position` counts letters from 1, `value` is the word there."""

    code = "condition"
    template = "{problem}, at position {position}: {value} - {hint}: {names}"
    remedy = "The page about rules names every fact and every word of the language."


class Brake(Stop):
    """The plan looks dangerous; a person must release it."""

    code = "brake"
    template = "Nothing was changed: {reason}"
    remedy = "Look at the plan; approve it if it is what you want."


class RulesWait(Retry):
    """The rules let the run wait; it is looked at again whenever a fact changes."""

    code = "rules-wait"
    template = "{reason}"
    remedy = "It goes on by itself when the rules allow it, or ends when it has waited long enough."


class RulesSkip(Stop):
    """The rules let this run not be done; nothing was changed."""

    code = "rules-skip"
    template = "{reason}"
    remedy = "Change what the rules name, or the rules, and start the run again."


class RulesHold(Brake):
    """The rules want a person to look first; nothing was changed."""

    code = "rules-hold"
    template = "{reason}"


class GateRefused(Stop):
    """The two hosts do not fit together; neither was read nor touched."""

    code = "version-gate"
    template = "These hosts do not fit together: {reason}"
    remedy = "Bring both hosts to the same versions, or take what is named out of the dataset."


class PlanDiffers(Stop):
    """What would be applied is not what was shown."""

    code = "plan-differs"
    template = "The plan is no longer the one that was shown"
    remedy = "Look at the new plan and start it again."


class StaticCheckFailed(Stop):
    """The staged files would damage the PBX; nothing live was changed."""

    code = "static-check"
    template = "The static check refused the files: {findings}"
    remedy = "Correct the files on the source and start the run again."


class ReloadFailed(Stop):
    """Asterisk reported an error on reload, or did not say that it succeeded."""

    code = "reload-failed"
    template = "The reload of {module} failed: {reason}"
    remedy = "Read the Asterisk log of that moment; correct the source and start again."


class Unhealthy(Stop):
    """The PBX did not pass its probes after the change."""

    code = "unhealthy"
    template = "The PBX is not healthy after the change: {findings}"
    remedy = "Correct the source and start the run again."


class NoSpace(Stop):
    """There is not enough room for the run; nothing was written."""

    code = "no-space"
    template = "{path} has {free} bytes free, the run needs {needed}"
    remedy = "Free some space, or lower the number of kept states."


class Unsupported(Stop):
    """This host, or its file system, cannot do what the run needs."""

    code = "unsupported"
    template = "{what} is not possible here: {reason}"
    remedy = "Run `pbxsync doctor` for the remedy."


class Cancelled(Stop):
    """A person cancelled the run; whatever was changed has been undone."""

    code = "cancelled"
    template = "Cancelled by {who}"


class TimeLimit(Cancelled):
    """The run took longer than its job allows, and had not begun to change its host."""

    code = "time-limit"
    template = "It took longer than its job allows; nothing was changed"
    remedy = "Look what took so long; allow more time in the job, or let it try again."


class Fenced(Stop):
    """A newer worker has taken this host; this one must not act any more."""

    code = "fenced"
    template = "A newer worker has taken over run {run}"


class ContentGone(Stop):
    """A kept state needs a content that is no longer held."""

    code = "content-gone"
    template = "The content of {name} is no longer kept"
    remedy = "Choose a newer state, or keep more states."


class IllegalMove(Bug):
    """A run was asked to make a move that the table does not allow, or from a state it is not in."""

    code = "illegal-move"
    template = "Run {run} cannot move from {before} to {after}"
