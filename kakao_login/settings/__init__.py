"""What an operator sets: what each setting means, where it comes from, what is refused; read once, at start."""
