"""A real browser for the tests of pages: Debian's Chromium, driven by Playwright, cut off from every other host."""

import os
import shutil

import pytest


@pytest.fixture(scope="session")
def chromium():
    """Path of the browser; without one the tests skip, but in CI that is a failure."""
    path = shutil.which("chromium")
    if path is None:
        reason = "Chromium is not installed (on Debian: apt-get install chromium)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path


@pytest.fixture(scope="module")
def browser(chromium):
    from playwright.sync_api import sync_playwright

    flags = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    with sync_playwright() as started:
        opened = started.chromium.launch(executable_path=chromium, args=flags)
        yield opened
        opened.close()
