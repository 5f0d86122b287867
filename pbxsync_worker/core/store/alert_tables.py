"""The tables of alerts: who is told what, what happened, and the letters on their way."""

from sqlalchemy import Column, Float, Integer, String, Table, Text

from pbxsync_worker.core.store.columns import Blob, Number, metadata

__all__ = [
    "alert",
    "alert_news",
    "alert_server",
    "alert_settings",
    "delivery",
    "incident",
    "letter",
    "metadata",
    "subscription",
]

subscription = Table(
    "subscription",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("document", Blob, nullable=False),
    Column("digest_at", Float(53), nullable=False),
)

alert_settings = Table(
    "alert_settings",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("document", Blob, nullable=False),
)

# Runs that ended and of which no alert was made yet; written with the move itself, so none is missed.
alert_news = Table(
    "alert_news",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("run", String(32), nullable=False),
)

incident = Table(
    "incident",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("name", String(255), nullable=False, index=True),
    Column("opened_at", Float(53), nullable=False),
    Column("ended_at", Float(53), nullable=False, index=True),
    Column("told_at", Float(53), nullable=False),
    Column("subject", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("error", String(32), nullable=False),
    Column("count", Integer, nullable=False),
)

alert = Table(
    "alert",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("incident", Number, nullable=False),
    Column("at", Float(53), nullable=False, index=True),
    Column("document", Blob, nullable=False),
)

delivery = Table(
    "delivery",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("alert", Number, nullable=False),
    Column("incident", Number, nullable=False),
    Column("subscription", Number, nullable=False),
    Column("letter", Number, nullable=False, index=True),
    Column("at", Float(53), nullable=False),
    Column("due_at", Float(53), nullable=False),
)

letter = Table(
    "letter",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("message_id", String(255), nullable=False, unique=True),
    Column("thread", String(255), nullable=False),
    Column("incident", Number, nullable=False, index=True),
    Column("subscription", Number, nullable=False),
    Column("channel", String(16), nullable=False),
    Column("server", String(255), nullable=False),
    Column("to", Text, nullable=False),
    Column("language", String(8), nullable=False),
    Column("zone", String(64), nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("tries", Integer, nullable=False),
    Column("next_at", Float(53), nullable=False),
    Column("made_at", Float(53), nullable=False),
    Column("ended_at", Float(53), nullable=False),
    Column("answer", Text, nullable=False),
)

# Servers that took nothing when they were last tried; a server that works has no row.
alert_server = Table(
    "alert_server",
    metadata,
    Column("name", String(255), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("since", Float(53), nullable=False),
    Column("next_at", Float(53), nullable=False),
    Column("trouble", Text, nullable=False),
)
