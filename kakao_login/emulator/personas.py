"""The people who have an account at the emulated Kakao. Ids are fixed, so an app's database survives a restart."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from . import checks
from .checks import InvalidSetting, checked


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
    under_14: bool = False
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


PERSONAS: tuple[Person, ...] = (
    Person(4100000001, "full", "하늘", email="haneul@example.com", ci="q1w2e3r4t5y6u7i8o9p0"),
    Person(4100000002, "nickname_only", "보람", picture=None, refuses=("profile_image",)),
    Person(4100000003, "email_refused", "다온", email="daon@example.com", refuses=("account_email",)),
    Person(4100000004, "email_invalid", "가람", email="garam@example.com", email_valid=False),
    Person(4100000005, "email_unverified", "슬기", email="seulgi@example.com", email_verified=False),
    Person(4100000006, "no_account", "나래", email="narae@example.com", hides_account=True),
    Person(4100000007, "default_picture", "한결", picture="default", email="hangyeol@example.com"),
    # The first whole number that a JavaScript number cannot hold.
    Person(9007199254740993, "big_id", "이든", email="ideun@example.com"),
    Person(4100000009, "under_14", "새봄", email="saebom@example.com", age_range="10~14", under_14=True),
    Person(4100000010, "rejoined", "다시", email="dasi@example.com", left_before=True),
)

_TEXT = checks.optional(checks.text)
_CHECKS: dict[str, checks.Check] = {
    "id": checks.identifier,
    "persona": checks.text,
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
    "under_14": checks.flag,
    "hides_account": checks.flag,
    "refuses": checks.tuple_of(checks.text),
    "left_before": checks.flag,
}


def changed(person: Person, changes: Any) -> Person:
    """Give the person with `changes` applied. The id stays. Raises InvalidSetting."""
    values = checked(changes, _CHECKS)
    if values.get("id", person.id) != person.id:
        raise InvalidSetting("id: a person's id cannot change")
    return replace(person, **values)


def new_person(number: int, settings: Any) -> Person:
    """Make a person from raw settings; `number` serves for the id, name and slug that they leave out."""
    fresh = Person(4200000000 + number, f"person_{number}", f"사람 {number}")
    return replace(fresh, **checked(settings, _CHECKS))
