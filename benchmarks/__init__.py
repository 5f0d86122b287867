"""The product and what an expert would use instead, side by side over the same work and the same distance."""
