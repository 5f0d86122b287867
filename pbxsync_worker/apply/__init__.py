"""Change safely: the journal with its one commit point, and this host's own past as a source."""
