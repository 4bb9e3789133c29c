"""The control API, by hand, by HTTP and from Python: what a test or a person may change about this Kakao.

Here belongs what only they do. What a client of Kakao can see belongs to kauth and kapi.
"""
