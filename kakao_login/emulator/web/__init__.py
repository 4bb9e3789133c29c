"""What every answer shares: its words, errors, failures and headers."""
