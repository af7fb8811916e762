"""Events from bytes and to bytes: one canonical form, and every fault at once in plain words."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import AT, EVENTS, used

from taktnet.base.errors import Fault, InputFaults
from taktnet.ledger import event as e
from taktnet.ledger.codec import Limits, decode, decode_one, encode, settled
from taktnet.ledger.rules import check, is_plain, tidy

PLAIN = {
    "kind": "stock.consumed/1",
    "source": "mes",
    "id": "1",
    "at": "2026-03-02T06:00:00Z",
    "site": "OPO",
    "item": "GEAR",
    "qty": 2.5,
}


def faults_of(data: Any, **options: Any) -> list[Fault]:
    """The faults of one input, given as bytes or as what JSON it is."""
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    with pytest.raises(InputFaults) as caught:
        decode(raw, **options)
    return list(caught.value.faults)


def only_fault(change: dict[str, Any], drop: str = "") -> Fault:
    """The one fault of PLAIN with some fields changed or one left out."""
    found = faults_of([{k: v for k, v in {**PLAIN, **change}.items() if k != drop}])
    assert len(found) == 1, found
    return found[0]


@given(st.lists(EVENTS, max_size=5))
def test_what_is_written_reads_back_equal(events: list[Any]) -> None:
    """Any sound event of any kind survives its canonical bytes, as one and in a list or lines."""
    bodies = [encode(event) for event in events]
    assert [decode_one(body) for body in bodies] == [tidy(event) for event in events]
    assert decode(b"[" + b",".join(bodies) + b"]") == [tidy(event) for event in events]
    assert decode(b"\r\n".join(bodies), form="ndjson") == [tidy(event) for event in events]


@given(EVENTS)
def test_canonical_bytes_are_a_fixed_point(event: Any) -> None:
    """Reading and writing canonical bytes again gives the same bytes."""
    body = encode(event)
    assert encode(decode_one(body)) == body
    assert settled(event) == (decode_one(body), body, ())


@given(EVENTS, st.randoms(use_true_random=False))
def test_the_same_content_has_the_same_bytes_however_it_was_sent(event: Any, random: Any) -> None:
    """Field order, blanks, explicit defaults and another offset make no difference."""
    fields = msgspec.to_builtins({"kind": e.kind_name(event), **msgspec.structs.asdict(event)})
    for name in event.__struct_fields__:
        value = getattr(event, name)
        if isinstance(value, datetime):
            fields[name] = value.astimezone(timezone(timedelta(hours=-3))).isoformat()
    shuffled = list(fields.items())
    random.shuffle(shuffled)
    sent = json.dumps(dict(shuffled), indent=2, ensure_ascii=random.random() < 0.5).encode()
    assert encode(decode(sent)[0]) == encode(event)


@given(EVENTS)
def test_the_quick_look_and_the_close_look_agree(event: Any) -> None:
    """What passes the quick look is canonical and sound when looked at closely."""
    if is_plain(event):
        assert tidy(event) is event
        assert check(event, escapes=False) == []


def test_canonical_form_is_what_is_said() -> None:
    """Kind first, fields in order, defaults left out, UTC with Z, shortest decimal, no blanks."""
    lisbon = timezone(timedelta(hours=1))
    event = used("1", qty=10, at=datetime(2026, 7, 1, 7, tzinfo=lisbon), tenant="main", lot="ä")
    assert (
        encode(event)
        == (
            '{"kind":"stock.consumed/1","source":"mes","id":"1","at":"2026-07-01T06:00:00Z",'
            '"site":"OPO","item":"GEAR","qty":10.0,"lot":"ä"}'
        ).encode()
    )
    changed = e.NetworkChanged(
        source="ui", id="1", at=AT, table="lanes", key="L", values={"b": "2", "a": "1"}
    )
    assert b'"values":{"a":"1","b":"2"}' in encode(changed)
    assert b'"latitude":0.0' in encode(
        e.GoodsPosition(source="gps", id="1", at=AT, shipment="S", latitude=-0.0, longitude=7)
    )


def test_offsets_are_kept_as_utc_and_zones_as_sent() -> None:
    """The instant is in UTC, the source's own zone stays a field."""
    sent = {**PLAIN, "at": "2026-03-02T07:00:00+01:00", "zone": "Europe/Berlin"}
    event = decode(json.dumps(sent).encode())[0]
    assert (event.at, event.at.tzinfo, event.zone) == (AT, UTC, "Europe/Berlin")


def test_every_fault_of_every_event_is_told_at_once() -> None:
    """Two bad events among three: all faults of both, each with its place; the good one as well
    is not returned."""
    found = faults_of(
        [
            PLAIN,
            {**PLAIN, "qty": -1, "at": "2026-03-02 06:00", "lott": "L1", "zone": "Europe/Lisboa"},
            {"kind": "order.placed", "id": "2"},
        ],
        where="POST /api/events",
    )
    assert [(f.where, f.row, f.field) for f in found] == [
        ("POST /api/events", 2, "at"),
        ("POST /api/events", 2, "qty"),
        ("POST /api/events", 2, "lott"),
        ("POST /api/events", 3, "kind"),
    ]
    assert str(found[2]) == (
        'POST /api/events row 2: stock.consumed/1 "1": lott is unknown, wanted only fields of '
        "stock.consumed/1. Did you mean lot?"
    )
    assert found[3].remedy == "Did you mean order.placed/1?"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"at": "2026-03-02T06:00:00"}, "Add an offset: Z for UTC"),
        ({"at": 1772431200}, "wanted a time with its offset"),
        ({"at": "0001-01-01T00:00:00+05:00"}, "wanted a time with its offset"),
        ({"at": "1969-12-31T00:00:00Z"}, "wanted a time in the years 1971 to 2199"),
        ({"qty": "2"}, "Write it without quotation marks."),
        ({"qty": 0}, "wanted a number > 0 and <= 1000000000"),
        ({"qty": 1e10}, "wanted a number > 0 and <= 1000000000"),
        ({"qty": None}, "qty is null"),
        ({"qty": 0.1234567}, "Did you mean 0.123457?"),
        ({"qty": 0.1 + 0.2}, "Did you mean 0.3?"),
        ({"id": ""}, "wanted text of 1 to 200 characters"),
        ({"id": 7}, "Write it in quotation marks."),
        ({"id": "x" * 201}, "wanted text of 1 to 200 characters"),
        ({"id": "a\u0000b"}, 'id is "a\\u0000b", wanted text without control characters'),
        ({"item": "a\nb"}, "wanted text without control characters"),
        ({"zone": "Europe/Lisboa"}, "Did you mean Europe/Lisbon?"),
        ({"zone": "CET+1"}, "wanted an IANA time zone"),
        ({"site": ""}, "wanted the site where it happened"),
        ({"corrects": "1"}, "It names itself."),
        ({"kind": "stock.consumed"}, "Did you mean stock.consumed/1?"),
        ({"kind": "stock.consumed/2"}, "Did you mean stock.consumed/1?"),
        ({"kind": 5}, "wanted a kind of event"),
        ({"kind": "stock.held/1", "qty": 1, "lot": ["L"]}, "lot is a list"),
        ({"kind": "stock.counted/1", "status": "availble"}, "Did you mean available?"),
        ({"kind": "goods.received/1", "shipment": "S", "rejected": 3}, "wanted at most qty (2.5)"),
    ],
)
def test_one_fault_in_the_right_words(change: dict[str, Any], told: str) -> None:
    """Each wrong value alone: one fault that says what to do."""
    assert told in str(only_fault(change))


@pytest.mark.parametrize("field", ["kind", "source", "id", "at", "item", "qty", "site"])
def test_a_missing_field_is_named(field: str) -> None:
    """And the remedy is to add it."""
    fault = only_fault({}, drop=field)
    assert (fault.field, fault.found, fault.remedy) == (field, "missing", "Add it.")


@pytest.mark.parametrize(
    ("kind", "fields", "told"),
    [
        ("order.placed/1", {"order": "O", "party": "P", "window_start": "2026-03-04T00:00:00Z",
          "window_end": "2026-03-03T00:00:00Z"}, "Are the two swapped?"),
        ("schedule.frozen/1", {"schedule": "S", "position": 1, "start": "2026-03-04T00:00:00Z",
          "end": "2026-03-03T00:00:00Z"}, "not before start"),
        ("lot.started/1", {"order": "O", "cards": ["C1", "C1"]}, "each card once"),
    ],
)  # fmt: skip
def test_rules_between_fields(kind: str, fields: dict[str, Any], told: str) -> None:
    """A window that ends before it starts, a card named twice."""
    assert told in str(only_fault({"kind": kind, **fields}))


def test_a_void_names_what_it_undoes_and_a_period_has_ended() -> None:
    """Rules of the two kinds that have no item."""
    key = {"source": "erp", "id": "1", "at": "2026-03-02T06:00:00Z"}
    void = faults_of({"kind": "event.voided/1", **key})
    period = faults_of({"kind": "period.closed/1", **key, "until": "2026-04-01T00:00:00Z"})
    assert (void[0].field, void[0].wanted) == ("corrects", "the id of the event to undo")
    assert period[0].remedy == "A period is closed after it has ended."


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "found nothing"),
        (b"  ", "found nothing"),
        (b"[1, 2", "broken JSON"),
        (b"[{]", "broken JSON"),
        (b'"text"', 'found "text"'),
        (b"17", "found 17"),
        (b"[17]", "row 1: found 17, wanted one event as a JSON object"),
        (b"[null]", "row 1: found null"),
        (b'[{"qty": NaN}]', "JSON has no NaN or Infinity"),
        (b'[{"qty": -Infinity}]', "JSON has no NaN or Infinity"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"a":' * 100_000, "nested too deep"),
        (json.dumps(PLAIN).encode("utf-16"), "broken JSON"),
        (json.dumps([PLAIN]).encode().replace(b"GEAR", b"G\xffAR"), "not UTF-8"),
        (json.dumps([PLAIN]).encode().replace(b"2.5", b"1e400"), "out of range"),
        (json.dumps([PLAIN]).encode().replace(b"GEAR", b"\\ud800"), "broken JSON"),
    ],
)
def test_what_is_not_json_is_refused_in_words(data: bytes, told: str) -> None:
    """Whatever the bytes are, the answer is a fault and never another error."""
    assert told in "\n".join(str(fault) for fault in faults_of(data))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """No bytes lead to anything but events or faults, in either form."""
    for form in ("json", "ndjson"):
        try:
            decode(data, form=form)  # type: ignore[arg-type]
        except InputFaults as refused:
            assert all(fault.wanted for fault in refused.faults)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(EVENTS, st.data())
def test_a_damaged_event_is_read_or_refused(event: Any, data: st.DataObject) -> None:
    """Any field replaced by any JSON, or dropped: sound again, or every fault names its field."""
    fields = msgspec.to_builtins({"kind": e.kind_name(event), **msgspec.structs.asdict(event)})
    name = data.draw(st.sampled_from(sorted(fields)))
    fields[name] = data.draw(JSON)
    if data.draw(st.booleans()):
        del fields[name]
    try:
        read = decode(json.dumps([fields]).encode())
    except InputFaults as refused:
        assert all(fault.row == 1 and fault.field for fault in refused.faults)
    else:
        assert check(read[0]) == []


def test_lines_are_counted_as_in_the_file() -> None:
    """NDJSON: empty lines are skipped and still counted; CRLF and a byte order mark are fine."""
    good = json.dumps(PLAIN).encode()
    data = b"\xef\xbb\xbf" + good + b"\r\n\r\n" + b"{}\n" + good + b"\n"
    assert [fault.row for fault in faults_of(data, form="ndjson")] == [3]
    assert len(decode(data.replace(b"{}\n", b""), form="ndjson")) == 2


def test_too_much_is_refused_before_it_is_read() -> None:
    """Bytes in all and events in all are limited."""
    many = [{**PLAIN, "id": str(n)} for n in range(4)]
    assert "Send them in parts." in str(faults_of(many, limits=Limits(events=3))[0])
    assert "Send it in parts." in str(faults_of(many, limits=Limits(total_bytes=99))[0])
    cards = [f"C{n}" for n in range(10_001)]
    shipped = {**PLAIN, "kind": "goods.shipped/1", "shipment": "S", "to": "KRK", "cards": cards}
    assert faults_of([shipped])[0].found == "10001 long"


@pytest.mark.parametrize(
    "wrong",
    [
        {"qty": -1}, {"qty": float("nan")}, {"qty": float("inf")}, {"qty": "2"}, {"qty": True},
        {"at": AT.replace(tzinfo=None)}, {"at": "yesterday"}, {"id": ""}, {"id": None},
        {"item": 5}, {"site": ""}, {"lot": b"\xff"}, {"zone": "Mars/Olympus"},
        {"item": "\ud800"}, {"qty": 10**400},
        {"at": datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5)))},
    ],
)  # fmt: skip
def test_an_event_made_in_python_is_checked_like_one_from_outside(wrong: dict[str, Any]) -> None:
    """Constructors check nothing; what could not be read back is never recorded."""
    _, body, faults = settled(msgspec.structs.replace(used("1"), **wrong))
    assert body == b""
    assert faults


def test_an_event_made_in_python_is_made_canonical() -> None:
    """Whole numbers, other offsets, lists and explicit defaults become the one form."""
    shipped = e.GoodsShipped(
        source="wms", id="1", at=AT.astimezone(timezone(timedelta(hours=8))), site="OPO",
        shipment="S", to="KRK", item="GEAR", qty=3, cards=["C1"],  # type: ignore[arg-type]
    )  # fmt: skip
    event, body, faults = settled(shipped)
    assert faults == ()
    assert event == decode_one(body)
    assert isinstance(event, e.GoodsShipped)
    assert (event.cards, type(event.qty), event.at.tzinfo) == (("C1",), float, UTC)
