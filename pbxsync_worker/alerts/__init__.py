"""Alerts: who is told what, the outbox that loses nothing, and the ways out: email and webhook."""
