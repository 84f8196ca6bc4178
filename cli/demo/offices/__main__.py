"""``python -m cli.demo.offices``: one department's server, or what fills it; the services of docs/deploy/departments.yml."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from cli.demo.offices import servers
from cli.demo.offices.connections import read_connection, write_connections
from cli.demo.offices.spread import lay_out
from contracts.load import load_all

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)
Folder = Annotated[Path, typer.Argument(exists=True, file_okay=False, help="what `county` laid out")]
Name = Annotated[str, typer.Argument(help="of the connection")]
Port = Annotated[int, typer.Option(help="port to listen on")]
Host = Annotated[str, typer.Option(help="address to listen on")]


@app.command()
def county(
    folder: Path,
    at: Annotated[list[str], typer.Option(help="where a connection's server listens: NAME=HOST:PORT")],
    persons: Annotated[int, typer.Option(min=1)] = 2_000,
) -> None:
    """Make up a county and lay it out as the departments offer it, unless it lies there already; say how each is reached."""
    contracts = load_all()
    lay_out(folder, persons, contracts)
    write_connections(folder, contracts, dict(_pair(one) for one in at))


@app.command()
def sftp(folder: Folder, name: Name, port: Port, host: Host = "0.0.0.0") -> None:
    """Show a department's files by SFTP."""
    asyncio.run(servers.serve_sftp(folder, name, host, port))


@app.command()
def http(folder: Folder, name: Name, port: Port, host: Host = "0.0.0.0") -> None:
    """Show a department's registers by a paged HTTP API."""
    uvicorn.run(servers.api(folder / name, read_connection(folder, name)["password"]), host=host, port=port, log_level="warning")


@app.command()
def fill_store(folder: Folder, name: Name) -> None:
    """Put a department's buckets into its S3-compatible store."""
    servers.fill_store(folder, name)


@app.command()
def fill_database(folder: Folder, name: Name) -> None:
    """Put a department's tables into its PostgreSQL database."""
    servers.fill_database(folder, name)


def _pair(text: str) -> tuple[str, str]:
    name, between, address = text.partition("=")
    if not between or ":" not in address:
        raise typer.BadParameter(f"{text}: say NAME=HOST:PORT", param_hint="--at")
    return name, address


if __name__ == "__main__":
    app()
