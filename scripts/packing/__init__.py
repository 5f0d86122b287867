"""Makes what people install: the module for FreePBX, and the Debian package."""
