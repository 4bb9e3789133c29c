"""The people who have an account at the emulated Kakao. Ids are fixed, so an app's database survives a restart."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from . import checks
from .checks import checked
from .refusals import InvalidSetting


@dataclass(frozen=True)
class Person:
    """One Kakao account. A field that is None is something the account does not have."""

    id: int
    persona: str
    nickname: str
    picture: str | None = "drawn"
    email: str | None = None
    email_valid: bool = True
    email_verified: bool = True
    name: str | None = "김하늘"
    gender: str | None = "female"
    age_range: str | None = "20~29"
    birthyear: str | None = "2002"
    birthday: str | None = "1130"
    birthday_type: str = "SOLAR"
    is_leap_month: bool = False
    phone_number: str | None = "+82 10-1234-5678"
    ci: str | None = None
    ci_authenticated_at: str = "2024-05-01T09:30:00Z"
    shipping_addresses: tuple[dict[str, Any], ...] = ()
    under_14: bool = False
    restricted: bool = False
    hides_account: bool = False
    refuses: tuple[str, ...] = ()
    left_before: bool = False

    @property
    def shown_email(self) -> str | None:
        """The address as kapi shows it: masked (`ka***@kakao.com`) once another account has taken it."""
        if self.email is None or self.email_valid:
            return self.email
        local, _, domain = self.email.partition("@")
        return f"{local[:2]}***@{domain}"

    def as_json(self) -> dict[str, Any]:
        """Give the account as the control API shows it."""
        return asdict(self, dict_factory=checks.as_json)


def _persona(number: int, persona: str, surname: str, nickname: str, latin: str, **more: Any) -> Person:
    """Make a person with a name, an e-mail and a phone number of their own."""
    settings: dict[str, Any] = {
        "name": f"{surname}{nickname}",
        "email": f"{latin}@example.com",
        "phone_number": f"+82 10-1234-{5677 + number % 100}",
    }
    return Person(number, persona, nickname, **(settings | more))


_HOME: dict[str, Any] = {
    "id": 1,
    "name": "집",
    "is_default": True,
    "updated_at": 1714555800,
    "type": "NEW",
    "base_address": "서울 종로구 세종대로 1",
    "detail_address": "101호",
    "receiver_name": "김하늘",
    "receiver_phone_number1": "010-1234-5678",
    "zone_number": "03154",
}
_WORK = _HOME | {"id": 2, "name": "회사", "is_default": False, "updated_at": 1714642200, "detail_address": "7층"}
_NOTHING_ELSE: dict[str, Any] = dict.fromkeys(
    ("picture", "email", "name", "gender", "age_range", "birthyear", "birthday", "phone_number")
)
PERSONAS: tuple[Person, ...] = (
    _persona(
        4100000001, "full", "김", "하늘", "haneul", ci="q1w2e3r4t5y6u7i8o9p0", shipping_addresses=(_HOME, _WORK)
    ),
    _persona(4100000002, "nickname_only", "이", "보람", "", refuses=("profile_image",), **_NOTHING_ELSE),
    _persona(4100000003, "email_refused", "박", "다온", "daon", refuses=("account_email",)),
    _persona(4100000004, "email_invalid", "최", "가람", "garam", email_valid=False),
    _persona(4100000005, "email_unverified", "정", "슬기", "seulgi", email_verified=False),
    _persona(4100000006, "no_account", "강", "나래", "narae", hides_account=True),
    _persona(4100000007, "default_picture", "조", "한결", "hangyeol", picture="default"),
    # The first whole number that a JavaScript number cannot hold.
    _persona(9007199254740993, "big_id", "윤", "이든", "ideun"),
    _persona(4100000009, "under_14", "장", "새봄", "saebom", age_range="10~14", birthyear="2014", under_14=True),
    _persona(4100000010, "rejoined", "임", "다시", "dasi", left_before=True),
)

_TEXT = checks.optional(checks.text)


def _address(value: Any) -> dict[str, Any]:
    address: dict[str, Any] = {"id": 1, "updated_at": 0} | checks.mapping_to(lambda member: member)(value)
    return address | checked({name: address[name] for name in ("id", "updated_at")}, _ADDRESS)


_ADDRESS: dict[str, checks.Check] = {
    "id": checks.small_identifier,
    "updated_at": checks.number_between(0, checks.LARGEST_EXACT),
}
_CHECKS: dict[str, checks.Check] = {
    "id": checks.identifier,
    "persona": checks.persona,
    "nickname": checks.text,
    "picture": _TEXT,
    "email": _TEXT,
    "email_valid": checks.flag,
    "email_verified": checks.flag,
    "name": _TEXT,
    "gender": checks.optional(checks.one_of("female", "male")),
    "age_range": _TEXT,
    "birthyear": _TEXT,
    "birthday": _TEXT,
    "birthday_type": checks.one_of("SOLAR", "LUNAR"),
    "is_leap_month": checks.flag,
    "phone_number": _TEXT,
    "ci": _TEXT,
    "ci_authenticated_at": checks.text,
    "shipping_addresses": checks.tuple_of(_address),
    "under_14": checks.flag,
    "restricted": checks.flag,
    "hides_account": checks.flag,
    "refuses": checks.tuple_of(checks.text),
    "left_before": checks.flag,
}


def changed(person: Person, changes: Any) -> Person:
    """Give the person with `changes` applied. The id stays. Raises InvalidSetting."""
    values = checked(changes, _CHECKS)
    if values.get("id", person.id) != person.id:
        raise InvalidSetting("id_is_fixed", "id")
    return replace(person, **values)


# The ids of people added later, who are told from the personas at a glance.
FIRST_ID = 4_200_000_000


def new_person(number: int, settings: Any) -> Person:
    """Make a person from raw settings; `number` serves for the id, name and slug that they leave out."""
    fresh = Person(FIRST_ID + number, f"person_{number}", f"사람 {number}")
    return replace(fresh, **checked(settings, _CHECKS))
