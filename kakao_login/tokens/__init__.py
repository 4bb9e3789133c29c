"""Our own JWT: whatever makes or reads a token or a key of ours; pure, and the time is an argument."""
