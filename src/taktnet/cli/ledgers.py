"""`ingest`, `log`, `replay`, `verify`, `proof`: commands about the ledger."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from taktnet.base.errors import TaktnetError
from taktnet.cli.names import known as known_names
from taktnet.cli.places import HERE, Place, books, reading, remote, writing
from taktnet.cli.reports import At, Known, moment
from taktnet.cli.show import Json, console, json_out, progress, reporting, table

if TYPE_CHECKING:
    from taktnet.app.history import Sight
    from taktnet.ledger.event import AnyEvent
    from taktnet.ledger.search import Query

Url = Annotated[str, typer.Option("--url", help="Address of a running tower.")]
Instant = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z"]),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(ingest)
    app.command()(log)
    app.command()(replay)
    app.command()(verify)
    app.command()(proof)
    app.command()(segments)


@reporting
def ingest(
    files: Annotated[list[Path], typer.Argument(help="Event files: .json, .ndjson, also .gz.")],
    place: Place = HERE,
    url: Url = "",
    json: Json = False,
) -> None:
    """Record the events of files; each event once, however often it is sent.

    A tower that runs here, or at --url, gets them over HTTP; else they go into its ledger.

    \b
    Examples:
      taktnet ingest monday.ndjson
      taktnet ingest history.ndjson.gz --place plants
      taktnet ingest monday.json --url http://127.0.0.1:8321
    """
    from taktnet.exchange.events import read_file

    for path in files:
        if not path.is_file():
            raise TaktnetError(f"there is no file {path}")
    outcomes: Counter[str] = Counter()
    details: list[dict[str, Any]] = []

    def take(receipts: Sequence[Any]) -> None:
        for receipt in receipts:
            told = receipt if isinstance(receipt, dict) else _told(receipt)
            outcomes[told["outcome"]] += 1
            if told["outcome"] not in ("recorded", "duplicate") and len(details) < 100:
                details.append(told)

    server = remote(place, url)
    with progress("events", json) as at:
        if server is not None:
            for path in files:
                for piece in read_file(path):
                    take(_post(server, piece))
                    at(sum(outcomes.values()), 0)
        else:
            with writing(place) as tower:
                for path in files:
                    for piece in read_file(path):
                        take(tower.ingest(piece))
                        at(sum(outcomes.values()), 0)
    if json:
        json_out({"outcomes": outcomes, "details": details})
    else:
        table("Events", ("outcome", "count"), sorted(outcomes.items()))
        for told in details:
            console(error=True).print(f"{told['outcome']} {told['id']}: {told['detail']}")
    if outcomes["conflict"] or outcomes["rejected"]:
        raise typer.Exit(1)


def _told(receipt: Any) -> dict[str, Any]:
    return {name: getattr(receipt, name) for name in ("outcome", "seq", "id", "detail")}


def _post(server: Any, piece: Sequence[AnyEvent]) -> list[dict[str, Any]]:
    from taktnet.ledger.codec import encode

    body = b"\n".join(map(encode, piece))
    headers = {"content-type": "application/x-ndjson"}
    return server.call("POST", "/api/events", content=body, headers=headers)["receipts"]


@reporting
def log(
    *,
    place: Place = HERE,
    kind: Annotated[str, typer.Option("--kind", help="Kind, or its start: goods.")] = "",
    site: Annotated[str, typer.Option("--site", help="At or to this site.")] = "",
    item: Annotated[str, typer.Option("--item", help="About this item.")] = "",
    subject: Annotated[
        str, typer.Option("--subject", help="Order, shipment, card, decision, lot, loop, lane.")
    ] = "",
    text: Annotated[str, typer.Option("--text", help="Any part of the event.")] = "",
    seq: Annotated[int, typer.Option("--seq", help="One event and the chain around it.")] = 0,
    at: At = "",
    known: Known = "",
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Most events shown.")] = 20,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write all events to this NDJSON file.")
    ] = None,
    aside: Annotated[
        bool, typer.Option("--aside", help="What is kept aside: conflicts, waiting corrections.")
    ] = False,
    json: Json = False,
) -> None:
    """Search the event log, newest first; follow one event to its decisions and signals.

    \b
    Examples:
      taktnet log --kind decision. --site OPO
      taktnet log --seq 1042
      taktnet log --site OPO --known 2026-03-03T12:00Z
      taktnet log --aside
      taktnet log --out everything.ndjson
    """
    from taktnet.app.history import Sight
    from taktnet.ledger.search import Query

    if (at or known) and (out is not None or aside):
        raise TaktnetError("--at and --known go with a search or --seq, not with --out or --aside")
    with reading(place) as tower:
        sight = Sight(tower.parts, moment(at), moment(known))
        if out is not None:
            count = _export(tower, out)
            if json:
                json_out({"path": str(out), "events": count})
            else:
                console().print(f"{count} events written to {out}")
        elif aside:
            _show_aside(tower, limit, json)
        elif seq:
            _show_chain(tower, sight, seq, json)
        else:
            known_names(tower, site=site, item=item, kind=kind)
            _show_search(sight, Query(text, kind, site, item, subject), limit, json)


def _show_search(sight: Sight, query: Query, limit: int, json: bool) -> None:
    from taktnet.app.encode import recorded_row

    rows = sight.search(query, limit)
    if json:
        json_out({"rows": [recorded_row(row) for row in rows]})
        return
    _table("", rows)


def _show_aside(tower: Any, limit: int, json: bool) -> None:
    from taktnet.app.aside import set_aside
    from taktnet.ledger.event import kind_name
    from taktnet.ledger.fact import instant

    rows = set_aside(tower.ledger)
    if json:
        json_out({"total": len(rows), "rows": rows[:limit]})
        return
    table(
        "Set aside",
        ("outcome", "offered", "kind", "source", "id", "corrects", "what"),
        [
            (r.outcome, instant(r.recorded), kind_name(r.event), r.source, r.id, r.corrects,
             _what(r.event))
            for r in rows[:limit]
        ],
    )  # fmt: skip


def _show_chain(tower: Any, sight: Sight, seq: int, json: bool) -> None:
    from taktnet.app.encode import recorded_row
    from taktnet.app.story import chain

    found = chain(tower.ledger, seq, sight.covers)
    if found is None:
        raise TaktnetError(f"there is no event {seq}")
    parts = ("causes", "decisions", "signals", "follows")
    if json:
        told = {part: [recorded_row(r) for r in getattr(found, part)] for part in parts}
        json_out({"row": recorded_row(found.row), **told})
        return
    console().print_json(found.row.body.decode())
    titles = ("Because of", "Decisions on it", "Signals", "What followed")
    for title, part in zip(titles, parts, strict=True):
        if rows := getattr(found, part):
            _table(title, rows)


def _table(title: str, rows: Sequence[Any]) -> None:
    from taktnet.ledger.event import kind_name

    table(
        title,
        ("seq", "at", "kind", "site", "source", "id", "what"),
        [
            (r.seq, r.event.at, kind_name(r.event), r.event.site, r.event.source, r.event.id,
             _what(r.event))
            for r in rows
        ],
    )  # fmt: skip


def _what(event: Any) -> str:
    names = ("item", "qty", "order", "shipment", "loop", "card", "decision", "reason")
    return " ".join(str(v) for n in names if (v := getattr(event, n, "")) not in ("", None))


def _export(tower: Any, path: Path) -> int:
    count = 0
    with path.open("wb") as file:
        after = 0
        while rows := tower.ledger.rows(after, 5000):
            file.writelines(row.body + b"\n" for row in rows)
            count += len(rows)
            after = rows[-1].seq
    return count


@reporting
def replay(
    file: Annotated[Path, typer.Argument(help="A file of events in the order they happened.")],
    place: Place = HERE,
    speed: Annotated[
        float, typer.Option("--speed", min=0, help="Seconds of history a second; 0: no pause.")
    ] = 0.0,
    json: Json = False,
) -> None:
    """Live through a history again: the tower's clock follows the events.

    Events that are recorded already change nothing, so a replay that was stopped goes on.

    \b
    Examples:
      taktnet replay history.ndjson.gz --place trial
      taktnet replay week.ndjson --speed 3600
    """
    from taktnet.app import home
    from taktnet.app.clock import ReplayClock
    from taktnet.app.replay import Pace, replay
    from taktnet.app.tower import Tower
    from taktnet.cli.places import settings_of
    from taktnet.exchange.events import read_file

    if not file.is_file():
        raise TaktnetError(f"there is no file {file}")
    found = home.resolve(place)
    clock = ReplayClock(0)
    tower = Tower.open(found.place, found.network, settings_of(place), clock=clock)
    with tower, progress("events", json) as at:
        clock.reach(tower.ledger.head.recorded)
        pieces: Iterator[list[AnyEvent]] = read_file(file)
        new = replay(tower, pieces, Pace(speed=speed, told=lambda count, _: at(count, 0)))
        seq = tower.ledger.head.seq
    if json:
        json_out({"new": new, "seq": seq})
        return
    console().print(f"{new} new events; the ledger has {seq} rows")


@reporting
def verify(
    place: Place = HERE,
    checkpoint: Annotated[
        Path | None, typer.Option("--checkpoint", help="A signed checkpoint kept elsewhere.")
    ] = None,
    key: Annotated[str, typer.Option("--key", help="The key it must be signed with.")] = "",
    json: Json = False,
) -> None:
    """Check every row, fact, hash and checkpoint; names the first that was changed.

    \b
    Examples:
      taktnet verify --place plants
      taktnet verify --checkpoint monday.note
    """
    from taktnet.app.verify import fits
    from taktnet.app.verify import verify as check
    from taktnet.ledger.note import Verifier

    with books(place) as kept, progress("rows", json) as at:
        verifier = Verifier.parse(key) if key else None
        verdict = check(kept, at, verifier)
        told = fits(kept, checkpoint, verifier) if checkpoint is not None else ""
    good = verdict.good and not told
    if json:
        json_out({"good": good, "rows": verdict.rows, "head": verdict.head.hash.hex(),
                  "told": str(verdict), "checkpoint": told})  # fmt: skip
    else:
        console().print(str(verdict), style="green" if verdict.good else "red", markup=False)
        if checkpoint is not None:
            console().print(told or f"it continues {checkpoint}", style="red" if told else "green")
    if not good:
        raise typer.Exit(1)


@reporting
def proof(
    seq: Annotated[int, typer.Argument(help="The row to prove.")] = 0,
    *,
    place: Place = HERE,
    first: Annotated[int, typer.Option("--first", help="Size of an earlier checkpoint.")] = 0,
    second: Annotated[int, typer.Option("--second", help="Size of a later checkpoint.")] = 0,
    out: Annotated[Path | None, typer.Option("--out", help="File to write; else printed.")] = None,
    json: Json = False,
) -> None:
    """Export a proof that a stranger can check: of one row, or that nothing before was changed.

    The proof is JSON in any case; --json asks for nothing more.

    \b
    Examples:
      taktnet proof 1042 --out row.json
      taktnet proof --first 100 --second 2000
    """
    from taktnet.ledger import proofs
    from taktnet.ledger.merkle import MerkleLog

    with reading(place) as tower:
        tree = MerkleLog(tower.ledger.hashes)
        tree.extend(tower.ledger.hashes())
        if first and second:
            made: proofs.Proof = proofs.prove_consistency(tower.ledger, tree, first, second)
        elif seq:
            made = proofs.prove_inclusion(tower.ledger, tree, seq)
        else:
            raise TaktnetError("say which row, or --first and --second")
        data = proofs.to_json(made)
    if out is None:
        sys.stdout.write(data.decode())
        return
    out.write_bytes(data)
    if json:
        json_out({"path": str(out)})
    else:
        console().print(f"written to {out}")


@reporting
def segments(
    place: Place = HERE,
    close: Annotated[
        bool,
        typer.Option("--close", help="Close now all that is old enough; stop the tower first."),
    ] = False,
    json: Json = False,
) -> None:
    """List the old rows that are kept as Parquet too, from which projections are rebuilt fastest.

    A running tower closes them by itself (settings `segments`, `segment_events`, `segment_days`).

    \b
    Examples:
      taktnet segments --place plants
      taktnet segments --close --place plants --json
    """
    with writing(place) if close else reading(place) as tower:
        parts = tower.parts
        if close:
            with progress("rows", json) as at:
                parts.past.close_old(parts.clock.now(), parts.keeper and parts.keeper.root, at)
        kept, head, trouble = parts.past.segments, tower.ledger.head.seq, parts.past.trouble
    if json:
        json_out({"segments": kept, "head": head, "trouble": trouble})
        return
    table(
        f"Segments of {head} rows",
        ("first", "last", "facts", "end hash", "file"),
        [(s.first, s.last, s.facts.rows, s.end_hash[:16], s.facts.name) for s in kept],
    )
    if trouble:
        console(error=True).print(trouble, style="red", markup=False)
