"""What people and programs type into forms: hostile texts, and values of the wrong kind."""

import random
from typing import Any

TEXTS: tuple[str, ...] = (
    # Markup: of pages, of the report's paragraphs, of drawings, of documents.
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><svg/onload=alert(1)> '><b>",
    "</p></div><h1>Routine</h1><!--",
    "<a href='javascript:alert(1)'>x</a>",
    "&lt;b&gt; &#60;i&#62; &amp;amp; &nbsp",
    "<para><font size=90>x</font></para><br/><img src='file:///etc/passwd'/>",
    "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
    "]]> ) Tj ET endstream endobj %%EOF (x) Tj << /JS (app.alert(1)) /S /JavaScript >>",
    "{{7*7}} ${7*7} #{7*7} {0} {reference} %s %n %(name)s",
    "![x](http://127.0.0.1/x.png) [link](javascript:alert(1)) `code` **bold**",
    # Formulas, as spreadsheets run them.
    "=1+1",
    "+SUM(A1:A9)",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+9)*cmd|' /C calc'!A0",
    '=HYPERLINK("http://127.0.0.1/?x="&A1,"Open")',
    "\t=1+1",
    # Directions, and characters that cannot be seen.
    "abc\u202edcba",
    "\u2066left\u2069 \u200e\u200f\u061c",
    "P\u200b-\u200d001\ufeff",
    "a\u00adb\u2028c\u2029d\u0085e\x0bf",
    "שלום P-001 مرحبا",
    "e" + "\u0301" * 60,
    "👩‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿 𝕻𝖆𝖙𝖎𝖊𝖓𝖙 ﷽",
    "Ａｄｍｉｎ ⅷ ½ ﬁ ß ẞ İ ı",
    # Control characters and broken encodings.
    "a\x00b",
    "\x1b[2J\x1b[31mred",
    "\x7f\x80\x9f\x01\x02",
    "line\r\nSet-Cookie: a=b\r\n\r\n<html>",
    "\ud800",
    "\udfff\ud800",
    "\ufffe\uffff\U0010ffff\ue000",
    # Other languages that a text might be glued into.
    "' OR '1'='1'; DROP TABLE cases; --",
    "\"; PRAGMA writable_schema=1; --",
    'NEAR("a" "b") * ^ note: a AND NOT b OR (',
    "% _ [a-z] \\ * ?",
    "../../../../etc/passwd",
    "..\\..\\windows\\system32\\x",
    "C:\\patient\\name.jpg",
    "file:///etc/passwd",
    "http://127.0.0.1:1/x",
    "CON", "NUL.jpg", ".", "..", "/", "\\", "-rf", "--help", "~root", "$HOME", "`id`", "$(id)",
    "null", "undefined", "NaN", "Infinity", "true", "0", "-1", "1e999", "None", "[object Object]",
    # Nothing, and much of it.
    "",
    " ",
    "\n\n\n",
    "x" * 65,
    "x" * 10_000,
    "x" * 10_001,
    "ﷺ" * 9_999,
    "\n" * 9_999,
    "<" * 10_000,
    "word " * 40_000,
)  # fmt: skip

VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    -0.0,
    2**31,
    2**63,
    -(2**63) - 1,
    10**400,
    1e308,
    float("nan"),
    float("inf"),
    [],
    [None],
    ["new_or_changing", "new_or_changing"],
    ["new_or_changing", {"a": 1}],
    [[[[]]]],
    {},
    {"a": {"b": [1]}},
    {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}},
    {"__type__": "update", "visible": True},
    "a" * 300_000,
)


def text(rng: random.Random) -> str:
    """One of the texts, or two glued together, or one in the middle of plain words."""
    kind = rng.randrange(4)
    if kind == 0:
        return rng.choice(TEXTS) + rng.choice(TEXTS)
    if kind == 1:
        return f"P-1 {rng.choice(TEXTS)} lesion"
    if kind == 2:
        return "".join(chr(rng.randrange(0x3000)) for _ in range(rng.randint(1, 40)))
    return rng.choice(TEXTS)


def value(rng: random.Random) -> Any:
    """A text, or more seldom a value of another kind, alone or in a list."""
    kind = rng.randrange(8)
    if kind == 0:
        return [text(rng) for _ in range(rng.randint(0, 4))]
    return rng.choice(VALUES) if kind < 3 else text(rng)
