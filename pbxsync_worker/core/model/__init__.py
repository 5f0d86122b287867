"""The frozen values and the ports: standard library only, no input or output."""
