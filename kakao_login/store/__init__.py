"""Our own rows: whatever touches SQL, and what is decided about a row, noted for it or told of it."""
