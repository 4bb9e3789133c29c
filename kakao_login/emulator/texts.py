"""The words on the pages, in Korean and English."""

from __future__ import annotations

KOREAN, ENGLISH = "ko", "en"

PAGES: dict[str, dict[str, str]] = {
    KOREAN: {
        "other_language": "English",
        "emulated": "에뮬레이터 · 진짜 카카오가 아닙니다",
        "sign_in_title": "카카오계정으로 로그인",
        "sign_up_title": "카카오계정 만들기",
        "sign_in_lead": "누구로 로그인할까요? 비밀번호는 없습니다.",
        "login_hint": "앱이 미리 채운 아이디",
        "stay": "로그인 상태 유지",
        "cancel": "취소",
        "consent_title": "동의하고 계속하기",
        "consent_lead": "앱이 아래 정보를 받으려고 합니다.",
        "agree_all": "모두 선택",
        "required": "필수",
        "optional": "선택",
        "service_term": "서비스 약관",
        "continue": "동의하고 계속하기",
        "as_person": "로그인한 사람",
        "someone_else": "다른 사람으로 로그인",
        "setup_error": "앱 관리자 설정 오류",
        "bad_request": "잘못된 요청",
        "setup_lead": "서비스 설정에 문제가 있어 로그인할 수 없습니다. 서비스 관리자에게 알려 주세요.",
        "why": "왜 에러가 발생하나요?",
        "why_other": "요청을 처리할 수 없습니다.",
        "why_KOE001": "요청 형식이 잘못되었습니다. 같은 파라미터가 두 번 있는지 확인하세요.",
        "why_KOE002": "없는 주소이거나 허용되지 않는 메서드입니다.",
        "why_KOE003": "일시적인 서버 오류입니다. 잠시 후 다시 시도하세요.",
        "why_KOE004": "앱의 카카오 로그인 사용 설정이 꺼져 있습니다.",
        "why_KOE005": "테스트 앱입니다. 팀원으로 등록된 사람만 로그인할 수 있습니다.",
        "why_KOE102": "앱에 연결되지 않은 카카오톡 채널을 요청했습니다.",
        "why_KOE006": "등록되지 않은 Redirect URI입니다. 이 키에 같은 주소를 글자 그대로 등록하세요.",
        "why_KOE007": "등록되지 않은 로그아웃 Redirect URI입니다.",
        "why_KOE101": "client_id에 해당하는 앱 키가 없습니다. REST API 키인지 확인하세요.",
        "why_KOE201": "response_type은 code여야 합니다.",
        "why_KOE202": "암시적 승인(response_type=token)은 지원하지 않습니다.",
        "why_KOE203": "필수 항목에 동의하지 않았습니다.",
        "why_KOE204": "파라미터 값이 잘못되었습니다.",
        "why_KOE205": "설정하지 않은 동의 항목을 요청했습니다.",
        "why_KOE207": "필수 파라미터가 없습니다.",
        "unset_items": "설정하지 않은 동의 항목",
        "detail": "자세히",
        "logout_title": "로그아웃",
        "logout_lead": "어디에서 로그아웃할까요?",
        "logout_service": "이 서비스만 로그아웃",
        "logout_account": "카카오계정과 함께 로그아웃",
    },
    ENGLISH: {
        "other_language": "한국어",
        "emulated": "Emulator · this is not the real Kakao",
        "sign_in_title": "Log in with Kakao Account",
        "sign_up_title": "Create a Kakao Account",
        "sign_in_lead": "Who is logging in? There are no passwords.",
        "login_hint": "ID prefilled by the app",
        "stay": "Stay logged in",
        "cancel": "Cancel",
        "consent_title": "Agree and continue",
        "consent_lead": "The app asks for the items below.",
        "agree_all": "Select all",
        "required": "Required",
        "optional": "Optional",
        "service_term": "Service terms",
        "continue": "Agree and continue",
        "as_person": "Logged in as",
        "someone_else": "Log in as somebody else",
        "setup_error": "Admin Settings Issue",
        "bad_request": "Bad Request",
        "setup_lead": "The settings of this service are wrong. Please tell its administrator.",
        "why": "Why did this happen?",
        "why_other": "The request cannot be handled.",
        "why_KOE001": "The request is malformed. See whether a parameter was sent twice.",
        "why_KOE002": "There is no such address, or it does not take this method.",
        "why_KOE003": "A temporary fault of the server. Please try again in a while.",
        "why_KOE004": "Kakao Login is switched off for this app.",
        "why_KOE005": "This is a test app, and only its members may log in.",
        "why_KOE102": "A KakaoTalk channel was named that is not connected to the app.",
        "why_KOE006": "This redirect URI is not registered. Register it on this very key, letter by letter.",
        "why_KOE007": "This logout redirect URI is not registered.",
        "why_KOE101": "No app has this client_id. See whether it is the REST API key.",
        "why_KOE201": "response_type must be code.",
        "why_KOE202": "The implicit grant (response_type=token) is not supported.",
        "why_KOE203": "A required item was not agreed to.",
        "why_KOE204": "A parameter has a wrong value.",
        "why_KOE205": "A consent item was requested that is not set up for this app.",
        "why_KOE207": "A required parameter is missing.",
        "unset_items": "Consent items not set up",
        "detail": "Details",
        "logout_title": "Log out",
        "logout_lead": "Where do you want to log out?",
        "logout_service": "Log out of this service only",
        "logout_account": "Log out together with Kakao Account",
    },
}

PERSONA_NOTES: dict[str, tuple[str, str]] = {
    "full": ("모든 정보가 있는 계정", "has everything"),
    "nickname_only": ("닉네임만 주는 사람, 이메일 없음", "gives only a nickname, has no e-mail"),
    "email_refused": ("이메일 제공을 거부하는 사람", "refuses to give the e-mail"),
    "email_invalid": ("이메일이 만료된 계정 (가려진 주소)", "e-mail taken over by another account (masked)"),
    "email_unverified": ("이메일을 인증하지 않은 계정", "e-mail not verified"),
    "no_account": ("kakao_account가 없는 응답", "answers without kakao_account"),
    "default_picture": ("기본 프로필 사진", "default profile picture"),
    "big_id": ("2^53보다 큰 회원번호", "user id above 2^53"),
    "under_14": ("만 14세 미만", "under 14"),
    "rejoined": ("탈퇴했다가 다시 온 사람", "left the app and came back"),
}

# Consent item: (Korean, English, type as /v2/user/scopes names it).
ITEMS: dict[str, tuple[str, str, str]] = {
    "profile": ("프로필 정보(닉네임/프로필 사진)", "Profile (nickname and picture)", "PRIVACY"),
    "profile_nickname": ("닉네임", "Nickname", "PRIVACY"),
    "profile_image": ("프로필 사진", "Profile picture", "PRIVACY"),
    "account_email": ("카카오계정(이메일)", "Kakao Account (e-mail)", "PRIVACY"),
    "name": ("이름", "Name", "PRIVACY"),
    "gender": ("성별", "Gender", "PRIVACY"),
    "age_range": ("연령대", "Age range", "PRIVACY"),
    "birthday": ("생일", "Birthday", "PRIVACY"),
    "birthyear": ("출생 연도", "Birth year", "PRIVACY"),
    "phone_number": ("카카오계정(전화번호)", "Kakao Account (phone number)", "PRIVACY"),
    "shipping_address": ("배송지 정보", "Shipping addresses", "PRIVACY"),
    "account_ci": ("연계정보(CI)", "Identity link value (CI)", "PRIVACY"),
    "friends": ("카카오 서비스 내 친구 목록", "Friends in Kakao services", "SERVICE"),
    "talk_message": ("카카오톡 메시지 전송", "Sending KakaoTalk messages", "SERVICE"),
    "plusfriends": ("카카오톡 채널 관계", "KakaoTalk channel relation", "SERVICE"),
    "talk_calendar": ("톡캘린더 내 일정", "Talk Calendar events", "SERVICE"),
}


def item_name(item: str, lang: str) -> str:
    """Give the name of a consent item as the person reads it; the id itself for one that is not known."""
    names = ITEMS.get(item, (item, item, ""))
    return names[1] if lang == ENGLISH else names[0]


def persona_note(persona: str, lang: str) -> str:
    """Say in a few words what is special about a persona; nothing for people added later."""
    notes = PERSONA_NOTES.get(persona, ("", ""))
    return notes[1] if lang == ENGLISH else notes[0]
