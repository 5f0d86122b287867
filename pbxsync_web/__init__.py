"""What people see: the web admin; it writes wishes and shows the store, and never waits for a PBX."""
