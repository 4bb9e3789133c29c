"""Why the control API refuses something, by code. The wording may change, a code does not."""

from __future__ import annotations

from .text import Text

REASONS: dict[str, Text] = {
    # What a value must be
    "must_be_text": Text("비어 있지 않은 글이어야 합니다", "must be a text that is not empty"),
    "must_be_utf8": Text("UTF-8로 쓸 수 있는 글이어야 합니다", "must be a text that UTF-8 can hold"),
    "must_be_flag": Text("true나 false여야 합니다", "must be true or false"),
    "must_be_whole_number": Text(
        "{least}부터 {most}까지의 정수여야 합니다", "must be a whole number from {least} to {most}"
    ),
    "must_be_count": Text("1 이상의 정수여야 합니다", "must be a whole number from 1 up"),
    "must_be_key": Text("공백 없는 ASCII 글이어야 합니다", "must be ASCII without spaces"),
    "must_be_persona": Text(
        "수가 아니고 경로에 쓸 수 있는 이름이어야 합니다", "must be no number and fit into a path"
    ),
    "must_be_seconds": Text("초를 나타내는 수여야 합니다", "must be a number of seconds"),
    "must_be_url": Text("절대 URL이어야 합니다", "must be an absolute URL"),
    "must_be_redirect_uri": Text(
        "프래그먼트(#) 없는 절대 URL이어야 합니다", "must be an absolute URL without a fragment"
    ),
    "must_be_http_url": Text("http나 https URL이어야 합니다", "must be an http or https URL"),
    "must_be_origin": Text(
        "호스트와 포트까지만 적은 http나 https URL이어야 합니다",
        "must be an http or https URL that ends with the host or its port",
    ),
    "must_be_webhook_url": Text(
        "계정 정보와 프래그먼트(#) 없는 http나 https URL이어야 합니다",
        "must be an http or https URL without credentials and fragment",
    ),
    "address_off_limits": Text(
        "링크 로컬 주소나 클라우드의 메타데이터 주소로는 보내지 않습니다",
        "must not lead to a link-local address or to the metadata of a cloud",
    ),
    "must_be_one_of": Text("다음 중 하나여야 합니다: {choices}", "must be one of {choices}"),
    "must_be_list": Text("목록이어야 합니다", "must be a list"),
    "must_be_table": Text("이름과 값의 표여야 합니다", "must be a table of names and values"),
    "must_be_object": Text("JSON 객체나 TOML 표여야 합니다", "a JSON object or TOML table is due"),
    "must_be_json_object": Text("JSON 객체여야 합니다", "a JSON object is due"),
    "must_not_be_null": Text("null일 수 없습니다. 필요 없으면 빼세요", "must not be null; leave it out instead"),
    "must_be_call_fault": Text(
        "다음 중 하나이거나 http_에 400~599의 상태 코드를 붙인 것이어야 합니다: {choices}",
        "must be one of {choices}, or http_ and a status from 400 to 599",
    ),
    "must_be_token_fault": Text(
        "다음 중 하나이거나 no_에 클레임 이름을 붙인 것이어야 합니다: {choices}",
        "must be one of {choices}, or no_ and a claim",
    ),
    # What is missing, unknown or in the way
    "unknown": Text("모르는 이름입니다. 아는 이름: {known}", "unknown; known are {known}"),
    "url_missing": Text("url이 있어야 합니다", "needs a url"),
    "type_missing": Text("필요합니다. 다음 중 하나: {choices}", "needed; one of {choices}"),
    "fault_incomplete": Text("endpoint와 fault가 모두 있어야 합니다", "endpoint and fault are both needed"),
    "one_person_due": Text("persona와 user_id 중 하나만 있어야 합니다", "either persona or user_id is due"),
    "taken_by_app": Text("다른 앱이나 다른 종류의 키가 쓰고 있습니다", "taken by another app or key"),
    "taken_by_person": Text("다른 사람이 쓰고 있습니다", "taken by another person"),
    "id_is_fixed": Text("회원번호는 바꿀 수 없습니다", "a person's id cannot change"),
    "not_set": Text("앱에 설정되지 않았습니다", "the app has none"),
    "clock_too_far": Text("시계는 백 년까지만 옮길 수 있습니다", "the clock moves at most a hundred years"),
    "for_get_only": Text("GET에서만 쓸 수 있습니다", "for GET only"),
    "json_unusable": Text(
        "JSON이 너무 깊게 중첩되었거나 UTF-8로 쓸 수 없습니다",
        "the JSON is nested too deeply, or no UTF-8 can hold it",
    ),
    "file_unusable": Text("파일을 읽을 수 없습니다: {reason}", "{reason}"),
    # Who or what is not there
    "no_app": Text("REST API 키가 {client_id}인 앱이 없습니다", "no app has the REST API key {client_id}"),
    "no_person": Text(
        "{user}인 사람이 없습니다. 아는 사람: {known}", "there is no person {user}; known are {known}"
    ),
    "no_link": Text("{persona} 님은 앱 {app_id}에 연결되지 않았습니다", "{persona} is not linked to app {app_id}"),
}
