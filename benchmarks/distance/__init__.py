"""A long link on one machine: every byte of both directions is delayed, slowed down and counted."""
