"""kauth.kakao.com: `routes` names every path."""
