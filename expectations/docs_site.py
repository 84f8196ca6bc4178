"""Data Docs as a folder that opens without a network: nothing is loaded from, or reported to, elsewhere."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

_SITE = "renkou"
_LOADED = re.compile(
    r"<script[^>]*\bsrc=[\"']?https?://[^>]*>\s*</script>"
    r"|<link[^>]*\bhref=[\"']?https?://[^>]*/?>"
    r"|<img[^>]*\bsrc=[\"']?https?://[^>]*/?>",
    re.IGNORECASE | re.DOTALL,
)
_OUTWARD = re.compile(r"(href|action)=([\"'])https?://[^\"']*\2", re.IGNORECASE)
_STYLE = """<style>
body { font: 15px/1.5 sans-serif; margin: 0 auto; max-width: 80em; padding: 1em; }
table { border-collapse: collapse; width: 100%; }
td, th { border: 1px solid #ccc; padding: .3em .6em; text-align: left; }
.text-danger { color: #a00; } .text-success { color: #060; } .modal { display: none; }
</style></head>"""


def write_site(context: Any, folder: Path) -> None:
    """Render everything that the context validated into ``folder``, in place of what was there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    context.add_data_docs_site(
        _SITE,
        {
            "class_name": "SiteBuilder",
            "store_backend": {
                "class_name": "TupleFilesystemStoreBackend",
                "base_directory": str(folder.resolve()),
            },
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder", "show_cta_footer": False},
            "show_how_to_buttons": False,
        },
    )
    context.build_data_docs(site_names=[_SITE])
    for page in folder.rglob("*.html"):
        page.write_text(_kept_at_home(page.read_text(encoding="utf-8")), encoding="utf-8")


def _kept_at_home(html: str) -> str:
    html = _OUTWARD.sub(r"\1=\2#\2", _LOADED.sub("", html))
    return html.replace("</head>", _STYLE, 1)
