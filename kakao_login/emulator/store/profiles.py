"""How an app sees a person: the answer of `/v2/user/me`, `/v1/oidc/userinfo` and the claims of an id_token."""

from __future__ import annotations

from typing import Any

from .apps import App
from .clock import utc_text
from .grants import Link
from .personas import Person
from .state import State

Json = dict[str, Any]
# Item: (prefix of its flags, fields of kakao_account filled from attributes of the same name).
PLAIN_ITEMS: dict[str, tuple[str, tuple[str, ...]]] = {
    "name": ("name", ("name",)),
    "gender": ("gender", ("gender",)),
    "age_range": ("age_range", ("age_range",)),
    "birthyear": ("birthyear", ("birthyear",)),
    "birthday": ("birthday", ("birthday", "birthday_type", "is_leap_month")),
    "phone_number": ("phone_number", ("phone_number",)),
    "account_ci": ("ci", ("ci", "ci_authenticated_at")),
}
# What Kakao shows instead of a nickname that breaks its rules.
DEFAULT_NICKNAME = "닉네임을 등록해주세요"
LEGACY_FLAGS = frozenset({"email", "gender", "age_range", "birthday", "birthyear", "phone_number"})


def link_of(state: State, app: App, person: Person) -> Link | None:
    return state.links.get((app.app_id, person.id))


def agreed_items(app: App, link: Link | None) -> frozenset[str]:
    """Give the items the person agreed to and the app still has."""
    return link.agreed & app.consent_items.keys() if link else frozenset()


def picture_url(state: State, person: Person, size: int, secure: bool) -> str:
    """Give the URL of a picture. The emulator's own pictures keep its scheme, for it may not speak https."""
    if person.picture is None or "://" not in person.picture:
        return f"{state.shown_url}/emulator/pictures/{person.id}/{size}.svg"
    rest = person.picture.partition("://")[2]
    return f"https://{rest}" if secure else f"http://{rest}"


def user_me(state: State, app: App, person: Person, *, secure: bool = False) -> Json:
    """Give the whole answer of `/v2/user/me`. `secure` asks for https pictures."""
    link = link_of(state, app, person)
    answer: Json = {"id": person.id + app.user_id_offset}
    if link is None:
        return answer
    if not app.auto_link:
        answer["has_signed_up"] = link.signed_up
    answer["connected_at"] = utc_text(link.connected_at)
    if link.agreed_terms:
        answer["synched_at"] = utc_text(max(agreement.at for agreement in link.agreed_terms.values()))
    account = _account(state, app, person, link, secure)
    if person.hides_account or not account:
        return answer
    if link.signed_up:
        answer["properties"] = _properties(account, link)
    return answer | {"kakao_account": account}


def _properties(account: Json, link: Link) -> Json:
    profile = account.get("profile", {})
    names = {
        "nickname": "nickname",
        "profile_image": "profile_image_url",
        "thumbnail_image": "thumbnail_image_url",
    }
    shown = {name: profile[field] for name, field in names.items() if field in profile}
    return shown | dict(link.properties)


def _account(state: State, app: App, person: Person, link: Link, secure: bool) -> Json:
    agreed = agreed_items(app, link)
    account = _profile(state, app, person, agreed, secure) | _email(app, person, agreed)
    if link.signed_up:
        for item, (flag, fields) in PLAIN_ITEMS.items():
            if item in app.consent_items:
                account |= _plain(person, flag, fields, item in agreed)
    return account


def _profile(state: State, app: App, person: Person, agreed: frozenset[str], secure: bool) -> Json:
    account: Json = {
        f"{item}_needs_agreement": item not in agreed
        for item in ("profile", "profile_nickname", "profile_image")
        if item in app.consent_items
    }
    profile: Json = {}
    if agreed & {"profile", "profile_nickname"}:
        profile |= {"nickname": person.nickname, "is_default_nickname": person.nickname == DEFAULT_NICKNAME}
    if agreed & {"profile", "profile_image"} and person.picture is not None:
        profile |= _pictures(state, person, secure)
    return account | ({"profile": profile} if profile else {})


def _pictures(state: State, person: Person, secure: bool) -> Json:
    return {
        "thumbnail_image_url": picture_url(state, person, 110, secure),
        "profile_image_url": picture_url(state, person, 640, secure),
        "is_default_image": person.picture == "default",
    }


def _email(app: App, person: Person, agreed: frozenset[str]) -> Json:
    if "account_email" not in app.consent_items:
        return {}
    account: Json = {"has_email": person.email is not None}
    needs = person.email is not None and "account_email" not in agreed
    account["email_needs_agreement"] = needs
    if person.email is not None and not needs:
        account["is_email_valid"] = person.email_valid
        account["is_email_verified"] = person.email_verified
        account["email"] = person.shown_email
    return account


def _plain(person: Person, flag: str, fields: tuple[str, ...], agreed: bool) -> Json:
    """Give the flags of an item and, once agreed, its values; a datum the account lacks needs no agreement."""
    exists = getattr(person, fields[0]) is not None
    account: Json = {f"has_{flag}": exists} if flag in LEGACY_FLAGS else {}
    account[f"{flag}_needs_agreement"] = exists and not agreed
    if exists and agreed:
        account |= {field: getattr(person, field) for field in fields}
    return account


def granted_profile(state: State, app: App, person: Person) -> Json:
    """Give the standard OIDC claims about the person that were agreed to."""
    claims: Json = {}
    if person.hides_account:
        return claims
    agreed = agreed_items(app, link_of(state, app, person))
    if agreed & {"profile", "profile_nickname"}:
        claims["nickname"] = person.nickname
    if agreed & {"profile", "profile_image"} and person.picture is not None:
        claims["picture"] = picture_url(state, person, 110, secure=False)
    if "account_email" in agreed and person.email and person.email_valid and person.email_verified:
        claims["email"] = person.email
    return claims


def userinfo_claims(state: State, app: App, person: Person) -> Json:
    """Give the answer of `/v1/oidc/userinfo`, which knows more claims than the id_token."""
    agreed = agreed_items(app, link_of(state, app, person))
    claims: Json = {"sub": str(person.id + app.user_id_offset)} | granted_profile(state, app, person)
    if "account_email" in agreed and person.email is not None:
        claims["email"] = person.shown_email
        claims["email_verified"] = person.email_valid and person.email_verified
    if "phone_number" in agreed and person.phone_number:
        claims |= {"phone_number": person.phone_number, "phone_number_verified": True}
    known = {"name": person.name, "gender": person.gender}
    claims |= {item: known[item] for item in known.keys() & agreed if known[item] is not None}
    return claims | _birthdate(person, agreed)


def _birthdate(person: Person, agreed: frozenset[str]) -> Json:
    """Write what is known of the birthday as OpenID Connect does: `YYYY-MM-DD`, `0000-MM-DD` or `YYYY`."""
    year = person.birthyear if "birthyear" in agreed else None
    day = person.birthday if "birthday" in agreed else None
    if day:
        return {"birthdate": f"{year or '0000'}-{day[:2]}-{day[2:]}"}
    return {"birthdate": year} if year else {}
