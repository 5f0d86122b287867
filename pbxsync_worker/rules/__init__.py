"""Rules: facts in, a decision and its sentence out; nothing here reads or writes anything."""
