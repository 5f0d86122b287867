"""Voicemail messages: each one item whatever its number, put in and taken out under Asterisk's own lock."""

from pbxsync_worker.core.model.dataset import MESSAGES
from pbxsync_worker.datasets.messages.data import MessageData

__all__ = ["MESSAGES", "MessageData"]
