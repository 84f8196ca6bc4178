"""Backups hold all that cannot be made again, open only with their key, and come back byte for byte."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse import sealing
from warehouse.backup import backup, reseal, restore
from warehouse.faults import RenkouError, WrongUseError
from warehouse.home import Home
from warehouse.sealing import Keys, SealingWriter, content_of, is_sealed, key_name

OLD = Keys("old", {"old": b"o" * 16})
BOTH = Keys("new", {"new": b"n" * 16, "old": b"o" * 16})
NEW = Keys("new", {"new": b"n" * 16})


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    for name in ("landed/a/b/20261120/x/manifest.json", "approvals/1.json", "builds/20261121.duckdb", "warehouse/release_1.duckdb"):
        path = home.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(3_000_000) if name.startswith("warehouse") else b"kept")
    (home.root / "landed/a/b/20261120/y.partial").mkdir()
    (home.root / "landed/a/b/20261120/y.partial/rows").write_text("half")
    home.current.symlink_to("release_1.duckdb")
    return home



@pytest.mark.parametrize("keys", [None, OLD])
def test_what_is_restored_is_what_was_there(keys: Keys | None, home: Home, tmp_path: Path) -> None:
    made = backup(home, tmp_path / "backups", keys)
    assert is_sealed(made.path) == (keys is not None)
    again = Home(tmp_path / "again")
    restore(again, made.path, keys)
    assert {p.relative_to(again.root).as_posix() for p in again.root.rglob("*") if p.is_file()} == {
        "landed/a/b/20261120/x/manifest.json",
        "approvals/1.json",
        "warehouse/release_1.duckdb",
        "warehouse/current.duckdb",
    }
    assert again.current.resolve().read_bytes() == home.current.resolve().read_bytes()


def test_a_sealed_backup_shows_nothing(home: Home, tmp_path: Path) -> None:
    made = backup(home, tmp_path, OLD)
    assert b"manifest" not in made.path.read_bytes()
    with pytest.raises(RenkouError, match="sealed with key old"):
        restore(Home(tmp_path / "again"), made.path, NEW)


@pytest.mark.parametrize("keys", [None, OLD])
@pytest.mark.parametrize("damage", ["cut", "bit"])
def test_a_damaged_backup_puts_nothing_anywhere(keys: Keys | None, damage: str, home: Home, tmp_path: Path) -> None:
    made = backup(home, tmp_path / "backups", keys)
    content = bytearray(made.path.read_bytes())
    if damage == "cut":
        content = content[:-1_500_000]
    else:
        content[1_700_000] ^= 1
    made.path.chmod(0o600)
    made.path.write_bytes(content)
    with pytest.raises(RenkouError, match="use another copy"):
        restore(Home(tmp_path / "again"), made.path, keys)
    assert not (tmp_path / "again").exists()


def test_a_key_is_replaced(home: Home, tmp_path: Path) -> None:
    made = backup(home, tmp_path / "backups", OLD)
    assert key_name(reseal(made.path, BOTH).path) == "new"
    restore(Home(tmp_path / "again"), made.path, NEW)


def test_a_home_with_something_in_it_is_left_alone(home: Home, tmp_path: Path) -> None:
    made = backup(home, tmp_path / "backups", None)
    with pytest.raises(WrongUseError, match="is not empty"):
        restore(home, made.path, None)


def test_keys_are_read_from_a_file_and_never_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "keys").write_text(f"new:{'6e' * 16}\nold:{'6f' * 16}\n")
    monkeypatch.setenv("RENKOU_KEYS", str(tmp_path / "keys"))
    assert Keys.from_environment() == BOTH
    assert "6e" not in repr(BOTH)
    (tmp_path / "keys").write_text("new:tooshort")
    with pytest.raises(RenkouError, match="openssl rand") as said:
        Keys.from_environment()
    assert "tooshort" not in str(said.value)


@settings(max_examples=40, deadline=None)
@given(pieces=st.lists(st.binary(max_size=50), max_size=20), size=st.integers(1, 40))
def test_sealing_loses_nothing_however_it_is_written(pieces: list[bytes], size: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("sealed") / "file"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealing, "PIECE", size)
        with path.open("wb") as file:
            writer = SealingWriter(file, OLD)
            for piece in pieces:
                writer.write(piece)
            writer.close()
        assert b"".join(content_of(path, OLD)) == b"".join(pieces)
