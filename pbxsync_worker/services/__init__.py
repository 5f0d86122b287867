"""The processes of a host: the worker that forks safely, the sweeping monitor, and `pbxsync up` that runs them all."""
