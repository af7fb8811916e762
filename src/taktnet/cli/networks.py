"""`check`, `generate`, `template`: commands about networks in files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from taktnet.cli.names import free
from taktnet.cli.show import Json, console, json_out, reporting, table

Files = Annotated[
    Path, typer.Argument(help="Folder of CSV or Parquet files, or an .xlsx workbook.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(check)
    app.command()(generate)
    app.command()(template)


@reporting
def check(
    network: Files,
    write: Annotated[
        Path | None,
        typer.Option("--write", help="Write what was read to this folder, or .xlsx file."),
    ] = None,
    format: Annotated[
        str, typer.Option("--format", help="csv, parquet or xlsx; else by the name.")
    ] = "",
    json: Json = False,
) -> None:
    """Check a network: every fault of every file at once, in words.

    With --write a sound network is written again in another form, without loss; nothing is
    written over.

    \b
    Examples:
      taktnet check examples/drivetrain/network
      taktnet check examples/drivetrain/network --write plants.xlsx
      taktnet check plants.xlsx --json
    """
    from taktnet.network import Network
    from taktnet.network.fields import TABLES

    if write is not None:
        free(write)
    read = Network.read(network)
    sizes = {name: len(read.table(name)) for name in TABLES}
    if write is not None:
        read.write(write, format)
    if json:
        json_out(
            {"faults": [], "digest": read.digest, "tables": sizes, "written": str(write or "")}
        )
        return
    table(f"{network}: no faults", ("table", "rows"), sizes.items())
    if write is not None:
        console().print(f"written to {write}")


@reporting
def generate(
    out: Annotated[Path, typer.Argument(help="Folder (or .xlsx file) to write.")],
    sites: Annotated[int, typer.Option("--sites", help="Number of sites, 10 to 5,000.")] = 100,
    seed: Annotated[int, typer.Option("--seed", help="The same seed, the same network.")] = 1,
    format: Annotated[
        str, typer.Option("--format", help="csv, parquet or xlsx; else by the name.")
    ] = "",
    json: Json = False,
) -> None:
    """Make a believable network of any size, the same for the same seed.

    It has the mix of sites and the densities of examples/drivetrain.

    \b
    Examples:
      taktnet generate --sites 200 --seed 7 big/network
      taktnet generate --sites 1000 big.xlsx
    """
    from taktnet.network.fields import TABLES
    from taktnet.network.generate import generate as make

    free(out)
    made = make(sites, seed)
    made.write(out, format)
    sizes = {name: len(made.table(name)) for name in TABLES}
    if json:
        json_out({"path": str(out), "digest": made.digest, "tables": sizes})
        return
    table(f"{out}: {sites} sites, seed {seed}", ("table", "rows"), sizes.items())


@reporting
def template(
    out: Annotated[Path, typer.Argument(help="The .xlsx file to write.")] = Path("network.xlsx"),
    json: Json = False,
) -> None:
    """Write an empty workbook to fill in: every table and column, with its meaning.

    \b
    Example:
      taktnet template plants.xlsx
    """
    from taktnet.network import Network

    free(out)
    Network().write(out, "xlsx")
    if json:
        json_out({"path": str(out)})
        return
    console().print(f"Fill in {out}, then run: taktnet check {out}")
