"""HTTP and TLS under the application; knows nothing of Kakao but its names.

Here belongs what makes bytes into a WSGI call and back, and what keeps the
emulator's own requests within bounds.
"""
