"""Runbooks are followed: what they tell to type exists, and whole books are typed as they stand."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import typer.main

from cli.main import app
from tests.house.rooms import ROOT
from tests.support.release import rows
from warehouse.home import Home
from warehouse.publish import current_release, releases
from warehouse.sealing import Keys, content_of

BOOKS = sorted((ROOT / "docs" / "runbooks").glob("*.md"))
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
CALL = re.compile(r"^\s*\.venv/bin/renkou ([a-z]+)(.*?)(?:\s#.*|\|\|.*)?$", re.MULTILINE)


def blocks(book: str) -> list[str]:
    return BLOCK.findall((ROOT / "docs" / "runbooks" / book).read_text(encoding="utf-8"))


@pytest.mark.parametrize("book", BOOKS, ids=lambda path: path.stem)
def test_every_command_of_a_runbook_exists(book: Path) -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for name, rest in CALL.findall(book.read_text(encoding="utf-8")):
        assert name in commands, name
        known = {option for parameter in commands[name].params for option in parameter.opts}
        assert set(re.findall(r"(?<=\s)--[a-z-]+", rest)) <= known, (name, rest)


def follow(block: str, home: Path, **places: Path) -> str:
    """Type a block as it stands, with the folders that the installation has."""
    environment = os.environ | {"RENKOU_HOME": str(home)} | {name: str(path) for name, path in places.items()}
    script = block.replace(".venv/bin/renkou", str(ROOT / ".venv" / "bin" / "renkou"))
    typed = ["bash", "-euo", "pipefail", "-c", script]
    done = subprocess.run(typed, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_backup_restore_and_a_new_key(undisturbed: Home, tmp_path: Path) -> None:
    every_night, lost, key = blocks("backup-and-restore.md")
    home = Home(tmp_path / "home")
    shutil.copytree(undisturbed.root, home.root, symlinks=True)
    places = {name: tmp_path / name.lower() for name in ("SECRETS", "BACKUPS", "NEW_HOME", "RENKOU_CACHE")}
    places["SECRETS"].mkdir()
    assert "sealed with k1" in follow(every_night, home.root, **places)
    said = follow(key, home.root, **places)
    assert "all with k2" in said
    assert "sealed with k2" in said
    follow(lost, home.root, **places)
    for root in (home.root, places["NEW_HOME"]):
        content = content_of(root / "warehouse" / "current.duckdb", Keys.read(places["SECRETS"] / "keys"))
        assert b"".join(content) == undisturbed.current.read_bytes()


def test_a_broken_release_is_replaced_by_the_one_before(undisturbed: Home, small_county: Path, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    shutil.copytree(undisturbed.root, home.root, symlinks=True)
    newest = home.warehouse / "release_20261120-02.duckdb"
    newest.write_bytes(b"\0" * 50_000)
    home.current.unlink()
    home.current.symlink_to(newest.name)
    (block,) = blocks("release-broken.md")
    said = follow(block, home.root, LANDING=small_county / "landing")
    assert "can be read" in said
    assert current_release(home) == releases(home)[0] == "20261120-01"


def test_a_full_disk_and_a_clock_are_seen_to(undisturbed: Home, small_county: Path, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    shutil.copytree(undisturbed.root, home.root, symlinks=True)
    for book in ("disk-full.md", "clock.md"):
        (block,) = blocks(book)
        assert "unchanged" in follow(block, home.root, LANDING=small_county / "landing")


@pytest.mark.skipif(FAKETIME is None, reason="sets a clock back by Debian's faketime")
def test_what_comes_while_the_clock_is_set_back_counts_as_later(undisturbed: Home, small_county: Path, tmp_path: Path) -> None:
    home, landing = Home(tmp_path / "home"), tmp_path / "landing"
    shutil.copytree(undisturbed.root, home.root, symlinks=True)
    shutil.copytree(small_county / "landing", landing)
    (deaths,) = landing.glob("health/death/20261120/*.jsonl")
    lines = deaths.read_bytes().splitlines(keepends=True)[1:]
    deaths.write_bytes(b"".join(lines))
    control = {"file": deaths.name, "rows": len(lines), "sha256": hashlib.sha256(deaths.read_bytes()).hexdigest()}
    deaths.with_name(f"{deaths.name}.ctl").write_text(json.dumps(control))
    first = home.current.resolve().read_bytes()
    set_back = {"LD_PRELOAD": Path(str(FAKETIME)), "FAKETIME": Path("-2500d")}
    said = follow(".venv/bin/renkou doctor || true; .venv/bin/renkou run --landing $LANDING", home.root, LANDING=landing, **set_back)
    assert "clock" in said
    assert "20261120-02" in said
    batch = "SELECT DISTINCT taken_in_at::VARCHAR FROM batch WHERE department = 'health' AND dataset = 'death' AND status = 'accepted'"
    ((taken_in_at,),) = rows(home.current, batch)
    assert taken_in_at > "2026", "later than the attempt before, whatever the clock says"
    assert (home.warehouse / "release_20261120-01.duckdb").read_bytes() == first
