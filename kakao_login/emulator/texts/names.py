"""What consent items are called and what is special about each persona."""

from __future__ import annotations

from typing import NamedTuple

from .text import Text


class ConsentItem(NamedTuple):
    """A consent item: its name, and its type as `/v2/user/scopes` tells it."""

    name: Text
    type: str = "PRIVACY"


ITEMS: dict[str, ConsentItem] = {
    "profile": ConsentItem(Text("프로필 정보(닉네임/프로필 사진)", "Profile (nickname and picture)")),
    "profile_nickname": ConsentItem(Text("닉네임", "Nickname")),
    "profile_image": ConsentItem(Text("프로필 사진", "Profile picture")),
    "account_email": ConsentItem(Text("카카오계정(이메일)", "Kakao Account (e-mail)")),
    "name": ConsentItem(Text("이름", "Name")),
    "gender": ConsentItem(Text("성별", "Gender")),
    "age_range": ConsentItem(Text("연령대", "Age range")),
    "birthday": ConsentItem(Text("생일", "Birthday")),
    "birthyear": ConsentItem(Text("출생 연도", "Birth year")),
    "phone_number": ConsentItem(Text("카카오계정(전화번호)", "Kakao Account (phone number)")),
    "shipping_address": ConsentItem(Text("배송지 정보", "Shipping addresses")),
    "account_ci": ConsentItem(Text("연계정보(CI)", "Identity link value (CI)")),
    "friends": ConsentItem(Text("카카오 서비스 내 친구 목록", "Friends in Kakao services"), "SERVICE"),
    "talk_message": ConsentItem(Text("카카오톡 메시지 전송", "Sending KakaoTalk messages"), "SERVICE"),
    "plusfriends": ConsentItem(Text("카카오톡 채널 관계", "KakaoTalk channel relation"), "SERVICE"),
    "talk_calendar": ConsentItem(Text("톡캘린더 내 일정", "Talk Calendar events"), "SERVICE"),
}

PERSONA_NOTES: dict[str, Text] = {
    "full": Text("모든 정보가 있는 계정", "has everything"),
    "nickname_only": Text("닉네임만 주는 사람, 이메일 없음", "gives only a nickname, has no e-mail"),
    "email_refused": Text("이메일 제공을 거부하는 사람", "refuses to give the e-mail"),
    "email_invalid": Text("이메일이 만료된 계정 (가려진 주소)", "e-mail taken over by another account (masked)"),
    "email_unverified": Text("이메일을 인증하지 않은 계정", "e-mail not verified"),
    "no_account": Text("kakao_account가 없는 응답", "answers without kakao_account"),
    "default_picture": Text("기본 프로필 사진", "default profile picture"),
    "big_id": Text("2^53보다 큰 회원번호", "user id above 2^53"),
    "under_14": Text("만 14세 미만", "under 14"),
    "rejoined": Text("탈퇴했다가 다시 온 사람", "left the app and came back"),
}


def consent_item(item: str) -> ConsentItem:
    """Give a consent item; one that is not known goes by its id."""
    return ITEMS.get(item) or ConsentItem(Text(item, item))


def item_name(item: str, lang: str) -> str:
    """Give the name of a consent item as the person reads it."""
    return consent_item(item).name.in_language(lang)


def persona_note(persona: str, lang: str) -> str:
    """Say in a few words what is special about a persona; nothing for people added later."""
    note = PERSONA_NOTES.get(persona)
    return note.in_language(lang) if note else ""
