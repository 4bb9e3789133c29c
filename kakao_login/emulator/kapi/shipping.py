"""kapi's shipping addresses of a person."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify

from ..store.profiles import agreed_items, link_of
from ..web.context import current_state
from ..web.errors import KapiError
from .auth import caller_by_token
from .parameters import number

ITEM = "shipping_address"
PAGE, PAGE_LEAST = 10, 2


def shipping_addresses() -> Response:
    """Give a page of addresses, newest first, or the one of `address_id`. Raises KapiError -2 or -402.

    `from_updated_at` goes on below that time; an item not agreed to gives its flag and no addresses.
    """
    state, who = current_state(), caller_by_token()
    agreed = agreed_items(who.app, link_of(state, who.app, who.person))
    if ITEM not in who.app.consent_items:
        raise KapiError(-402, api_type="SHIPPING_ADDRESS", required_scopes=[ITEM], allowed_scopes=sorted(agreed))
    answer: dict[str, Any] = {"user_id": who.user_id, "shipping_addresses_needs_agreement": ITEM not in agreed}
    if ITEM in agreed:
        answer["shipping_addresses"] = _page(who.person.shipping_addresses)
    return jsonify(answer)


def _page(addresses: tuple[dict[str, Any], ...]) -> list[dict[str, Any]]:
    wanted, below, size = number("address_id"), number("from_updated_at"), number("page_size")
    if size is not None and size < PAGE_LEAST:
        raise KapiError(-2, f"page_size must be at least {PAGE_LEAST}.")
    if wanted is not None:
        return [address for address in addresses if address["id"] == wanted]
    newest_first = sorted(addresses, key=lambda address: int(address["updated_at"]), reverse=True)
    return [a for a in newest_first if below is None or a["updated_at"] < below][: size or PAGE]
