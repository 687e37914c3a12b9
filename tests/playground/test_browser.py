"""The page in a real browser: two people, a keyboard, a phone, and a check for accessibility."""

import json
import os
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests import chromium
from tests.playground.conftest import Served

GRACE, TOMASZ, NOOR = "grace-example", "tomasz-sample", "noor-sample"
RISKY = "call my client's mom at 403 555 0139"
SERIOUS = {"serious", "critical"}
chromium.require("the page")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium.running() as browser:
        yield browser


Window = Callable[..., Page]


@pytest.fixture
def window(browser: Browser, served: Served) -> Iterator[Window]:
    """Opens a window as one person; an error in its console fails the test."""
    problems: list[str] = []
    contexts = []

    def start(person: str, **how: object) -> Page:
        context = browser.new_context(**{"reduced_motion": "reduce", **how})  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda said: problems.append(said.text) if said.type == "error" and "503" not in said.text else None)
        page.goto(f"{served.address}/#as={person}")
        expect(page.get_by_test_id("composer")).to_be_visible()
        return page

    yield start
    for context in contexts:
        context.close()
    assert problems == []


def say(page: Page, text: str) -> None:
    page.get_by_test_id("composer").fill(text)
    page.get_by_test_id("composer").press("Enter")


def does(where: Page | Locator, do: str) -> Locator:
    """Buttons by what they do."""
    return where.locator(f'[data-do="{do}"]')


def serious(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {[node['html'][:120] for node in v['nodes'][:3]]}" for v in found if v["impact"] in SERIOUS]


def shot(page: Page, folder: Path, name: str) -> None:
    page.screenshot(path=Path(os.environ.get("SCREENSHOTS", folder)) / f"{name}.png")


def test_a_nudge_is_seen_by_its_author_alone_and_an_edit_ends_it(window: Window) -> None:
    grace, tomasz = window(GRACE), window(TOMASZ)
    say(grace, RISKY)
    nudge = grace.get_by_test_id("nudge").last
    expect(nudge).to_contain_text("Only you can see this")
    expect(nudge).not_to_contain_text("0139")
    expect(tomasz.get_by_test_id("message").last).to_contain_text("0139")
    expect(tomasz.get_by_test_id("nudge")).to_have_count(0)
    does(nudge, "edit").click()
    field = grace.get_by_test_id("edit-text")
    field.fill("call me after class")
    field.press("Enter")
    expect(tomasz.get_by_test_id("message").last).to_contain_text("call me after class")
    expect(grace.get_by_test_id("nudge").last).to_contain_text("this is settled")
    expect(tomasz.get_by_test_id("whisper")).to_have_count(0)


def test_why_and_a_false_alarm(window: Window) -> None:
    grace = window(GRACE)
    say(grace, RISKY)
    nudge = grace.get_by_test_id("nudge").last
    does(nudge, "nudge.why").click()
    expect(grace.get_by_test_id("whisper").last).to_contain_text("I took it for")
    does(nudge, "nudge.judge").click()
    nudge.get_by_role("button", name="It is public anyway").click()
    expect(nudge).to_contain_text("I count that I was wrong")
    expect(nudge.get_by_role("button")).to_have_count(0)


def test_a_student_acknowledges_the_policy_in_the_helpers_own_channel(browser: Browser, serve: Callable[..., Served]) -> None:
    page = browser.new_page()
    page.goto(f"{serve().address}/#as={TOMASZ}")
    page.get_by_test_id(f"channel-direct-{TOMASZ}").click()
    letter = page.get_by_test_id("whisper").filter(has_text="The policy in brief")
    expect(letter).to_be_visible()
    letter.get_by_role("button", name="I have read and understand it").click()
    expect(page.get_by_text("You acknowledged the policy for Sample Cohort")).to_be_visible()
    page.get_by_test_id("mine-tab").click()
    expect(page.get_by_text("You acknowledged the policy for Sample Cohort").last).to_be_visible()
    does(page, "pause.begin").click()
    expect(page.get_by_test_id("sheet-card")).to_contain_text("I won't nudge you about stories until")
    page.get_by_test_id("sheet-close").click()
    expect(page.get_by_text("Gentle nudges are paused until")).to_be_visible()
    with page.expect_download() as download:
        does(page, "mine.export").click()
    assert download.value.suggested_filename == "practicum-my-data.json"
    page.get_by_test_id("sheet-close").click()
    does(page, "mine.delete").click()
    page.get_by_test_id("sheet").get_by_role("button", name="Delete it").click()
    expect(page.get_by_test_id("sheet-card")).to_contain_text("I only keep that you belong to")
    page.close()


def test_an_answer_is_shared_through_a_form_that_keeps_what_was_typed(window: Window) -> None:
    grace, tomasz = window(GRACE), window(TOMASZ)
    say(grace, "/ethics can I accept a friend request from a former client?")
    does(grace.locator('[data-kind="reply"]').last, "reply.share").click()
    sheet = grace.get_by_test_id("sheet")
    about = sheet.get_by_label("What it is about")
    expect(about).to_be_focused()
    about.fill(RISKY)
    about.press("Enter")
    expect(sheet.get_by_role("alert").filter(has_text="more general words")).to_be_visible()
    expect(about).to_have_value(RISKY)
    expect(about).to_have_attribute("aria-invalid", "true")
    about.fill("old ties")
    about.press("Enter")
    expect(sheet).not_to_be_visible()
    expect(tomasz.get_by_text("Grace Example shares an answer: old ties").last).to_be_visible()


def test_a_question_by_form_is_answered_where_it_was_asked(window: Window) -> None:
    grace = window(GRACE)
    grace.get_by_test_id("mine-tab").click()
    does(grace, "ask.open").first.click()
    grace.get_by_test_id("form-send").click()
    expect(grace.get_by_role("alert").filter(has_text="Please fill this in.")).to_be_visible()
    grace.get_by_label("Your question").fill("can I google my client?")
    grace.get_by_test_id("form-send").click()
    expect(grace.locator("#channel-name")).to_have_text("Practicum helper")
    expect(grace.locator('[data-kind="reply"]').last).to_be_visible()


def test_a_question_by_slash_is_answered_to_its_asker_alone(window: Window) -> None:
    grace, tomasz = window(GRACE), window(TOMASZ)
    before = tomasz.get_by_test_id("message").count()
    say(grace, "/ethics can I accept a friend request from a former client?")
    expect(grace.locator('[data-kind="reply"]').last).to_contain_text("mru/boundaries-3")
    expect(tomasz.get_by_test_id("whisper")).to_have_count(0)
    assert tomasz.get_by_test_id("message").count() == before


def test_a_draft_is_checked_and_nothing_posted(window: Window) -> None:
    grace = window(GRACE)
    before = grace.get_by_test_id("message").count()
    grace.get_by_test_id("composer").fill(RISKY)
    grace.get_by_test_id("check-draft").click()
    expect(grace.get_by_test_id("check-result")).to_contain_text("ersonal contact details")
    assert grace.get_by_test_id("message").count() == before


def test_the_coordinator_posts_this_weeks_prompt(window: Window) -> None:
    noor, grace = window(NOOR), window(GRACE)
    noor.get_by_test_id("coordinator-tab").click()
    noor.get_by_role("button", name="Post now").first.click()
    expect(grace.get_by_text("This week's prompt").last).to_be_visible()
    expect(noor.get_by_text("(posted)").first).to_be_visible()
    does(noor, "prompts.skip").first.click()
    expect(noor.get_by_text("(left out)").first).to_be_visible()
    expect(does(noor, "prompts.unskip")).to_have_count(1)
    noor.get_by_role("button", name="Pause prompts").click()
    expect(noor.get_by_role("button", name="Resume prompts")).to_be_focused()
    noor.get_by_role("button", name="Resume prompts").click()


def test_the_coordinator_changes_settings_and_names_and_ends_the_term(browser: Browser, serve: Callable[..., Served]) -> None:
    page = browser.new_page(accept_downloads=True)
    page.goto(f"{serve().address}/#as={NOOR}")
    page.get_by_test_id("coordinator-tab").click()
    sheet = page.get_by_test_id("sheet")
    does(page, "cohort.edit").click()
    sheet.get_by_label("Time zone").fill("Mars")
    page.get_by_test_id("form-send").click()
    zone = sheet.get_by_label("Time zone")
    expect(zone).to_be_focused()
    expect(zone).to_have_value("Mars")
    expect(sheet.get_by_text("I don't know this time zone")).to_be_visible()
    assert serious(page) == []
    zone.fill("America/Toronto")
    sheet.get_by_role("group", name="Seminar channels").get_by_label("#practicum").check()
    page.get_by_test_id("form-send").click()
    expect(page.get_by_test_id("sheet-card")).to_contain_text("2 of them for seminars")
    page.get_by_test_id("sheet-close").click()
    expect(does(page.locator("#coordinator"), "cohort.edit")).to_be_focused()
    does(page, "roster.edit").click()
    sheet.get_by_label("Students").fill("Grace Example, Gracie\nWren Newcomer")
    page.get_by_test_id("form-send").click()
    expect(page.get_by_test_id("sheet-card")).to_contain_text("Saved: 2 students")
    page.get_by_test_id("sheet-close").click()
    expect(page.get_by_test_id("you-are")).to_contain_text("Wren Newcomer")
    does(page, "shadow.on").click()
    expect(does(page, "shadow.off")).to_be_focused()
    expect(page.get_by_test_id("acknowledged")).to_contain_text("0 of 2")
    with page.expect_download() as download:
        does(page, "acknowledged.export").click()
    assert "wren-newcomer,Wren Newcomer" in download.value.path().read_text(encoding="utf-8")
    page.get_by_test_id("sheet-close").click()
    page.get_by_test_id("purge-send").click()
    page.get_by_test_id("confirm-yes").click()
    expect(page.get_by_test_id("purge-receipt")).to_contain_text("Deleted what is kept of nudges older than")
    does(page, "term.end").click()
    sheet.get_by_role("button", name="Delete it all").click()
    expect(page.get_by_test_id("sheet-card")).to_contain_text("Receipt. Sample Cohort ended on")
    page.get_by_test_id("sheet-close").click()
    expect(page.get_by_role("button", name="Set up a cohort")).to_be_visible()
    page.close()


def test_counts_are_charts_whose_numbers_can_be_read(window: Window, tmp_path: Path) -> None:
    def five(route: Route) -> None:
        page = route.fetch().json()
        row = {
            "category": "case_details",
            "tier": "soft",
            "name": "details of a case",
            "nudged": 12,
            "mended": 7,
            "judged_wrong": None,
        }
        page["cohorts"][0]["counts"] |= {"enough": True, "rows": [row, {**row, "tier": "hard", "nudged": 5}]}
        route.fulfill(json=page)

    noor = window(NOOR)
    noor.route("**/api/cohort?*", five)
    noor.get_by_test_id("coordinator-tab").click()
    counts = noor.get_by_test_id("counts")
    expect(counts.get_by_role("row").nth(1)).to_contain_text("details of a case Gentle")
    expect(counts.get_by_role("cell").nth(0)).to_have_text("12")
    expect(counts.get_by_role("cell").nth(2)).to_have_text("–")
    assert serious(noor) == []
    shot(noor, tmp_path, "counts")


def test_a_token_opens_the_page(browser: Browser, serve: Callable[..., Served]) -> None:
    served = serve(host="0.0.0.0", playground_token="a-token-long-enough")
    page = browser.new_context().new_page()
    page.goto(served.address)
    expect(page.locator("body")).to_contain_text("open the page once with ?token=")
    page.goto(f"{served.address}/?token=a-token-long-enough#as={GRACE}")
    say(page, RISKY)
    expect(page.get_by_test_id("nudge").last).to_be_visible()
    assert "token" not in page.url
    page.close()


def test_everything_is_reached_by_keyboard(window: Window) -> None:
    grace = window(GRACE)
    for _ in range(40):
        grace.keyboard.press("Tab")
        if grace.evaluate("document.activeElement.dataset.testid") == "composer":
            break
    grace.keyboard.type(RISKY)
    grace.keyboard.press("Enter")
    nudge = grace.get_by_test_id("nudge").last
    expect(nudge).to_be_visible()
    reached = set()
    for _ in range(120):
        grace.keyboard.press("Tab")
        reached.add(grace.evaluate("document.activeElement.dataset.testid || document.activeElement.dataset.do"))
    assert {"nudge.why", "edit", "nudge.judge", "ask.open", "send", "check-draft", "you-are", "mine-tab"} <= reached
    does(nudge, "nudge.judge").focus()
    grace.keyboard.press("Enter")
    expect(nudge).to_be_focused()  # its button is gone, and what came in its place is read
    does(nudge, "nudge.judged").last.focus()
    grace.keyboard.press("Enter")
    expect(nudge).to_contain_text("I count that I was wrong")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("person", [GRACE, NOOR])
def test_nothing_serious_for_accessibility(window: Window, scheme: str, person: str, tmp_path: Path) -> None:
    page = window(person, color_scheme=scheme)
    say(page, RISKY)
    expect(page.get_by_test_id("nudge").last).to_be_visible()
    assert serious(page) == []
    shot(page, tmp_path, f"{person}-{scheme}-chat")
    page.get_by_test_id("mine-tab").click()
    expect(page.get_by_text("What is kept about you")).to_be_visible()
    assert serious(page) == []
    shot(page, tmp_path, f"{person}-{scheme}-mine")
    does(page, "draft.open").click()
    expect(page.get_by_test_id("field-draft")).to_be_focused()
    assert serious(page) == []
    page.keyboard.press("Escape")
    if person == NOOR:
        page.get_by_test_id("coordinator-tab").click()
        expect(page.get_by_role("button", name="Post now").first).to_be_visible()
        assert serious(page) == []
        shot(page, tmp_path, f"{person}-{scheme}-coordinator")


def test_it_fits_a_phone(window: Window, tmp_path: Path) -> None:
    page = window(GRACE, viewport={"width": 360, "height": 740})
    say(page, RISKY)
    expect(page.get_by_test_id("nudge").last).to_be_visible()
    shot(page, tmp_path, "phone")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_pages_and_forms_fit_a_phone(window: Window, tmp_path: Path) -> None:
    page = window(NOOR, viewport={"width": 360, "height": 740})
    for tab, button in (("mine-tab", "draft.open"), ("coordinator-tab", "cohort.edit")):
        page.get_by_test_id(tab).click()
        expect(does(page, button)).to_be_visible()
        shot(page, tmp_path, f"phone-{tab}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        does(page, button).click()
        expect(page.get_by_test_id("form")).to_be_visible()
        shot(page, tmp_path, f"phone-{button}")
        assert page.locator("#sheet-body").evaluate("box => box.scrollWidth - box.clientWidth") <= 0
        assert page.get_by_test_id("sheet").evaluate("box => box.getBoundingClientRect().right") <= 360
        page.keyboard.press("Escape")


def test_a_window_left_open_over_an_import_becomes_somebody_of_the_new_cohort(
    browser: Browser, serve: Callable[..., Served]
) -> None:
    served, page = serve(), browser.new_page()
    page.goto(f"{served.address}/#as={GRACE}")
    expect(page.get_by_test_id("composer")).to_be_visible()
    yaml = "name: Spring\nprofile: canada\ntimezone: UTC\ncoordinator: {name: Pat Leader}\nroster: [{name: Mo One}]\n"
    body = json.dumps({"as": NOOR, "yaml": yaml}).encode()
    urllib.request.urlopen(urllib.request.Request(f"{served.address}/api/cohort/import", data=body), timeout=30).read()
    expect(page).to_have_url(f"{served.address}/#as=mo-one")
    expect(page.get_by_test_id("composer")).to_be_visible()
    say(page, RISKY)
    expect(page.get_by_test_id("nudge").last).to_contain_text("Only you can see this")
    page.close()


def test_five_thousand_messages_are_no_burden(browser: Browser, serve: Callable[..., Served]) -> None:
    served = serve()
    for number in range(5_000):
        body = json.dumps({"as": TOMASZ, "id": f"n{number}", "channel": "cohort", "text": f"hello number {number}"}).encode()
        urllib.request.urlopen(urllib.request.Request(f"{served.address}/api/posts", data=body), timeout=30).read()
    page = browser.new_page()
    page.goto(f"{served.address}/#as={GRACE}")
    expect(page.get_by_test_id("message").last).to_contain_text("hello number 4999")
    assert page.get_by_test_id("message").count() <= 1_000
    say(page, "one more")
    expect(page.get_by_test_id("message").last).to_contain_text("one more", timeout=3_000)
    page.close()
