"""Telephony-shaped work: the state of a PBX with a thousand phones, and the ways in which it changes."""
