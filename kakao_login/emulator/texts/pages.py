"""The words on the pages of login, consent, logout and errors."""

from __future__ import annotations

from .text import Text

PAGES: dict[str, Text] = {
    "other_language": Text("English", "한국어"),
    "emulated": Text("에뮬레이터 · 진짜 카카오가 아닙니다", "Emulator · this is not the real Kakao"),
    "sign_in_title": Text("카카오계정으로 로그인", "Log in with Kakao Account"),
    "sign_up_title": Text("카카오계정 만들기", "Create a Kakao Account"),
    "sign_in_lead": Text(
        "누구로 로그인할까요? 비밀번호는 없습니다.", "Who is logging in? There are no passwords."
    ),
    "login_hint": Text("앱이 미리 채운 아이디", "ID prefilled by the app"),
    "stay": Text("로그인 상태 유지", "Stay logged in"),
    "somebody": Text("그 밖의 사람 (페르소나, 회원번호, 이메일)", "Somebody else (persona, user id or e-mail)"),
    "sign_in": Text("로그인", "Log in"),
    "cancel": Text("취소", "Cancel"),
    "consent_title": Text("동의하고 계속하기", "Agree and continue"),
    "consent_lead": Text("앱이 아래 정보를 받으려고 합니다.", "The app asks for the items below."),
    "agree_all": Text("전체 동의하기", "Agree to everything"),
    "required": Text("필수", "Required"),
    "optional": Text("선택", "Optional"),
    "service_term": Text("서비스 약관", "Service terms"),
    "channels": Text("카카오톡 채널 추가", "Add KakaoTalk channels"),
    "continue": Text("동의하고 계속하기", "Agree and continue"),
    "as_person": Text("로그인한 사람", "Logged in as"),
    "someone_else": Text("다른 사람으로 로그인", "Log in as somebody else"),
    "setup_error": Text("앱 관리자 설정 오류", "Admin Settings Issue"),
    "bad_request": Text("잘못된 요청", "Bad Request"),
    "setup_lead": Text(
        "서비스 설정에 문제가 있어 로그인할 수 없습니다. 서비스 관리자에게 알려 주세요.",
        "The settings of this service are wrong. Please tell its administrator.",
    ),
    "why": Text("왜 에러가 발생하나요?", "Why did this happen?"),
    "why_other": Text("요청을 처리할 수 없습니다.", "The request cannot be handled."),
    "why_KOE001": Text(
        "요청 형식이 잘못되었습니다. 같은 파라미터가 두 번 있는지 확인하세요.",
        "The request is malformed. See whether a parameter was sent twice.",
    ),
    "why_KOE002": Text(
        "없는 주소이거나 허용되지 않는 메서드입니다.", "There is no such address, or it does not take this method."
    ),
    "why_KOE003": Text(
        "일시적인 서버 오류입니다. 잠시 후 다시 시도하세요.",
        "A temporary fault of the server. Please try again in a while.",
    ),
    "why_KOE004": Text(
        "앱의 카카오 로그인 사용 설정이 꺼져 있습니다.", "Kakao Login is switched off for this app."
    ),
    "why_KOE005": Text(
        "테스트 앱입니다. 팀원으로 등록된 사람만 로그인할 수 있습니다.",
        "This is a test app, and only its members may log in.",
    ),
    "why_KOE102": Text(
        "앱에 연결되지 않은 카카오톡 채널을 요청했습니다.",
        "A KakaoTalk channel was named that is not connected to the app.",
    ),
    "why_KOE006": Text(
        "등록되지 않은 Redirect URI입니다. 이 키에 같은 주소를 글자 그대로 등록하세요.",
        "This redirect URI is not registered. Register it on this very key, letter by letter.",
    ),
    "why_KOE007": Text(
        "등록되지 않은 로그아웃 Redirect URI입니다.", "This logout redirect URI is not registered."
    ),
    "why_KOE101": Text(
        "client_id에 해당하는 앱 키가 없습니다. REST API 키인지 확인하세요.",
        "No app has this client_id. See whether it is the REST API key.",
    ),
    "why_KOE201": Text("response_type은 code여야 합니다.", "response_type must be code."),
    "why_KOE202": Text(
        "암시적 승인(response_type=token)은 지원하지 않습니다.",
        "The implicit grant (response_type=token) is not supported.",
    ),
    "why_KOE203": Text("필수 항목에 동의하지 않았습니다.", "A required item was not agreed to."),
    "why_KOE204": Text("파라미터 값이 잘못되었습니다.", "A parameter has a wrong value."),
    "why_KOE205": Text(
        "설정하지 않은 동의 항목을 요청했습니다.", "A consent item was requested that is not set up for this app."
    ),
    "why_KOE207": Text("필수 파라미터가 없습니다.", "A required parameter is missing."),
    "unset_items": Text("설정하지 않은 동의 항목", "Consent items not set up"),
    "registered": Text("이 키에 등록된 주소", "Registered on this key"),
    "set_items": Text("설정된 동의 항목", "Items that are set up"),
    "none": Text("없음", "none"),
    "how_to_add": Text(
        "에뮬레이터를 시작할 때 추가하거나 콘솔에서 추가하세요.",
        "Add it when you start the emulator, or on the console.",
    ),
    "console": Text("콘솔 열기", "Open the console"),
    "detail": Text("자세히", "Details"),
    "logout_title": Text("로그아웃", "Log out"),
    "logout_lead": Text("어디에서 로그아웃할까요?", "Where do you want to log out?"),
    "stayed_title": Text("로그아웃하지 않았습니다", "You are still logged in"),
    "stayed_lead": Text("이 창을 닫거나 서비스로 돌아가세요.", "Close this window or go back to the service."),
    "logout_service": Text("이 서비스만 로그아웃", "Log out of this service only"),
    "logout_account": Text("카카오계정과 함께 로그아웃", "Log out together with Kakao Account"),
}
