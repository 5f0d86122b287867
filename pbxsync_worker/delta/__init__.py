"""Delta & Compression Analyzer: decides what differs and the cheapest safe way to send it."""
