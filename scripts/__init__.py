"""Commands of this repository, and the laboratory that the demo and the integration tests share."""
