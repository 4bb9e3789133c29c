"""kapi.kakao.com: `routes` names every path."""
