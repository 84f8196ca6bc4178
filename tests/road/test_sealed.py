"""The road with a key: the same release as without one, and nothing on the disk that tells of a person."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.county import travel_ungated
from tests.support.release import differing
from tests.support.sealed import SealedHome, planted, sealed_home
from warehouse.at_home import at_home
from warehouse.home import Home
from warehouse.parts import BUILD, RELEASE


@pytest.fixture(scope="module")
def sealed(small_county: Path, tmp_path_factory: pytest.TempPathFactory) -> SealedHome:
    home = sealed_home(tmp_path_factory.mktemp("sealed"))
    with home.machine("one"), at_home(BUILD) as here:
        assert travel_ungated(here, small_county / "landing").status == "published"
    return home


def test_a_release_is_the_same_with_a_key_as_without(sealed: SealedHome, undisturbed: Home) -> None:
    with sealed.machine("two"), at_home(RELEASE) as here:
        assert differing(undisturbed.current, here.current) == {}


def test_no_file_tells_of_a_person(sealed: SealedHome, undisturbed: Home) -> None:
    values = planted(undisturbed.current)
    names = {name.partition("/")[0] for name in sealed.files()}
    assert names >= {"landed", "warehouse", "orders", "reports"}
    for name, path in sealed.files().items():
        content = path.read_bytes()
        assert not any(value in content for value in values), name
    assert sealed.sealed_with() == {"old"}
