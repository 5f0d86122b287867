"""What things are and what we remember; the only part of the worker that the web may import."""
