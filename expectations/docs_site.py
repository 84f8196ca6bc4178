"""Data Docs as a folder that opens without a network: nothing is loaded from, or reported to, elsewhere."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

_SITE = "renkou"
_LOADED = re.compile(
    r"<script[^>]*\bsrc=[\"']?https?://[^>]*>\s*</script>"
    r"|<link[^>]*\bhref=[\"']?https?://[^>]*/?>"
    r"|<img[^>]*\bsrc=[\"']?https?://[^>]*/?>",
    re.IGNORECASE | re.DOTALL,
)
_PICTURE = re.compile(r"url\([\"']?https?://[^)]*\)", re.IGNORECASE)
# What Great Expectations says of itself: its newsletter, and a run that it knows no name of.
_OF_ITSELF = re.compile(r"<footer>.*?</footer>| / __none__(?= / )|(?<=>)__none__(?=<)|<title>.*?</title>", re.DOTALL)
_OUTWARD = re.compile(r"(href|action)=([\"'])https?://[^\"']*\2", re.IGNORECASE)
_STYLE = """<style>
body { font: 15px/1.5 sans-serif; margin: 0 auto; max-width: 80em; padding: 1em; }
table { border-collapse: collapse; width: 100%; }
td, th { border: 1px solid #ccc; padding: .3em .6em; text-align: left; }
.text-danger { color: #a00; } .text-success { color: #060; } .modal { display: none; }
.fa-check-circle::before { content: "\\2713  通过 passed"; } .fa-times::before { content: "\\2717  未通过 failed"; }
i.fas { font-style: normal; white-space: nowrap; }
/* what needs scripts that are not here */
.card:has([data-toggle=buttons]), .collapse, [data-toggle=collapse] { display: none; }
.ge-navigation-sidebar-container, .ge-navigation-sidebar-content, .card { max-height: none !important; }
.ge-navigation-sidebar-content { columns: 18em; }
</style>"""
_TITLE = "<title>数据质量检查 Data Docs</title>"
_INDEX = """<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>数据质量检查 Data Docs</title>{style}</head>
<body><h1>数据质量检查 Data Docs</h1>
<table><tr><th>对象 Subject</th><th>检查 Checks</th><th>未通过 Failed</th></tr>
{rows}
</table></body></html>
"""
Pages = Mapping[str, Mapping[str, Any]]


def write_site(context: Any, folder: Path, pages: Pages) -> None:
    """Render all validations of the context into ``folder``, in place of what was there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    backend = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder.resolve())}
    # The page of a validation says all that the page of its suite would.
    sections = {"expectations": "None", "profiling": "None"}
    site = {"class_name": "SiteBuilder", "store_backend": backend, "show_how_to_buttons": False, "site_section_builders": sections}
    context.add_data_docs_site(_SITE, {**site, "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"}})
    context.build_data_docs(site_names=[_SITE])
    for page in (*folder.rglob("*.html"), *folder.rglob("*.css")):
        page.write_text(_kept_at_home(page.read_text(encoding="utf-8")), encoding="utf-8")
    # The index that GX writes is empty without a network, and its pictures and fonts weigh 4 MB.
    for heavy in ("images", "fonts"):
        shutil.rmtree(folder / "static" / heavy, ignore_errors=True)
    index = _INDEX.format(style=_STYLE, rows="\n".join(_rows(folder, pages)))
    (folder / "index.html").write_text(index, encoding="utf-8")


def _kept_at_home(html: str) -> str:
    html = _OF_ITSELF.sub("", _PICTURE.sub("none", _LOADED.sub("", html)))
    return _OUTWARD.sub(r"\1=\2#\2", html).replace("</head>", f"{_TITLE}{_STYLE}</head>", 1)


def _rows(folder: Path, pages: Pages) -> Iterator[str]:
    for name, statistics in pages.items():
        failed = statistics["unsuccessful_expectations"]
        colour = "text-danger" if failed else "text-success"
        for page in sorted((folder / "validations" / name).rglob("*.html")):
            link = quote(str(page.relative_to(folder)))
            yield (
                f'<tr><td><a href="{link}">{escape(name)}</a></td>'
                f'<td>{statistics["evaluated_expectations"]}</td><td class="{colour}">{failed}</td></tr>'
            )
