"""The tables of our own database; `migrations/` brings an older one here, and a test compares the two."""

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, String, Table, Text, UniqueConstraint

from pbxsync_worker.core.store import alert_tables
from pbxsync_worker.core.store.columns import Blob, Number

metadata = alert_tables.metadata

run = Table(
    "run",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("group", String(64), nullable=False),
    Column("job", String(64), nullable=False),
    Column("source", String(64), nullable=False),
    Column("target", String(64), nullable=False),
    Column("mode", String(16), nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("goal", String(64), nullable=False),
    Column("expect_plan", String(64), nullable=False),
    Column("approved", Boolean, nullable=False),
    Column("token", Integer, nullable=False),
    Column("rollout", String(32), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("here", Boolean, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("error", String(32), nullable=False),
    Column("requested_by", String(64), nullable=False),
    Column("cancel_by", String(64), nullable=False),
    Column("requested_at", Float(53), nullable=False, index=True),
    Column("moved_at", Float(53), nullable=False),
    Column("not_before", Float(53), nullable=False),
    Column("asked", Boolean, nullable=False),
    Index("ix_run_job_requested_at", "job", "requested_at"),
    Index("ix_run_group_job_requested_at", "group", "job", "requested_at"),
)

run_move = Table(
    "run_move",
    metadata,
    Column("run", String(32), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("before", String(16), nullable=False),
    Column("after", String(16), nullable=False),
    Column("at", Float(53), nullable=False),
    Column("sentence", Text, nullable=False),
    Column("error", String(32), nullable=False),
)

run_plan = Table(
    "run_plan",
    metadata,
    Column("run", String(32), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("plan", Blob, nullable=False),
    Column("diffs", Blob, nullable=False),
)

run_result = Table(
    "run_result",
    metadata,
    Column("run", String(32), primary_key=True),
    Column("result", Blob, nullable=False),
)

fence = Table(
    "fence",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("token", Integer, nullable=False),
)

inventory = Table(
    "inventory",
    metadata,
    Column("root", String(64), primary_key=True),
    Column("items", Blob, nullable=False),
    Column("at", Float(53), nullable=False),
)

baseline = Table(
    "baseline",
    metadata,
    Column("group", String(64), primary_key=True),
    Column("job", String(64), primary_key=True),
    Column("run", String(32), nullable=False),
    Column("ours", String(64), nullable=False),
    Column("theirs", String(64), nullable=False),
)

expected = Table(
    "expected",
    metadata,
    Column("run", String(32), primary_key=True),
    Column("before", String(64), nullable=False),
    Column("after", String(64), nullable=False),
    Column("theirs", String(64), nullable=False),
)

given = Table(
    "given",
    metadata,
    Column("root", String(64), primary_key=True),
    Column("at", Float(53), nullable=False),
)

kept_state = Table(
    "kept_state",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("group", String(64), nullable=False),
    Column("job", String(64), nullable=False),
    Column("run", String(32), nullable=False, index=True),
    Column("side", String(8), nullable=False),
    Column("root", String(64), nullable=False),
    Column("at", Float(53), nullable=False),
    UniqueConstraint("run", "side", name="one_state_a_side"),
)

peer = Table(
    "peer",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("address", String(255), nullable=False),
    Column("certificate", Blob, nullable=False),
    Column("state", String(16), nullable=False),
    Column("policy", Blob, nullable=False),
    Column("words", String(128), nullable=False),
    Column("seen_at", Float(53), nullable=False),
    Column("trouble", Text, nullable=False),
)

this_host = Table(
    "this_host",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("address", String(255), nullable=False),
)

offer = Table(
    "offer",
    metadata,
    Column("secret_hash", String(64), primary_key=True),
    Column("policy", Blob, nullable=False),
    Column("expires_at", Float(53), nullable=False),
    Column("used", Boolean, nullable=False),
)

catalogue = Table(
    "catalogue",
    metadata,
    Column("group", String(64), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("document", Blob, nullable=False),
    Column("signer", String(64), nullable=False),
    Column("signature", Blob, nullable=False),
    Column("at", Float(53), nullable=False),
)

wish = Table(
    "wish",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("body", Blob, nullable=False),
    Column("by", String(64), nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("answer", Text, nullable=False),
    Column("error", String(32), nullable=False),
    Column("at", Float(53), nullable=False),
)

occurrence = Table(
    "occurrence",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("group", String(64), nullable=False),
    Column("job", String(64), nullable=False),
    Column("cause", String(16), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("due", Float(53), nullable=False),
    Column("stage", String(16), nullable=False, index=True),
    Column("sentence", Text, nullable=False),
    Column("rollout", String(32), nullable=False),
    Column("started_at", Float(53), nullable=False),
    # Whoever schedules, and however often: one of a job starts once.
    UniqueConstraint("group", "job", "cause", "at", name="one_start"),
)

job_watch = Table(
    "job_watch",
    metadata,
    Column("group", String(64), primary_key=True),
    Column("job", String(64), primary_key=True),
    Column("looked_at", Float(53), nullable=False),
    Column("definition", String(255), nullable=False),
)

source_root = Table(
    "source_root",
    metadata,
    Column("group", String(64), primary_key=True),
    Column("job", String(64), primary_key=True),
    Column("root", String(64), nullable=False),
)

source_change = Table(
    "source_change",
    metadata,
    Column("group", String(64), primary_key=True),
    Column("job", String(64), primary_key=True),
    Column("first_at", Float(53), nullable=False),
    Column("last_at", Float(53), nullable=False),
)

person = Table(
    "person",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("password", String(255), nullable=False),
    Column("role", String(16), nullable=False),
    Column("language", String(8), nullable=False),
    Column("epoch", Integer, nullable=False),
)

token = Table(
    "token",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("role", String(16), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("made_by", String(128), nullable=False),
    Column("made_at", Float(53), nullable=False),
    Column("expires_at", Float(53), nullable=False),
    Column("used_at", Float(53), nullable=False),
)

used_ticket = Table(
    "used_ticket",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("at", Float(53), nullable=False),
)

attempt = Table(
    "attempt",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("kind", String(16), nullable=False),
    Column("who", String(128), nullable=False, index=True),
    Column("at", Float(53), nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("at", Float(53), nullable=False),
    Column("who", String(128), nullable=False),
    Column("what", String(64), nullable=False),
    Column("about", Text, nullable=False),
    Column("hash", String(64), nullable=False),
)

own_rule = Table(
    "own_rule",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("rule", Blob, nullable=False),
)

host_facts = Table(
    "host_facts",
    metadata,
    Column("host", String(64), primary_key=True),
    Column("at", Float(53), nullable=False),
    Column("body", Blob, nullable=False),
    Column("sampled", Blob, nullable=False),
)

fact_sample = Table(
    "fact_sample",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("host", String(64), nullable=False),
    Column("at", Float(53), nullable=False, index=True),
    Column("whole", Boolean, nullable=False),
    Column("body", Blob, nullable=False),
    Index("ix_fact_sample_host_at", "host", "at"),
)

host_line = Table(
    "host_line",
    metadata,
    Column("host", String(64), primary_key=True),
    Column("body", Blob, nullable=False),
)

host_version = Table(
    "host_version",
    metadata,
    Column("host", String(64), primary_key=True),
    Column("group", String(64), primary_key=True),
    Column("job", String(64), primary_key=True),
    Column("source", String(64), nullable=False),
    Column("run", String(32), nullable=False),
    Column("root", String(64), nullable=False),
    Column("since", Float(53), nullable=False),
    Column("at", Float(53), nullable=False),
)

errand = Table(
    "errand",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("host", String(64), nullable=False, index=True),
    Column("path", String(64), nullable=False),
    Column("body", Blob, nullable=False),
    Column("state", String(16), nullable=False),
    Column("answer", Blob, nullable=False),
    Column("at", Float(53), nullable=False, index=True),
)
