"""The Local Host Monitor and the Remote Host Monitor: what this PBX and the others are doing, as facts."""
