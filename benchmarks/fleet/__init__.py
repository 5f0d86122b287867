"""Many simulated hosts against one controller: lateness, missed exchanges and runs, memory."""
