"""What the pages of a large installation cost."""
