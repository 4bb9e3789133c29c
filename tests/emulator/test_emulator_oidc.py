"""Discovery, keys, id_tokens and the OIDC user info, row by row of what is known of them."""

from __future__ import annotations

import re
from typing import Any

import jwt
import pytest

from kakao_login.emulator import Emulator, run_emulator

from .emulator_client import CLIENT_ID, CLIENT_SECRET, Client, unverified


def key_of(client: Client, token: str) -> Any:
    jwks = jwt.PyJWKSet.from_dict(client.http.get(f"{client.kakao.url}/.well-known/jwks.json").json())
    return jwks[jwt.get_unverified_header(token)["kid"]].key


def verified(client: Client, token: str, **options: Any) -> dict[str, Any]:
    """Verify as a client should, with the emulator's clock not moved."""
    checks = {"audience": CLIENT_ID, "issuer": client.kakao.url, **options}
    claims: dict[str, Any] = jwt.decode(token, key_of(client, token), algorithms=["RS256"], **checks)
    return claims


def test_discovery_has_the_documented_members_and_no_others(client: Client, kakao: Emulator) -> None:
    url = kakao.url
    assert client.http.get(f"{url}/.well-known/openid-configuration").json() == {
        "issuer": url,
        "authorization_endpoint": f"{url}/oauth/authorize",
        "token_endpoint": f"{url}/oauth/token",
        "userinfo_endpoint": f"{url}/v1/oidc/userinfo",
        "jwks_uri": f"{url}/.well-known/jwks.json",
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "request_uri_parameter_supported": False,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "claims_supported": [
            "iss",
            "aud",
            "sub",
            "auth_time",
            "exp",
            "iat",
            "nonce",
            "nickname",
            "picture",
            "email",
        ],
    }


@pytest.mark.parametrize(
    ("options", "userinfo"),
    [
        ({"issuer": "https://kauth.kakao.com"}, "https://kapi.kakao.com/v1/oidc/userinfo"),
        ({"issuer": "https://idp.test"}, "https://idp.test/v1/oidc/userinfo"),
        ({"issuer": "https://idp.test", "api_url": "https://api.test"}, "https://api.test/v1/oidc/userinfo"),
    ],
)
def test_issuer_and_api_url_can_be_set(options: dict[str, str], userinfo: str) -> None:
    with run_emulator(**options) as kakao:
        client = Client(kakao)
        metadata = client.http.get(f"{kakao.url}/.well-known/openid-configuration").json()
        claims = unverified(client.log_in()["id_token"])
        client.http.close()
    assert (metadata["issuer"], metadata["userinfo_endpoint"]) == (options["issuer"], userinfo)
    assert claims["iss"] == options["issuer"]


def test_the_key_set_holds_two_rsa_keys(client: Client, kakao: Emulator) -> None:
    keys = client.http.get(f"{kakao.url}/.well-known/jwks.json").json()["keys"]
    assert len(keys) == 2
    for key in keys:
        assert key.keys() == {"kid", "kty", "alg", "use", "n", "e"}
        assert (key["kty"], key["alg"], key["use"], key["e"]) == ("RSA", "RS256", "sig", "AQAB")
        assert re.fullmatch("[0-9a-f]{30}", key["kid"])


def test_an_id_token_verifies_and_holds_the_documented_claims(client: Client) -> None:
    token = client.log_in(nonce="n")["id_token"]
    header = jwt.get_unverified_header(token)
    assert (header["alg"], header["typ"]) == ("RS256", "JWT")
    claims = verified(client, token)
    assert claims.keys() == {
        "iss",
        "aud",
        "sub",
        "iat",
        "exp",
        "auth_time",
        "nonce",
        "nickname",
        "picture",
        "email",
    }
    assert claims["aud"] == CLIENT_ID
    assert claims["sub"] == "4100000001"
    assert claims["exp"] - claims["iat"] == 21_600
    assert all(type(claims[name]) is int for name in ("iat", "exp", "auth_time"))


def test_no_nonce_sent_is_no_nonce_claimed(client: Client) -> None:
    assert "nonce" not in unverified(client.log_in()["id_token"])


def test_auth_time_is_when_the_person_logged_in(client: Client, kakao: Emulator) -> None:
    page = client.authorize()
    consent = client.follow(client.submit(page, action="sign_in", person="4100000001"))
    kakao.advance_clock(300)
    back = client.submit(consent, action="agree", item=["profile_nickname"])
    claims = unverified(client.exchange(back.headers["Location"].partition("code=")[2]).json()["id_token"])
    assert claims["iat"] - claims["auth_time"] == pytest.approx(300, abs=2)


@pytest.mark.parametrize("person", ["email_invalid", "email_unverified", "email_refused", "nickname_only"])
def test_an_email_that_is_not_sure_is_not_claimed(client: Client, person: str) -> None:
    assert "email" not in unverified(client.log_in(person)["id_token"])


def test_items_not_agreed_to_are_not_claimed(client: Client) -> None:
    claims = unverified(client.log_in(agree=[])["id_token"])
    assert "nickname" in claims
    assert not {"picture", "email", "email_verified"} & claims.keys()


def test_user_info_has_the_documented_members(client: Client, kakao: Emulator) -> None:
    items = "profile_nickname profile_image account_email name gender birthyear birthday phone_number"
    kakao.patch_app(consent_items=dict.fromkeys(items.split(), "optional"))
    info = client.kapi("/v1/oidc/userinfo", client.log_in()["access_token"]).json()
    assert info == {
        "sub": "4100000001",
        "nickname": "하늘",
        "picture": f"{kakao.url}/emulator/pictures/4100000001/110.svg",
        "email": "haneul@example.com",
        "email_verified": True,
        "phone_number": "+82 10-1234-5678",
        "phone_number_verified": True,
        "name": "김하늘",
        "gender": "female",
        "birthdate": "2002-11-30",
    }


@pytest.mark.parametrize(
    ("items", "birthdate"),
    [("birthday", "0000-11-30"), ("birthyear", "2002"), ("birthyear birthday", "2002-11-30")],
)
def test_a_birthdate_shows_what_is_known(client: Client, kakao: Emulator, items: str, birthdate: str) -> None:
    kakao.patch_app(consent_items=dict.fromkeys(items.split(), "required"))
    info = client.kapi("/v1/oidc/userinfo", client.log_in()["access_token"]).json()
    assert info["birthdate"] == birthdate


@pytest.mark.parametrize("person", ["email_unverified", "email_invalid"])
def test_user_info_calls_an_email_verified_only_if_it_is_valid_too(client: Client, person: str) -> None:
    info = client.kapi("/v1/oidc/userinfo", client.log_in(person)["access_token"]).json()
    assert info["email_verified"] is False


def test_user_info_without_oidc_is_minus_402(client: Client, kakao: Emulator) -> None:
    kakao.patch_app(oidc=False)
    answer = client.kapi("/v1/oidc/userinfo", client.log_in()["access_token"])
    assert (answer.status_code, answer.json()["code"]) == (403, -402)
    assert answer.json()["msg"] == "insufficient scopes."
    assert answer.json()["required_scopes"] == ["openid"]
    assert "profile_nickname" in answer.json()["allowed_scopes"]


def test_after_a_rotation_old_tokens_still_verify(client: Client, kakao: Emulator) -> None:
    old = client.log_in()["id_token"]
    kid = kakao.rotate_keys()
    new = client.log_in()["id_token"]
    assert jwt.get_unverified_header(new)["kid"] == kid
    assert verified(client, old)["sub"] == verified(client, new)["sub"]


def test_withdrawn_keys_leave_the_set_at_once(client: Client, kakao: Emulator) -> None:
    old = client.log_in()["id_token"]
    kakao.rotate_keys(keep_old=False)
    with pytest.raises(KeyError):
        verified(client, old)
    assert verified(client, client.log_in()["id_token"])


def refusal(client: Client, token: str, **options: Any) -> type[Exception] | None:
    """Give the error a careful client raises for this id_token; None if it finds nothing wrong."""
    required = {"require": ["iss", "aud", "sub", "iat", "exp", "auth_time", "nonce"]}
    try:
        claims = verified(client, token, options=required)
    except (jwt.PyJWTError, KeyError) as error:
        return type(error)
    return None if (claims["nonce"], claims["sub"]) == ("n", "4100000001") else ValueError


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("wrong_iss", jwt.InvalidIssuerError),
        ("wrong_aud", jwt.InvalidAudienceError),
        ("wrong_nonce", ValueError),
        ("wrong_sub", ValueError),
        ("expired", jwt.ExpiredSignatureError),
        ("future_iat", jwt.ImmatureSignatureError),
        ("alg_none", KeyError),
        ("hs256", jwt.InvalidAlgorithmError),
        ("unknown_kid", KeyError),
        ("no_kid", KeyError),
        ("bad_signature", jwt.InvalidSignatureError),
        ("not_a_jwt", jwt.DecodeError),
        *(
            (f"no_{claim}", jwt.MissingRequiredClaimError)
            for claim in ["iss", "aud", "sub", "iat", "exp", "auth_time", "nonce"]
        ),
    ],
)
def test_each_spoiled_id_token_fails_in_its_own_way(
    client: Client, kakao: Emulator, fault: str, error: type[Exception]
) -> None:
    kakao.fault("id_token", fault)
    assert refusal(client, client.log_in(nonce="n")["id_token"]) is error
    assert refusal(client, client.log_in(nonce="n")["id_token"]) is None


def test_the_hs256_token_is_signed_with_the_client_secret(client: Client, kakao: Emulator) -> None:
    kakao.fault("id_token", "hs256")
    token = client.log_in()["id_token"]
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        claims = jwt.decode(token, CLIENT_SECRET, algorithms=["HS256"], audience=CLIENT_ID)
    assert claims["sub"] == "4100000001"


def test_an_id_token_can_come_as_a_security_event(client: Client, kakao: Emulator) -> None:
    kakao.fault("id_token", "wrong_kind")
    token = client.log_in()["id_token"]
    assert jwt.get_unverified_header(token)["typ"] == "secevent+jwt"
    assert "events" in verified(client, token)


def test_token_info_shows_the_payload(client: Client, kakao: Emulator) -> None:
    token = client.log_in()["id_token"]
    answer = client.http.post(f"{kakao.url}/oauth/tokeninfo", data={"id_token": token})
    assert answer.json() == unverified(token)


@pytest.mark.parametrize(
    ("fault", "koe"),
    [
        ("not_a_jwt", "KOE400"),
        ("wrong_iss", "KOE401"),
        ("no_iss", "KOE401"),
        ("bad_signature", "KOE402"),
        ("unknown_kid", "KOE402"),
        ("alg_none", "KOE402"),
        ("hs256", "KOE402"),
        ("expired", "KOE403"),
    ],
)
def test_token_info_judges_what_is_wrong(client: Client, kakao: Emulator, fault: str, koe: str) -> None:
    kakao.fault("id_token", fault)
    token = client.log_in()["id_token"]
    answer = client.http.post(f"{kakao.url}/oauth/tokeninfo", data={"id_token": token})
    assert (answer.status_code, answer.json()["error"], answer.json()["error_code"]) == (400, "invalid_token", koe)


def test_token_info_without_a_token_is_koe400(client: Client, kakao: Emulator) -> None:
    assert client.http.post(f"{kakao.url}/oauth/tokeninfo").json()["error_code"] == "KOE400"


def test_user_info_needs_a_login_with_openid(client: Client) -> None:
    token = client.log_in(scope="profile_nickname")["access_token"]
    answer = client.kapi("/v1/oidc/userinfo", token)
    assert answer.status_code == 403
    assert answer.json() == {
        "msg": "insufficient scopes.",
        "code": -402,
        "api_type": "OIDC_USERINFO",
        "required_scopes": ["openid"],
        "allowed_scopes": ["profile_nickname"],
    }


def test_a_person_who_hides_the_account_shows_nothing_in_an_id_token(client: Client) -> None:
    claims = jwt.decode(client.log_in("no_account")["id_token"], options={"verify_signature": False})
    assert claims.keys() == {"iss", "aud", "sub", "auth_time", "iat", "exp"}
