"""kapi.kakao.com: `routes` names every path.

Here belongs what an access token or an admin key can ask: who calls, which parameters count, what is answered.
"""
