"""What the emulator's own page of documentation says is so."""

from __future__ import annotations

import re
from pathlib import Path

import kakao_login.emulator
from kakao_login.emulator import PERSONAS, App, Emulator
from kakao_login.emulator.application import create_app
from kakao_login.emulator.store.app_files import read_apps
from kakao_login.emulator.store.faults import CALL_FAULTS, SIGNED, TOKEN_FAULTS

README = Path(kakao_login.emulator.__file__).with_name("README.md").read_text(encoding="utf-8")


def code(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_example_of_apps_can_be_read(tmp_path: Path) -> None:
    [example] = code("toml")
    file = tmp_path / "apps.toml"
    file.write_text(example, encoding="utf-8")
    [app] = read_apps([file])
    assert (app.name, app.client_id) == ("Shop", "shop-rest-api-key")
    assert app.consent_items["talk_message"] == "during_use"


def test_the_keys_are_those_of_the_default_app() -> None:
    app = App()
    for value in (app.client_id, app.client_secret, app.admin_key, *app.redirect_uris):
        assert f"`{value}`" in README


def test_every_setting_of_an_app_is_named() -> None:
    assert [name for name in App().as_json() if name not in README] == []


def test_every_field_of_a_person_is_named() -> None:
    assert [name for name in PERSONAS[0].as_json() if f"`{name}`" not in README] == []


def test_every_method_of_the_control_api_is_named() -> None:
    public = {name for name in dir(Emulator) if not name.startswith("_")}
    own = {"app", "apps", "users", "browsers", "url"}
    assert sorted(name for name in public - own if f"`{name}`" not in README) == []


def test_every_fault_and_person_is_named() -> None:
    names = CALL_FAULTS | SIGNED | TOKEN_FAULTS | {person.persona for person in PERSONAS}
    assert sorted(name for name in names if f"`{name}`" not in README) == []


def test_every_call_of_the_control_api_is_named() -> None:
    rules = create_app(Emulator()).url_map.iter_rules()
    paths = {
        re.sub(r"/<.*?>", "", rule.rule.partition("/<")[0])
        for rule in rules
        if rule.endpoint.startswith("control.")
    }
    assert sorted(path for path in paths if path not in README) == []
