"""The reading routes of the API: state, signals, takt, flow, KPIs, events, proofs, network."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Path
from fastapi import Query as Parameter
from fastapi.responses import PlainTextResponse, Response

from taktnet.app import reports
from taktnet.app import signals as decisions
from taktnet.app.aside import set_aside
from taktnet.app.encode import recorded_row, to_json
from taktnet.app.history import Sight
from taktnet.app.story import chain
from taktnet.app.tower import Tower
from taktnet.app.views import rows_of
from taktnet.ledger import proofs
from taktnet.ledger.search import Query
from taktnet.network.fields import TABLES
from taktnet.web.looking import LATER, At, Known, Seen, aware
from taktnet.web.stream import Streams

View = Literal[
    "stock", "points", "transit", "orders", "loops", "cards", "lots", "resources", "closures",
    "pace", "feeds", "anomalies",
]  # fmt: skip
Kpi = Literal["", "otif", "turns", "lead_time", "schedule", "cost", "stockout"]
Status = Literal[
    "", "waiting", "taken", "sent", "acknowledged", "refused", "declined", "done"
]  # fmt: skip
Limit = Annotated[int, Parameter(ge=1, le=10_000, description="Most rows in the answer")]
Offset = Annotated[int, Parameter(ge=0, le=100_000_000, description="Rows passed over first")]
Name = Annotated[str, Parameter(max_length=200)]
Days = Annotated[float, Parameter(gt=0, le=3660, description="Length of the window, in days")]
Seq = Annotated[int, Path(ge=1, le=2**62, description="Sequence number of a row")]


def json_response(value: Any, status: int = 200) -> Response:
    """Any value of the product as a JSON response."""
    return Response(
        to_json(value), status, {"cache-control": "no-store"}, media_type="application/json"
    )


def page(rows: list[Any], limit: int, offset: int) -> dict[str, Any]:
    """Some of the rows, and how many there are."""
    return {"total": len(rows), "offset": offset, "rows": rows[offset : offset + limit]}


def vars_of(value: Any) -> dict[str, Any]:
    """The fields of a dataclass value by name."""
    return {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}


def routes(tower: Tower, streams: Streams) -> APIRouter:
    """The routes over `tower`."""
    api = APIRouter(prefix="/api")
    _health(api, tower, streams)
    _state(api)
    _reports(api)
    _signals(api, tower)
    _events(api, tower)
    _proofs(api, tower)
    _network(api, tower)
    return api


def _health(api: APIRouter, tower: Tower, streams: Streams) -> None:
    @api.get("/health", summary="Whether everything runs, and how far the ledger has come")
    def health() -> Response:
        head, parts = tower.ledger.head, tower.parts
        trouble = [
            p.trouble for p in (parts.keeper, parts.dispatcher, parts.past) if p and p.trouble
        ]
        return json_response(
            {
                "ok": not trouble,
                "seq": head.seq,
                "head": head.hash.hex(),
                "streams": streams.open,
                "trouble": trouble,
            }
        )


def _state(api: APIRouter) -> None:
    @api.get("/state", summary="Counts and digest of the whole state", responses=LATER)
    def summary(seen: Seen) -> Response:
        views = ("stock", "orders", "loops", "lots")
        counts = {view: len(rows_of(seen.state, seen.sight, view)) for view in views}
        state = seen.state
        return json_response({"seq": state.seq, "digest": state.digest(), "counts": counts})

    @api.get(
        "/state/{view}",
        summary="Rows of one view of the state, now or at another time",
        responses=LATER,
    )
    def view(
        *,
        view: Annotated[View, Path(description="Which rows")],
        seen: Seen,
        site: Name = "",
        item: Name = "",
        limit: Limit = 1000,
        offset: Offset = 0,
    ) -> Response:
        rows = rows_of(seen.state, seen.sight, view, site, item)
        return json_response({"seq": seen.state.seq, **page(rows, limit, offset)})


def _reports(api: APIRouter) -> None:
    @api.get("/takt", summary="Takt and actual pace of every plant, line and lane", responses=LATER)
    def takt(seen: Seen, site: Name = "", days: Days = 7.0) -> Response:
        return json_response(reports.takt_of(seen.sight, days, site))

    @api.get("/flow", summary="Dwell, value-stream ladder and Little's law", responses=LATER)
    def flow(seen: Seen, item: Name = "", days: Days = 28.0) -> Response:
        return json_response(reports.flow_of(seen.sight, item, days))

    @api.get(
        "/kpis",
        summary="The six KPIs with definition, window, exclusions and trend",
        responses=LATER,
    )
    def kpis(
        *,
        seen: Seen,
        days: Days = 28.0,
        by: Literal["network", "site", "supplier", "lane", "item"] = "network",
        step: Literal["none", "day", "week"] = "none",
        key: Kpi = "",
    ) -> Response:
        how: dict[str, Any] = {"by": by, "step": step}
        if key:
            how["keys"] = (key,)
        values = reports.kpis_of(seen.sight, days, **how)
        return json_response({"kpis": [value.as_dict() for value in values]})


def _signals(api: APIRouter, tower: Tower) -> None:
    @api.get(
        "/signals",
        summary="Decisions with status, reason and evidence, newest first",
        responses=LATER,
    )
    def all_signals(
        seen: Seen, status: Status = "", site: Name = "", limit: Limit = 100, offset: Offset = 0
    ) -> Response:
        found = decisions.signal_page(
            tower.ledger,
            seen.state,
            tower.settings.tenant,
            status=status,
            site=site,
            limit=limit,
            offset=offset,
        )
        return json_response({"offset": offset, **vars_of(found)})

    @api.post("/signals/approve", summary="Let a waiting decision go out")
    def approve(
        decision: Name, by: Annotated[str, Parameter(min_length=1, max_length=200)]
    ) -> Response:
        return json_response(decisions.respond(tower.parts, decision, by), 201)

    @api.post("/signals/decline", summary="Stop a waiting decision")
    def decline(
        decision: Name,
        by: Annotated[str, Parameter(min_length=1, max_length=200)],
        reason: Annotated[str, Parameter(max_length=4000)] = "",
    ) -> Response:
        receipt = decisions.respond(tower.parts, decision, by, declined=True, reason=reason)
        return json_response(receipt, 201)


def _events(api: APIRouter, tower: Tower) -> None:
    @api.get("/events", summary="Search the event log, newest first")
    def events(
        *,
        kind: Name = "",
        site: Name = "",
        item: Name = "",
        subject: Name = "",
        text: Name = "",
        since: datetime | None = None,
        until: datetime | None = None,
        at: At = None,
        known: Known = None,
        before: Annotated[int, Parameter(ge=0, le=2**62)] = 0,
        limit: Annotated[int, Parameter(ge=1, le=1000)] = 50,
    ) -> Response:
        wanted = Query(text, kind, site, item, subject, start=aware(since), end=aware(until))
        rows = Sight(tower.parts, aware(at), aware(known)).search(wanted, limit, before)
        older = rows[-1].seq if len(rows) == limit else 0
        return json_response({"rows": list(map(recorded_row, rows)), "before": older})

    @api.get("/events/{seq}", summary="One row of the ledger")
    def event(seq: Seq) -> Response:
        rows = tower.ledger.read(seq - 1, 1)
        if not rows or rows[0].seq != seq:
            raise HTTPException(404, f"there is no row {seq}")
        return json_response(recorded_row(rows[0]))

    @api.get("/events/{seq}/chain", summary="From event to decision to signal, and back")
    def story(seq: Seq, at: At = None, known: Known = None) -> Response:
        sight = Sight(tower.parts, aware(at), aware(known))
        found = chain(tower.ledger, seq, sight.covers)
        if found is None:
            raise HTTPException(404, f"there is no row {seq}")
        parts = ("causes", "decisions", "signals", "follows")
        told = {part: list(map(recorded_row, getattr(found, part))) for part in parts}
        return json_response({"row": recorded_row(found.row), **told})

    @api.get("/conflicts", summary="Events offered under a key that was taken")
    def conflicts(limit: Limit = 100, offset: Offset = 0) -> Response:
        rows = [
            {"recorded": recorded, "source": source, "id": told, "body": body.decode()}
            for recorded, source, told, body in tower.ledger.conflicts()
        ]
        return json_response(page(rows, limit, offset))

    @api.get("/parked", summary="Corrections that wait for the event they correct")
    def parked(limit: Limit = 100, offset: Offset = 0) -> Response:
        rows = [
            {"recorded": one.recorded, "source": one.source, "id": one.id,
             "corrects": one.corrects, "body": one.body}
            for one in set_aside(tower.ledger)
            if one.outcome == "parked"
        ]  # fmt: skip
        return json_response(page(rows, limit, offset))


def _proofs(api: APIRouter, tower: Tower) -> None:
    def keeper() -> Any:
        if tower.parts.keeper is None:
            raise HTTPException(503, "this tower only reads and has no proofs to give")
        return tower.parts.keeper

    @api.get("/checkpoint", summary="The newest signed checkpoint (a signed note)")
    def checkpoint() -> Response:
        keeper().sign()
        kept = tower.ledger.checkpoints(tower.ledger.head.seq - 1, 1)
        if not kept:
            raise HTTPException(404, "there is no checkpoint yet: the ledger is empty")
        return PlainTextResponse(kept[-1][1])

    @api.get("/key", summary="The public key that checkpoints are signed with")
    def key() -> Response:
        assert tower.parts.signer is not None
        return PlainTextResponse(f"{tower.parts.signer.verifier}\n")

    @api.get("/proofs/inclusion/{seq}", summary="Proof that a row is in the log")
    def inclusion(seq: Seq) -> Response:
        keeper().sign()
        proof = keeper().with_log(lambda c: proofs.prove_inclusion(tower.ledger, c.log, seq))
        return Response(proofs.to_json(proof), media_type="application/json")

    @api.get("/proofs/consistency", summary="Proof that one checkpoint continues another")
    def consistency(
        first: Annotated[int, Parameter(ge=1, le=2**62)],
        second: Annotated[int, Parameter(ge=1, le=2**62)],
    ) -> Response:
        proof = keeper().with_log(
            lambda c: proofs.prove_consistency(tower.ledger, c.log, first, second)
        )
        return Response(proofs.to_json(proof), media_type="application/json")


def _network(api: APIRouter, tower: Tower) -> None:
    @api.get("/network", summary="Tables of the network, their sizes and its digest")
    def network() -> Response:
        now = tower.network
        tables = {name: len(now.table(name)) for name in TABLES}
        return json_response({"digest": now.digest, "tables": tables})

    @api.get("/network/{table}", summary="Rows of one table of the network")
    def rows(
        table: Annotated[str, Path(max_length=50)], limit: Limit = 1000, offset: Offset = 0
    ) -> Response:
        if table not in TABLES:
            raise HTTPException(404, f"there is no table {table!r}; there are {', '.join(TABLES)}")
        return json_response(page(list(tower.network.table(table)), limit, offset))
