"""What the reports share: a page that needs nothing else, runs nothing and asks nobody for anything."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from html import escape
from importlib import resources
from string import Template

from posetune._version import __version__


def page(language: str, title: str, about: str, sections: Sequence[str]) -> str:
    """The HTML of a report. ``title``, ``about``: plain text; ``sections``: HTML.

    Its content security policy lets in this page's own style, by its hash, and pictures that are in the page; no script at all.
    """
    room = resources.files("posetune.coach.report")
    style = room.joinpath("page.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    return Template(room.joinpath("page.html").read_text("utf-8")).substitute(
        language=escape(language),
        csp=f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
        style=style,
        title=escape(title),
        about=escape(f"{about} · posetune {__version__}"),
        sections="\n".join(s for s in sections if s),
    )


def section(title: str, content: str) -> str:
    """``content``: HTML; without any there is no section."""
    return f"<section><h2>{escape(title)}</h2>{content}</section>" if content else ""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """``head``: plain text; ``rows``: cells of HTML, the first of which names its row. Cards on a narrow screen."""
    heads = "".join(f'<th scope="col">{escape(text)}</th>' for text in head)
    body = []
    for first, *rest in rows:
        cells = "".join(
            f'<td data-heading="{escape(name)}">{cell}</td>' for name, cell in zip(head[1:], rest, strict=True)
        )
        body.append(f'<tr><th scope="row">{first}</th>{cells}</tr>')
    return (
        f'<div class="scroll"><table class="cards"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def notes(lines: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>" if lines else ""


def figure(uri: str | None, caption: str, marked: str = "") -> str:
    """A picture with what is said about it. ``marked``: what is wrong in it."""
    bad = f'<br><span class="fault">{escape(marked)}</span>' if marked else ""
    picture = f'<img src="{escape(uri)}" alt="{escape(caption)}">' if uri else ""
    return f"<figure>{picture}<figcaption>{escape(caption)}{bad}</figcaption></figure>"
