"""One request and its answer: whatever touches Flask's request or response, and nothing that lives longer."""
