"""The processes of a host: the worker that forks safely, the loops of the monitor, and `pbxsync up` with them all."""
