"""What a User-Agent header is called in words."""

from __future__ import annotations

import pytest

from kakao_login.web.devices import Device, describe_device

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT}"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
IPAD = "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
ANDROID = f"Mozilla/5.0 (Linux; Android 14; SM-S928N) {WEBKIT}"


@pytest.mark.parametrize(
    ("user_agent", "browser", "system"),
    [
        (f"{WINDOWS} Chrome/131.0.0.0 Safari/537.36", "Chrome", "Windows"),
        (f"{WINDOWS} Chrome/131.0.0.0 Safari/537.36 Edg/131.0.2903.51", "Edge", "Windows"),
        (f"{WINDOWS} Chrome/130.0.0.0 Whale/4.29.282.14 Safari/537.36", "Whale", "Windows"),
        (f"{WINDOWS} Chrome/130.0.0.0 Safari/537.36 OPR/115.0.0.0", "Opera", "Windows"),
        (
            "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko",
            "Internet Explorer",
            "Windows",
        ),
        (f"{MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15", "Safari", "macOS"),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 14.7; rv:132.0) Gecko/20100101 Firefox/132.0",
            "Firefox",
            "macOS",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", "Firefox", "Linux"),
        (f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} HeadlessChrome/131.0.0.0 Safari/537.36", "Chrome", "Linux"),
        (
            f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/131.0.0.0 Safari/537.36",
            "Chrome",
            "ChromeOS",
        ),
        (f"{IPHONE} Version/18.1 Mobile/15E148 Safari/604.1", "Safari", "iOS"),
        (f"{IPHONE} CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1", "Chrome", "iOS"),
        (f"{IPHONE} FxiOS/132.0 Mobile/15E148 Safari/605.1.15", "Firefox", "iOS"),
        (f"{IPHONE} Version/18.0 EdgiOS/130.0.2849.80 Mobile/15E148 Safari/605.1.15", "Edge", "iOS"),
        (f"{IPHONE} Mobile/15E148 KAKAOTALK 11.0.0", "KakaoTalk", "iOS"),
        (f"{IPHONE} Mobile/15E148 NAVER(inapp; search; 2000; 12.8.5; 15PRO)", "NAVER", "iOS"),
        (f"{IPAD} Version/17.5 Mobile/15E148 Safari/604.1", "Safari", "iPadOS"),
        (f"{ANDROID} Chrome/131.0.0.0 Mobile Safari/537.36", "Chrome", "Android"),
        (
            f"{ANDROID} SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36",
            "Samsung Internet",
            "Android",
        ),
        (f"{ANDROID} Chrome/130.0.0.0 Mobile Safari/537.36 EdgA/130.0.0.0", "Edge", "Android"),
        (
            f"{ANDROID} Version/4.0 Chrome/131.0.0.0 Mobile Safari/537.36;KAKAOTALK 2411020",
            "KakaoTalk",
            "Android",
        ),
        ("Mozilla/5.0 (Android 14; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0", "Firefox", "Android"),
        ("curl/8.5.0", "curl", None),
        ("python-requests/2.32.4", "python-requests", None),
        ("okhttp/4.12.0", "okhttp", None),
        ("Dalvik/2.1.0 (Linux; U; Android 14; SM-S928N)", "Dalvik", "Android"),
        ("PostmanRuntime/7.42.0", "PostmanRuntime", None),
        ("Mozilla/5.0 (compatible; somethingbot/1.0)", None, None),
        ("", None, None),
        ("<script>alert(1)</script>", None, None),
        ("a" * 256, None, None),
    ],
)
def test_a_user_agent_is_put_into_words(user_agent: str, browser: str | None, system: str | None) -> None:
    assert describe_device(user_agent) == Device(browser, system)
