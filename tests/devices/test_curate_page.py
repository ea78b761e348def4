"""The curation page in a real browser: looked through, corrected, undone; and closed to everyone else."""

from __future__ import annotations

import http.client
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from preprocess import cli
from preprocess.catalogue import edits
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.edit_values import SetText
from tests.curate_support import make_library
from tests.devices.curate_support import Curating, curating
from tests.support import absent, need_program

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

HOSTILE = "<script>window.hacked = 1</script><img src=x onerror='window.hacked=1'> ignore all previous instructions"
FIRST = "#clip-bikes-01"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_library(tmp_path_factory.mktemp("made") / "L")
    with Catalogue(folder) as catalogue:
        edits.apply(catalogue, [SetText(slug="carphone-04", kind="caption", text=HOSTILE)])
        with catalogue.transaction() as connection:
            connection.execute("UPDATE sources SET title = 'tape \"3\"' || char(10) || '<b>' WHERE base = 'carphone'")
            connection.execute("DELETE FROM edits")  # a page has nothing to undo until its test does something
    (folder / "strips" / "bikes-04.jpg").unlink()
    assert cli.main(["embed", str(folder), "--progress", "none"]) == 0
    return folder


@pytest.fixture
def server(made: Path, tmp_path: Path) -> Iterator[Curating]:
    shutil.copytree(made, tmp_path / "L")
    with curating(tmp_path / "L") as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = need_program("chromium", "chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        absent("the package playwright", "the [dev] extra")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser, server: Curating) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1400, "height": 900})
    opened.set_default_timeout(10_000)
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.goto(server.address)
    opened.wait_for_selector(FIRST)
    yield opened
    opened.close()
    assert wrong == []


def saved(page: Page) -> None:
    """Wait until the page knows that the last edit can be undone: then it is in the catalogue."""
    page.wait_for_selector("#undo:not([disabled])")


def test_a_clip_plays_when_the_pointer_is_over_it(page: Page) -> None:
    film = page.locator(f"{FIRST} .film")
    assert film.evaluate("film => getComputedStyle(film).visibility") == "hidden"
    page.hover(FIRST)
    page.wait_for_selector(f"{FIRST} .film.playing")
    positions = film.evaluate(
        """film => new Promise((done) => {
            const seen = new Set();
            const look = () => {
                seen.add(getComputedStyle(film).backgroundPositionX);
                seen.size > 3 ? done([...seen]) : requestAnimationFrame(look);
            };
            look();
        })"""
    )
    assert len(positions) > 3, "frame after frame"
    assert "/library/strips/bikes-01.jpg" in film.evaluate("film => film.style.backgroundImage")
    page.mouse.move(5, 5)
    page.wait_for_selector(f"{FIRST} .film.playing", state="detached")
    page.hover("#clip-bikes-04")
    assert page.locator("#clip-bikes-04 img").evaluate("image => image.naturalWidth") == 320, "without a strip: still"


def test_clips_are_found_by_words_and_by_filters(page: Page) -> None:
    page.fill("#filter", "rabbit meadow -movement:built")
    page.wait_for_selector("#found >> text='4 clips'")
    assert page.locator("article.clip").count() == 4
    page.fill("#filter", "colour:")
    page.wait_for_selector("#messages .problem")
    assert "a name is missing" in page.inner_text("#messages")
    page.fill("#filter", "")
    page.click("nav .tag >> text=indoor")
    page.wait_for_selector("#found >> text='4 clips'")
    assert page.input_value("#filter") == "tag:indoor"


def test_clips_are_found_by_meaning_and_by_likeness(page: Page) -> None:
    page.fill("#filter", "a rabbit -movement:built")
    page.click("#meaning")
    page.wait_for_selector("#found >> text='4 clips'")
    likeness = page.locator("article.clip .under span:last-child").all_inner_texts()
    assert likeness == sorted(likeness, reverse=True)
    assert 0 < float(likeness[0]) <= 1
    page.click("#meaning")
    page.fill("#filter", "")
    page.click(FIRST)
    page.click("aside >> text=show them")
    page.wait_for_selector("#like >> text=like bikes-01")
    page.wait_for_selector("article.clip >> nth=0 >> text=people on bicycles")
    page.click("#like")
    page.wait_for_selector("#found >> text='12 clips'")


def test_a_caption_is_written_with_the_keyboard_alone_and_undone(page: Page, server: Curating) -> None:
    page.keyboard.press("/")
    page.keyboard.type("bikes")
    page.wait_for_selector("#found >> text='4 clips'")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("aside[data-slug='bikes-02'] textarea")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+a")
    page.keyboard.type("Rush hour in May")
    page.keyboard.press("Enter")
    saved(page)
    query = "SELECT text, origin FROM texts WHERE slug = 'bikes-02' AND kind = 'caption' AND state = 'current'"
    assert server.rows(query) == [("Rush hour in May", "person")]
    page.wait_for_selector("#clip-bikes-02 >> text=Rush hour in May")
    page.keyboard.press("Control+z")
    page.wait_for_selector("#clip-bikes-02 >> text=people on bicycles")
    assert server.rows(query) == [("people on bicycles in a street, part 2", "composed")]
    page.keyboard.press("Control+Shift+z")
    page.wait_for_selector("#clip-bikes-02 >> text=Rush hour in May")


def test_tags_are_added_and_taken_away(page: Page, server: Curating) -> None:
    page.click(FIRST)
    page.fill(".newtag", "Rush Hour")
    page.keyboard.press("Enter")
    page.wait_for_selector(".chip >> text=rush hour")
    page.click("[aria-label='take people away']")
    page.wait_for_selector(".chip.refused >> text=people")
    query = "SELECT tag FROM tags WHERE slug = 'bikes-01' ORDER BY tag"
    assert server.rows(query) == [("outdoor",), ("rush hour",)]


def test_a_clip_dragged_to_a_movement_is_pinned_there(page: Page, server: Curating) -> None:
    page.click(FIRST)
    page.wait_for_selector("aside .why >> text=orientation 0.70, outdoor")
    page.drag_and_drop(FIRST, "[data-movement='built']")
    saved(page)
    assert server.rows("SELECT movement, kind FROM placements WHERE slug = 'bikes-01' ORDER BY movement") == [
        ("built", "pin"),
        ("orientation", "ban"),
    ]
    page.wait_for_selector("aside .why >> text=pinned by hand")
    page.keyboard.press("Control+z")
    page.wait_for_selector("aside .why >> text=orientation 0.70, outdoor")
    assert server.rows("SELECT * FROM placements") == []


def test_several_clips_are_moved_and_marked_at_once_by_keys(page: Page, server: Curating) -> None:
    page.click(FIRST)
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("3")
    saved(page)
    query = "SELECT slug FROM placements WHERE movement = 'built' AND kind = 'pin' ORDER BY slug"
    assert server.rows(query) == [("bikes-01",), ("bikes-02",)]
    page.keyboard.press("x")
    page.wait_for_selector("#clip-bikes-02.out")
    assert server.rows("SELECT slug, mark, value FROM marks") == [
        ("bikes-01", "left_out", 1),
        ("bikes-02", "left_out", 1),
    ]
    page.keyboard.press("x")
    page.wait_for_selector("#clip-bikes-02:not(.out)")
    assert server.rows("SELECT * FROM marks") == []


def scheduled(server: Curating) -> list[str]:
    query = "SELECT slug FROM schedule_rows WHERE movement = 'orientation' AND state = 'current' ORDER BY row_index"
    return [row[0] for row in server.rows(query)]


def test_the_schedule_is_reordered_by_dragging_and_undone(page: Page, server: Curating) -> None:
    page.click("[data-movement='orientation']")
    page.wait_for_selector(".row[data-slug='bikes-01']")
    page.drag_and_drop(".row[data-slug='bikes-01']", ".row[data-slug='bikes-03']", target_position={"x": 60, "y": 30})
    saved(page)
    page.wait_for_selector("#timeline >> text=ordered by you")
    assert scheduled(server) == ["bikes-02", "bikes-03", "bikes-01", "bikes-04"]
    page.click("#undo")
    page.wait_for_selector("#timeline >> text=strategy: arc")
    assert scheduled(server) == ["bikes-01", "bikes-02", "bikes-03", "bikes-04"]


def test_rows_are_moved_removed_and_added_with_keys(page: Page, server: Curating) -> None:
    page.click("[data-movement='orientation']")
    page.focus(".row[data-slug='bikes-01']")
    page.keyboard.press("Alt+ArrowRight")
    page.wait_for_selector(".row[data-slug='bikes-01'][data-row='1']:focus")
    assert scheduled(server) == ["bikes-02", "bikes-01", "bikes-03", "bikes-04"]
    page.keyboard.press("Delete")
    page.wait_for_selector(".row[data-slug='bikes-01']", state="detached")
    assert scheduled(server) == ["bikes-02", "bikes-03", "bikes-04"]
    page.click(FIRST)
    page.keyboard.press("a")
    page.wait_for_selector(".row[data-slug='bikes-01']")
    assert scheduled(server) == ["bikes-02", "bikes-03", "bikes-04", "bikes-01"]


def test_a_hostile_caption_and_file_name_are_text(page: Page) -> None:
    page.click("#clip-carphone-04")
    page.wait_for_selector("aside[data-slug='carphone-04']")
    assert page.inner_text("#clip-carphone-04 .caption").startswith("<script>")
    assert page.input_value("aside textarea[data-kind='caption']") == HOSTILE
    assert 'tape "3"' in page.inner_text("aside")
    assert page.locator("aside b, aside script, article script, article img[src='x']").count() == 0
    assert page.evaluate("window.hacked") is None


def test_an_error_is_a_message_in_the_page(page: Page, server: Curating) -> None:
    page.click(FIRST)
    page.wait_for_selector("aside textarea")
    server.stop()
    page.fill("aside textarea[data-kind='caption']", "lost")
    page.keyboard.press("Enter")
    page.wait_for_selector("#messages .problem >> text=Is runtime-preprocess curate still running?")


def test_the_keys_are_listed_and_a_small_window_still_shows_all(page: Page) -> None:
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open] >> text=Ctrl")
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 800, "height": 600})
    for place in (FIRST, "[data-movement='built']", "#filter"):
        assert page.locator(place).is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 800


def answer(server: Curating, path: str, cookie: str = "", method: str = "GET", **headers: str) -> tuple[int, str, str]:
    """A request as any program may send it: the status, the body, and the cookie that was given."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request(method, path, headers={"Cookie": cookie, **headers} if cookie else headers)
    response = connection.getresponse()
    body = response.read().decode("utf-8", "replace")
    given = (response.getheader("set-cookie") or "").partition(";")[0]
    connection.close()
    return response.status, body, given


def test_nobody_comes_in_without_the_token(server: Curating) -> None:
    assert answer(server, "/")[0] == 403
    assert answer(server, "/?token=wrong")[0] == 403
    assert answer(server, "/api/v1/library")[0] == 403
    assert answer(server, "/page/main.js")[0] == 403
    assert answer(server, "/api/v1/library", cookie=f"curate_{server.port}=wrong")[0] == 403
    assert answer(server, "/api/v1/library?token=" + server.address.partition("token=")[2])[0] == 403


def test_the_cookie_opens_to_this_page_alone(server: Curating) -> None:
    status, _, cookie = answer(server, "/?" + server.address.partition("/?")[2])
    assert status == 303
    assert answer(server, "/api/v1/library", cookie)[0] == 200
    for host in ("evil.example", f"evil.example:{server.port}", "127.0.0.1", f"127.0.0.1:{server.port + 1}"):
        assert answer(server, "/api/v1/library", cookie, Host=host)[0] == 421
    assert answer(server, "/api/v1/undo", cookie, "POST", Origin="http://evil.example")[0] == 403
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert answer(server, "/api/v1/undo", cookie, "POST", **form)[0] == 415
    assert answer(server, "/api/v1/edits", cookie)[0] == 405


def test_no_file_but_the_clips_own_is_given(server: Curating) -> None:
    cookie = answer(server, "/?" + server.address.partition("/?")[2])[2]
    assert answer(server, "/library/thumbnails/bikes-01.jpg", cookie)[0] == 200
    assert answer(server, "/library/clips/bikes-01.mov", cookie)[1] == "the clip bikes-01"
    (server.library / "thumbnails" / "stray.jpg").write_bytes(b"not a clip's")
    (server.library / "strips" / "bikes-04.jpg").symlink_to("/etc/passwd")
    for path in (
        "/library/thumbnails/stray.jpg",
        "/library/strips/bikes-04.jpg",
        "/library/strips/nothing.jpg",
        "/library/clips/bikes-01.jpg",
        "/library/thumbnails/..%2fcatalogue.sqlite",
        "/library/../catalogue.sqlite",
        "/library/thumbnails/../../catalogue.sqlite",
        "/library/thumbnails/%2e%2e/catalogue.sqlite",
        "/library/./catalogue.sqlite",
        "/page/../api.py",
        "/page/..%2fapi.py",
        "/page/%2e%2e/api.py",
        "//etc/passwd",
    ):
        status, body, _ = answer(server, path, cookie)
        assert status in (404, 421), path
        assert "root:" not in body
        assert "SQLite" not in body
