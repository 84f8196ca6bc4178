"""The page in a real browser: by keyboard, on a desk and on a phone. ``RENKOU_PICTURES`` names a folder for pictures of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.warehouse.small_release import DEAD, MAN, SHARED

CHROMIUM = "/usr/bin/chromium"
SIZES = {"desk": (1280, 900), "phone": (390, 844)}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complains of: nothing, unless a test has called for it and taken it away."""
    return []


@pytest.fixture(params=SIZES)
def page(browser: Browser, request: pytest.FixtureRequest, served: tuple[str, str], complaints: list[str]) -> Iterator[Page]:
    width, height = SIZES[request.param]
    page = browser.new_page(viewport={"width": width, "height": height})
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(served[0])
    yield page
    page.close()
    assert complaints == []


def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("RENKOU_PICTURES"):
        width = (page.viewport_size or {"width": 0})["width"]
        page.screenshot(path=Path(folder) / f"{name}_{width}.png", full_page=True)


def typed(page: Page, text: str) -> None:
    page.keyboard.type(text)
    page.keyboard.press("Tab")


def marks(page: Page, field: str) -> str:
    return page.locator(".field", has=page.locator(field)).locator(".mark").inner_text()


def asked_for(page: Page, key: str, number: str) -> None:
    """All by keyboard: the key, then purpose, case and number, Enter."""
    page.locator("#key").focus()
    page.keyboard.type(key)
    page.keyboard.press("Enter")
    expect(page.locator("#form")).to_be_focused()
    page.locator("#form").select_option("retirement")
    page.locator("#case_no").focus()
    typed(page, "2026-0001")
    page.keyboard.type(number)
    picture(page, "asked")
    page.keyboard.press("Enter")
    expect(page.locator("#title")).to_be_focused()


def test_an_official_fills_in_corrects_confirms(page: Page, served: tuple[str, str]) -> None:
    asked_for(page, served[1], MAN)
    name = page.locator("#field_name")
    expect(name).to_have_value("欧阳[志]强")
    expect(page.locator("#field_ethnicity")).to_have_class("given disputed")
    assert marks(page, "#field_ethnicity") == "有争议"
    assert marks(page, "#field_former_name") == "请核对"  # the register's silence is nobody's word
    assert not marks(page, "#field_name")
    expect(page.locator("#field_name_source")).to_be_hidden()
    name.focus()
    expect(page.locator("#field_name_source")).to_be_visible()
    expect(page.locator("#field_name_source")).to_contain_text("常住人口登记；截至 2026-11-22；数源部门")
    picture(page, "filled")
    fits = page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert fits

    page.locator("#field_phone").fill("13911112222")
    page.locator("#field_bank_account").fill("6222")
    page.locator("#filled button[type=submit]").click()
    expect(page.locator("#message")).not_to_contain_text("已提交")  # not confirmed yet, and the category of work is due
    page.locator("#confirmed").focus()
    page.keyboard.press("Space")
    page.locator("#filled button[type=submit]").press("Enter")
    expect(page.locator("#field_worker_category")).to_be_focused()
    page.keyboard.type("其他")
    page.keyboard.press("Enter")
    expect(page.locator("#message")).to_contain_text("更正 1 项，补充 2 项")
    expect(page.locator("#use")).to_contain_text("回执号：S")
    picture(page, "submitted")


def test_what_is_mistyped_is_named(page: Page, served: tuple[str, str], complaints: list[str]) -> None:
    asked_for(page, served[1], MAN)
    page.locator("#id_number").fill(MAN[:-1] + ("1" if MAN[-1] != "1" else "2"))
    page.locator("#id_number").press("Enter")
    expect(page.locator("#message")).to_contain_text("校验码不对")

    page.locator("#id_number").fill("330102199001011234")
    page.locator("#id_number").press("Enter")
    expect(page.locator("#message")).to_contain_text("或不在本密钥的范围内")  # a number as it should be, and nobody's

    page.locator("#id_number").fill(MAN)
    page.locator("#case_no").fill("  ")
    page.locator("#case_no").press("Enter")
    expect(page.locator("#message")).to_have_text("请检查：业务受理编号。")
    expect(page.locator("#case_no")).to_be_focused()

    page.locator("#case_no").fill("2026-0001")
    page.locator("#case_no").press("Enter")
    page.locator("#field_worker_category").fill("皇帝")
    page.locator("#field_bank_account").fill("6222")
    page.locator("#confirmed").check()
    page.locator("#filled button[type=submit]").press("Enter")
    expect(page.locator("#message")).to_have_text("请检查：岗位类别。")
    assert len(complaints) == 2  # the browser's own, of two answers 422
    complaints.clear()


def test_a_value_that_is_longer_than_its_place_is_shown_whole(page: Page, served: tuple[str, str]) -> None:
    asked_for(page, served[1], MAN)
    whole = page.locator(".field", has=page.locator("#field_residence_address")).locator(".printed")
    page.locator("#field_residence_address").fill("甲" * 90)
    expect(whole).to_be_visible()
    page.locator("#field_residence_address").fill("甲路1号")
    expect(whole).to_be_hidden()


def test_nobody_is_guessed(page: Page, served: tuple[str, str]) -> None:
    asked_for(page, served[1], SHARED)
    expect(page.locator("#message")).to_contain_text("不止一人")
    expect(page.locator("#field_name")).to_have_value("")


def test_that_somebody_has_died_stands_above_the_form(page: Page, served: tuple[str, str]) -> None:
    asked_for(page, served[1], DEAD)
    expect(page.locator("#filled")).to_be_visible()
    expect(page.locator("#message")).to_contain_text("死亡")
    picture(page, "dead")


def test_nothing_of_the_last_applicant_is_left_for_the_next(page: Page, served: tuple[str, str]) -> None:
    asked_for(page, served[1], MAN)
    page.locator("#clear").click()
    expect(page.locator("#case_no")).to_be_focused()
    expect(page.locator("#filled")).to_be_hidden()
    expect(page.locator("#id_number")).to_have_value("")
    assert "欧阳" not in page.content()


def test_large_type_and_paper(page: Page, served: tuple[str, str]) -> None:
    asked_for(page, served[1], MAN)
    page.locator("#larger").click()
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "24px"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    picture(page, "large")
    page.emulate_media(media="print")
    expect(page.locator("#ask")).to_be_hidden()
    expect(page.locator(".signature")).to_be_visible()
    expect(page.locator("#use")).to_contain_text("退休申请；业务受理编号：2026-0001")
    expect(page.locator(".field", has=page.locator("#field_name")).locator(".printed")).to_have_text("欧阳[志]强")
    picture(page, "paper")
