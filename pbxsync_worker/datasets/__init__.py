"""Reach a PBX's data: one package or module per kind of data, all behind the port HostData."""
