"""The Asterisk Controller: knows what a changed file means to Asterisk, tells it so, and proves the result."""
