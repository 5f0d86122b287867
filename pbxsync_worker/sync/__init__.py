"""Synchronization Controller: the stories of a run, a rollout and a recovery, without input or output of their own."""
