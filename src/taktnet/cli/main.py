"""The `taktnet` command. Each command imports what it needs when it runs, so help is instant."""

from __future__ import annotations

from typing import Annotated

import typer

from taktnet.cli import answers, ledgers, networks, plan, reports, serving, simulate, twin

app = typer.Typer(
    name="taktnet",
    help="Just-in-time manufacturing across plants that are far apart.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help takes half the time
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)


def _version(wanted: bool) -> None:
    if wanted:
        from taktnet import __version__

        typer.echo(f"taktnet {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Just-in-time manufacturing across plants that are far apart."""


networks.register(app)
serving.register(app)
ledgers.register(app)
reports.register(app)
simulate.register(app)
app.add_typer(answers.app, name="signals")
app.add_typer(plan.app, name="plan")
app.add_typer(twin.app, name="twin")

if __name__ == "__main__":
    app()
