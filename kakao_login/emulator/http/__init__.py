"""HTTP and TLS under the application; knows nothing of Kakao but its names."""
