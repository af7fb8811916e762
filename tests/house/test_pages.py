"""The documentation is whole: links lead somewhere, and nothing that ships is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
TOP = sorted(REPOSITORY.glob("*.md"))
DOCS = sorted((REPOSITORY / "docs").rglob("*.md"))
_LINK = re.compile(r"(?<!\\)\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_CODE = re.compile(r"^( *)```.*?^\1```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def prose(path: Path) -> str:
    """A page without its code."""
    return _CODE.sub("", path.read_text("utf-8"))


def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub and MkDocs make them."""
    text = re.sub(r"^```.*?^```$", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    plain = (re.sub(r"[`*]", "", heading).strip().lower() for heading in _HEADING.findall(text))
    return {re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", heading)) for heading in plain}


def broken(path: Path) -> Iterator[str]:
    """Relative links of a page that lead nowhere."""
    for target in _LINK.findall(prose(path)):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        goal = (path.parent / file).resolve() if file else path
        if not goal.exists() or (anchor and anchor not in anchors(goal)):
            yield target


@pytest.mark.parametrize("path", TOP + DOCS, ids=lambda p: str(p.relative_to(REPOSITORY)))
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    """Files and headings that a page points at are there."""
    assert list(broken(path)) == []


def test_every_page_is_in_the_navigation() -> None:
    """No page is kept that no reader can reach."""
    nav = (REPOSITORY / "mkdocs.yml").read_text("utf-8").split("nav:")[1]
    pages = {page.relative_to(REPOSITORY / "docs").as_posix() for page in DOCS}
    assert pages == set(re.findall(r"[\w/-]+\.md", nav))


def test_pages_ask_no_other_host_for_fonts_or_scripts() -> None:
    """The documentation works without a network."""
    config = (REPOSITORY / "mkdocs.yml").read_text("utf-8")
    assert "font: false" in config
    assert not re.search(r"extra_(css|javascript)", config)
    for page in DOCS:
        assert not re.search(r"<(script|link|img)[^>]+https?://", page.read_text("utf-8")), page


def test_every_vendored_file_has_its_licence_in_the_notice() -> None:
    """What others wrote is named in NOTICE, with the file that holds its licence."""
    vendor = REPOSITORY / "src/taktnet/web/static/vendor"
    notice = (REPOSITORY / "NOTICE").read_text("utf-8")
    licences = sorted(path.name for path in vendor.glob("LICENSE-*"))
    assert licences
    assert [name for name in licences if name not in notice] == []
    sums = (vendor / "SHA256SUMS").read_text("utf-8")
    kept = {p.name for p in vendor.iterdir()} - {"SHA256SUMS"}
    assert sorted(name for name in kept if name not in sums) == []
