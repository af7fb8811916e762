"""The colours of the pages are legible: contrast from the style sheet itself (WCAG 2.2)."""

from __future__ import annotations

import re

import pytest

from taktnet.web.pages.assets import STATIC

TOKENS = (STATIC / "css" / "tokens.css").read_text("utf-8")


def palette(dark: bool) -> dict[str, str]:
    """Custom properties that are colours; the dark theme on top of the light one."""
    light, _, night = TOKENS.partition("@media (prefers-color-scheme: dark)")
    found = dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", light))
    if dark:
        changed = dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", night))
        assert set(changed) == set(found), "a colour lacks its dark counterpart"
        found |= changed
    return found


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2 definition."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    """Contrast ratio, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


TEXT = [
    *((ink, ground) for ink in ("ink", "ink-2", "ink-3") for ground in ("ground", "surface")),
    *((ink, "sunken") for ink in ("ink", "ink-2", "ink-3")),
    *((ink, ground) for ink in ("accent", "warn", "crit") for ground in ("ground", "surface")),
    ("accent", "accent-weak"),
    ("ink", "accent-weak"),
    ("ink-2", "accent-weak"),
    ("ink-3", "accent-weak"),
    ("warn", "warn-weak"),
    ("crit", "crit-weak"),
    ("accent-ink", "accent"),
    ("surface", "ink"),
]
MARKS = [
    ("line-strong", "surface"),
    ("line-strong", "ground"),
    ("accent", "surface"),
    ("map-site", "map-land"),
    ("map-flow", "surface"),
    ("map-warn", "surface"),
    ("map-crit", "map-land"),
    ("accent", "map-land"),
]


def test_contrast_is_that_of_the_standard() -> None:
    """Black on white is 21 and #777777 on white 4.48, the standard's own well-known numbers."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_has_a_contrast_of_at_least_4_5(ink: str, ground: str, dark: bool) -> None:
    """Every pair of text and ground meets AA for small text, in both themes."""
    colours = palette(dark)
    assert contrast(colours[ink], colours[ground]) >= 4.5


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(("mark", "ground"), MARKS)
def test_marks_have_a_contrast_of_at_least_3(mark: str, ground: str, dark: bool) -> None:
    """Borders of fields, lines and symbols that carry meaning meet AA for graphics."""
    colours = palette(dark)
    assert contrast(colours[mark], colours[ground]) >= 3.0


def test_colours_are_named_in_one_place() -> None:
    """No style sheet but the tokens writes a colour of its own."""
    for sheet in ("base.css", "parts.css", "screens.css"):
        text = (STATIC / "css" / sheet).read_text("utf-8")
        assert not re.findall(r"#[0-9a-f]{3,8}\b(?=[;\s,)])", text), sheet
