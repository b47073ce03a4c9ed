#!/usr/bin/env python3
"""Take the pictures of README.md and of the Apps page from the running demonstration.

    ./dev demo && python3 tools/screenshots.py [--port 8169] [NAME ...]

Writes static/description/NAME.png.  Look at every picture before committing it.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import workbench
from console import Trouble
from layout import ADDON, Layout

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "static" / "description"
SIZE = {"width": 1400, "height": 900}
#: A page of A4, as wide as it is read.
PAPER = {"width": 900, "height": 1270}
_COLOURS = 128
_MARGIN = 24
_READY = ".o_action_manager .o_view_controller, .o_setting_container"


@dataclass(frozen=True)
class Client:
    """The web client of the demonstration, logged in as its administrator."""

    page: Page
    address: str

    def log_in(self) -> None:
        page = self.page
        page.goto(f"{self.address}/web/login")
        page.fill("input[name=login]", "admin")
        page.fill("input[name=password]", "admin")
        page.click("button[type=submit]")
        page.wait_for_selector(".o_main_navbar", timeout=120_000)

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """What a method returns."""
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        answer = self.page.request.post(
            f"{self.address}/web/dataset/call_kw/{model}/{method}",
            data={"params": params},
        ).json()
        if "result" not in answer:
            raise Trouble(answer["error"]["data"]["message"])
        return answer["result"]

    def search(self, model: str, *domain: tuple[str, str, Any]) -> list[int]:
        """The newest record of ``model`` that fits, if any."""
        found = self.call(model, "search", list(domain), limit=1, order="id desc")
        return [int(row) for row in found]

    def find(self, model: str, *domain: tuple[str, str, Any]) -> int:
        """The newest record of ``model`` that fits."""
        return self.search(model, *domain)[0]

    def open(self, path: str) -> None:
        self.page.goto(f"{self.address}/odoo/{path}")
        self.page.wait_for_selector(_READY, timeout=120_000)
        # the client keeps polling, so that the network is never idle
        self.page.wait_for_timeout(2_000)


def _action(name: str) -> str:
    return f"action-{ADDON}.{name}"


def _postings(client: Client) -> None:
    client.open(_action("backflush_posting_action"))


def _posting(client: Client) -> None:
    row = client.find(
        "backflush.posting",
        ("event", "=", "completion"),
        ("product_id.name", "like", "Bookshelf"),
    )
    client.open(f"backflush.posting/{row}")


def _entry(client: Client) -> None:
    row = client.find(
        "account.move", ("backflush_posting_ids.product_id.name", "like", "Bookshelf")
    )
    client.open(f"account.move/{row}")


def _order(client: Client) -> None:
    row = client.find(
        "mrp.production",
        ("product_id.name", "like", "Bookshelf"),
        ("state", "=", "done"),
    )
    client.open(f"mrp.production/{row}")


def _variances(client: Client) -> None:
    client.open(_action("backflush_variance_action"))
    kinds = client.page.locator(".o_group_header")
    for number in reversed(range(kinds.count())):
        kinds.nth(number).click()
        client.page.wait_for_timeout(500)


def _standard(client: Client) -> None:
    row = client.find("backflush.standard", ("product_id.name", "like", "Table Fjord"))
    client.open(f"backflush.standard/{row}")


def _version(client: Client) -> None:
    row = client.find("backflush.version", ("state", "=", "active"))
    client.open(f"backflush.version/{row}")


def _draft(client: Client) -> None:
    row = client.find("backflush.version", ("state", "=", "draft"))
    client.open(f"backflush.version/{row}")


def _comparison(client: Client) -> None:
    _draft(client)
    client.page.get_by_role("button", name="Compare").first.click()
    client.page.wait_for_selector("td[name=reasons]")
    client.page.wait_for_timeout(1_000)


def _activation(client: Client) -> None:
    _draft(client)
    client.page.locator("button[name=action_preview_activation]").first.click()
    client.page.wait_for_selector(".modal td[name=amount]")
    client.page.wait_for_timeout(1_000)


def _settings(client: Client) -> None:
    client.open("action-account.action_account_config")
    title = client.page.locator("h2", has_text="Backflush Costing")
    title.evaluate("title => title.scrollIntoView()")
    client.page.wait_for_timeout(500)


def _check(client: Client) -> None:
    client.open(_action("backflush_configuration_issue_action_check"))


def _books(client: Client) -> None:
    client.open(_action("backflush_check_action"))
    client.page.get_by_role("button", name="Check the Books").first.click()
    client.page.locator(".modal").get_by_role("button", name="Check").click()
    client.page.wait_for_selector("div[name=result_ids] td[name=name]")
    client.page.mouse.move(0, 0)
    client.page.wait_for_timeout(1_000)


def _closed(client: Client) -> int:
    """The computed close of the month that the demonstration plays."""
    found = client.search("backflush.close")
    if not found:
        last = date.today().replace(day=1) - timedelta(days=1)
        period = {"date_from": f"{last:%Y-%m-01}", "date_to": f"{last:%Y-%m-%d}"}
        found = client.call("backflush.close", "create", [period])
    client.call("backflush.close", "action_compute", found)
    return found[0]


def _close_tab(client: Client, name: str) -> None:
    client.open(f"backflush.close/{_closed(client)}")
    client.page.get_by_role("tab", name=name).click()
    client.page.mouse.move(0, 0)
    client.page.wait_for_timeout(1_000)


def _close(client: Client) -> None:
    _close_tab(client, "Conversion Cost")


def _bridge(client: Client) -> None:
    _close_tab(client, "Sequential Costing")


def _statement(client: Client) -> None:
    report = f"report/html/{ADDON}.close_statement/{_closed(client)}"
    client.page.set_viewport_size(PAPER)  # type: ignore[arg-type]
    client.page.goto(f"{client.address}/{report}")
    client.page.wait_for_timeout(2_000)
    # what a PDF has on each page stands in the text here
    margins = client.page.locator(".header, .footer")
    margins.evaluate_all("found => found.forEach(margin => margin.remove())")


def _switch(client: Client) -> None:
    category = client.find("product.category", ("name", "=", "Furniture"))
    found = client.search("backflush.switch")
    if not found:
        values = {
            "date": f"{date.today():%Y-%m-01}",
            "line_ids": [(0, 0, {"category_id": category, "trigger": "delivery"})],
        }
        found = client.call("backflush.switch", "create", [values])
    client.call("backflush.switch", "action_preview", found)
    client.open(f"backflush.switch/{found[0]}")


PICTURES: dict[str, Callable[[Client], None]] = {
    "postings": _postings,
    "posting": _posting,
    "entry": _entry,
    "order": _order,
    "variances": _variances,
    "standard": _standard,
    "version": _version,
    "comparison": _comparison,
    "activation": _activation,
    "settings": _settings,
    "check": _check,
    "books": _books,
    "close": _close,
    "bridge": _bridge,
    "statement": _statement,
    "switch": _switch,
}


def _save(data: bytes, path: Path) -> None:
    """Write a picture with few colours: a fifth of the size, and nobody sees it."""
    from PIL import Image, ImageChops

    image = Image.open(io.BytesIO(data)).convert("RGB")
    # leave out the empty part at the bottom
    width, height = image.size
    ground = Image.new("RGB", image.size, image.getpixel((width // 2, height - 1)))
    box = ImageChops.difference(image, ground).getbbox()
    image = image.crop((0, 0, width, min(height, (box[3] if box else 0) + _MARGIN)))
    image.quantize(_COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def take(address: str, names: list[str]) -> None:
    """Take the named pictures."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
        client = Client(page, address)
        client.log_in()
        for name in names:
            page.set_viewport_size(SIZE)  # type: ignore[arg-type]
            PICTURES[name](client)
            path = FOLDER / f"{name}.png"
            _save(page.screenshot(), path)
            print(f"{path.stat().st_size / 1000:6.0f} kB  {path.relative_to(ROOT)}")
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=8169)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(PICTURES))
    arguments = parser.parse_args()
    python = workbench.python(Layout(ROOT))
    if Path(sys.prefix) != python.parent.parent:
        # the packages are in the project's own environment
        os.execv(python, [str(python), *sys.argv])
    if not shutil.which("chromium"):
        raise Trouble("Chromium is not installed.")
    take(f"http://127.0.0.1:{arguments.port}", arguments.names or list(PICTURES))


if __name__ == "__main__":
    main()
