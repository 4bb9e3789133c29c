"""kauth.kakao.com: `routes` names every path.

Here belongs what a browser or a token request meets: the pages, the checks of a request, codes and tokens.
"""
