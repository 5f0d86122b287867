"""How two hosts reach each other: identity, pairing, messages, client and server of the peer port."""
