"""What the emulated Kakao remembers. `state` holds it; the rest are values and their checks."""
