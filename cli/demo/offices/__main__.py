"""``python -m cli.demo.offices``: one department's server, or what fills it; the pieces of docs/deploy/departments.yml."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)
Folder = Annotated[Path, typer.Argument(exists=True, file_okay=False)]
Host = Annotated[str, typer.Option()]
PASSWORD = "OFFICE_PASSWORD"


@app.command()
def county(out: Path, persons: Annotated[int, typer.Option(min=1)] = 2_000) -> None:
    """Make a county of one day and lay it out as the departments offer it, unless it lies there already."""
    from cli.demo.offices.spread import lay_out  # noqa: PLC0415

    lay_out(out, persons)


@app.command()
def sftp(folder: Folder, port: int = 22, host: Host = "0.0.0.0") -> None:
    """Show a folder by SFTP. The password comes from OFFICE_PASSWORD."""
    from cli.demo.offices.servers import listen_sftp  # noqa: PLC0415

    async def forever() -> None:
        acceptor, _ = await listen_sftp(folder, os.environ[PASSWORD], host, port)
        await acceptor.wait_closed()

    asyncio.run(forever())


@app.command()
def http(folder: Folder, port: int = 8080, host: Host = "0.0.0.0") -> None:
    """Show registers by a paged HTTP API. The bearer token comes from OFFICE_PASSWORD."""
    import uvicorn  # noqa: PLC0415

    from cli.demo.offices.servers import api  # noqa: PLC0415

    uvicorn.run(api(folder, os.environ[PASSWORD]), host=host, port=port, log_level="warning")


@app.command()
def fill_store(folder: Folder, endpoint: str, login: str = "renkou") -> None:
    """Put a folder's buckets into an S3-compatible store. The secret key comes from OFFICE_PASSWORD."""
    from cli.demo.offices.servers import fill_store as fill  # noqa: PLC0415

    fill(folder, endpoint, login, os.environ[PASSWORD])


@app.command()
def fill_database(folder: Folder, url: str) -> None:
    """Put a folder's tables into a PostgreSQL database. The password comes from PGPASSWORD."""
    from cli.demo.offices.servers import fill_database as fill  # noqa: PLC0415

    fill(folder, url)


if __name__ == "__main__":
    app()
