"""docker-compose.yml and its overlay without an engine: every path, port, variable, secret and command that it names is there."""

from __future__ import annotations

import functools
import itertools
import json
import re
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import typer
import typer.main
import yaml

from cli.demo.offices.__main__ import app as offices
from cli.demo.stack import FILES, merged
from cli.main import app
from contracts.load import load_all
from tests.house.rooms import ROOT

TEXTS = {file: (ROOT / file).read_text(encoding="utf-8") for file in FILES}
COMPOSE = functools.reduce(merged, map(yaml.safe_load, TEXTS.values()))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
SETTINGS = (ROOT / ".env.example").read_text(encoding="utf-8")
VARIABLE = re.compile(r"\$\{([A-Z_]+)(?::-([^}]*))?\}")
SCHEMA: dict[str, Any] = json.loads((ROOT / "tests" / "house" / "compose-spec.json").read_text(encoding="utf-8"))
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "renkou:local"}


@pytest.mark.parametrize("file", FILES)
def test_it_is_a_compose_file(file: str) -> None:
    """Held against the schema of the Compose Specification, as an engine does before it starts anything."""
    rules = jsonschema.Draft7Validator(SCHEMA)
    assert [f"{'/'.join(map(str, e.path))}: {e.message}" for e in rules.iter_errors(yaml.safe_load(TEXTS[file]))] == []


def test_every_variable_is_in_the_example_with_the_same_default() -> None:
    told = dict(re.findall(r"^([A-Z_]+)=(.*)$", SETTINGS, re.MULTILINE))
    assert set(VARIABLE.findall("".join(TEXTS.values()))) == set(told.items())


def test_every_secret_is_a_file_that_the_example_describes() -> None:
    used = {secret for service in SERVICES.values() for secret in service.get("secrets", [])}
    assert used == set(COMPOSE["secrets"])
    for name, secret in COMPOSE["secrets"].items():
        assert secret["file"].endswith(f"/{name}")
        assert re.search(rf"^#.*\b{re.escape(name)}\b", SETTINGS, re.MULTILINE), name
    read = set(re.findall(r"/run/secrets/([a-z_.]+)", "".join(TEXTS.values())))
    assert read == used


def test_every_volume_is_declared_and_every_file_of_ours_is_there() -> None:
    named = {v.split(":")[0] for s in SERVICES.values() for v in s.get("volumes", []) if re.match(r"[a-z]", v)}
    assert named == set(COMPOSE["volumes"])
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            if volume.startswith("./"):
                assert (ROOT / volume.split(":")[0]).is_file(), volume


def test_what_waits_waits_for_a_service_and_for_health_where_it_is_told() -> None:
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            assert how["condition"] != "service_healthy" or "healthcheck" in SERVICES[other], (name, other)


def test_every_service_that_stays_is_healthy_or_not_and_bounded() -> None:
    for name, service in SERVICES.items():
        if service.get("restart") != "no":
            assert service["healthcheck"]["test"][0] == "CMD", name
        # PostgreSQL's image starts as root and gives its folder away
        if not service["image"].startswith("postgres:"):
            assert service["deploy"]["resources"]["limits"]["memory"], name
            assert service["cap_drop"] == ["ALL"], name


def test_ours_runs_as_nobody_in_particular() -> None:
    for name, service in OURS.items():
        assert service["user"] == "10001:10001", name
    assert "--uid 10001" in DOCKERFILE


def test_the_image_holds_every_room_and_makes_every_folder_that_is_mounted() -> None:
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "bench"}
    assert rooms <= set(re.findall(r"^COPY (\w+) \1$", DOCKERFILE, re.MULTILINE))
    mounted = {volume.split(":")[1] for s in OURS.values() for volume in map(_plain, s.get("volumes", []))}
    made = set(re.findall(r"/(?:opt|var)/[\w/-]+", DOCKERFILE))
    assert mounted <= made


def _plain(volume: str) -> str:
    return VARIABLE.sub("x", volume)


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_command_exists(name: str) -> None:
    first, *rest = SERVICES[name]["command"]
    if first == "renkou":
        _is_command(app, rest)
    elif rest[:2] == ["-m", "cli.demo.offices"]:
        _is_command(offices, rest[2:])
    else:
        assert (ROOT / ".venv" / "bin" / first).exists() or first == "bash"


def _is_command(of: typer.Typer, words: list[str]) -> None:
    command = typer.main.get_command(of).commands[words[0]]  # type: ignore[attr-defined]
    assert {word for word in words if word.startswith("--")} <= {option for p in command.params for option in p.opts}


def test_every_connection_of_the_contracts_has_an_office() -> None:
    words = SERVICES["county"]["command"]
    told = dict(word.split("=") for before, word in itertools.pairwise(words) if before == "--at")
    sources = [d.pulled_from for d in load_all().datasets if d.pulled_from]
    assert set(told) == {source.connection for source in sources if source.kind != "folder"}
    for address in told.values():
        name, port = address.split(":")
        assert port in SERVICES[name].get("command", []) or SERVICES[name]["image"].split(":")[0] in {"postgres", "minio/minio"}


def test_ports_are_those_that_are_listened_on() -> None:
    arguments = SERVICES["api"]["command"]
    port = arguments[arguments.index("--port") + 1]
    assert f"localhost:{port}/openapi.json" in json.dumps(SERVICES["api"]["healthcheck"])
    assert f"reverse_proxy api:{port}" in (ROOT / "docs" / "deploy" / "Caddyfile").read_text(encoding="utf-8")
    assert SERVICES["api-server"]["ports"][0].endswith(":8080")


def test_ports_are_bound_to_this_machine_unless_told_otherwise() -> None:
    for service in SERVICES.values():
        for port in service.get("ports", []):
            assert port.startswith("${") and ":-127.0.0.1}" in port, port


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_health_commands_are_sound_python(name: str) -> None:
    test = SERVICES[name].get("healthcheck", {}).get("test", [])
    if "-c" in test:
        compile(test[-1], name, "exec")
