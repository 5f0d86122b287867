"""A laboratory on loopback: real Asterisk with generated content, private Redis; the machine's services stay alone."""
