"""The control API, by hand, by HTTP and from Python: what a test or a person may change about this Kakao."""
