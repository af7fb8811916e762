"""What every ledger promises. The classes are collected by `test_contract`, once per ledger."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest
from samples import AT, NOW, closed, used

from support.happenings import START_US, happenings
from taktnet.base.names import Domain
from taktnet.ledger import event as e
from taktnet.ledger.admission import number
from taktnet.ledger.chain import GENESIS, row_hash
from taktnet.ledger.codec import encode
from taktnet.ledger.fact import FACT, MILLION, Flag, micros
from taktnet.ledger.ledger import Fenced, Head, Ledger, StoreError
from taktnet.ledger.memory import MemoryLedger
from taktnet.ledger.search import Query, search
from taktnet.ledger.verify import verify

Opener = Callable[..., Ledger]


def outcomes(receipts: tuple[object, ...]) -> list[tuple[str, int]]:
    """(outcome, seq) of each."""
    return [(r.outcome, r.seq) for r in receipts]  # type: ignore[attr-defined]


def all_facts(ledger: Ledger) -> np.ndarray:
    """All facts in one array."""
    return np.concatenate([np.empty(0, FACT), *ledger.facts()])


def balance(facts: np.ndarray) -> int:
    """Units consumed, with reversals taken back."""
    signs = np.where(facts["flags"] & int(Flag.REVERSAL), -1, 1)
    return int((facts["qty"] * signs * (facts["kind"] == e.NUMBER[e.StockConsumed])).sum())


class LedgerContract:
    """For a ledger of any kind, opened empty."""

    def test_an_empty_ledger_has_nothing(self, ledger_factory: Opener) -> None:
        """Head 0 with 32 zero bytes, no rows, no facts."""
        ledger = ledger_factory()
        assert ledger.head == Head(0, bytes(32), 0)
        assert (ledger.read(), list(ledger.facts()), ledger.hashes()) == ([], [], b"")
        assert ledger.find("mes", "1") is None

    def test_numbers_are_dense_and_rows_chained(self, ledger_factory: Opener) -> None:
        """Numbers count from 1; each row's hash follows from the one before it."""
        ledger = ledger_factory()
        for start in range(0, 30, 10):
            ledger.append(happenings(10, start), START_US + start)
        rows, before = ledger.read(), GENESIS
        assert [row.seq for row in rows] == list(range(1, 31))
        for row in rows:
            before = row_hash(before, row.seq, row.recorded, row.facts, row.body)
            assert row.hash == before
        assert ledger.head == Head(30, before, START_US + 20)
        assert ledger.hashes(10, 12) == rows[10].hash + rows[11].hash

    def test_a_store_keeps_what_memory_keeps(self, ledger_factory: Opener) -> None:
        """The same history gives the same rows, to the last byte, in every ledger."""
        ledger, reference = ledger_factory(), MemoryLedger()
        for one in (ledger, reference):
            one.append(happenings(40), START_US)
            one.append([used("c", corrects="e-000001"), *happenings(3, 39)], START_US + 5)
        assert ledger.rows() == reference.rows()
        assert ledger.read() == reference.read()

    def test_the_same_event_again_changes_nothing(self, ledger_factory: Opener) -> None:
        """Idempotent on (tenant, source, id), within a batch and between batches."""
        ledger = ledger_factory()
        first = ledger.append([used("1"), used("2"), used("1")], NOW)
        head = ledger.head
        again = ledger.append([used("2"), used("1", tenant="main")], NOW)
        assert outcomes(first) == [("recorded", 1), ("recorded", 2), ("duplicate", 1)]
        assert outcomes(again) == [("duplicate", 2), ("duplicate", 1)]
        assert ledger.head == head

    def test_the_same_id_of_another_source_is_another_event(self, ledger_factory: Opener) -> None:
        """The key has three parts."""
        ledger = ledger_factory()
        events = [used("1"), used("1", source="wms"), used("1", tenant="other")]
        assert outcomes(ledger.append(events, NOW)) == [("recorded", n) for n in (1, 2, 3)]
        assert ledger.find("mes", "1", "other") == ledger.read(2)[0]

    def test_other_content_under_a_known_key_is_kept_as_a_conflict(
        self, ledger_factory: Opener
    ) -> None:
        """Never recorded, never dropped; the same conflict again is not kept twice."""
        ledger = ledger_factory()
        other = used("1", qty=7.0)
        first = ledger.append([used("1"), other], NOW)
        again = ledger.append([other], NOW + 9)
        assert outcomes(first) == [("recorded", 1), ("conflict", 1)]
        assert outcomes(again) == [("conflict", 1)]
        assert "other content" in again[0].detail
        assert ledger.conflicts() == [(NOW, "mes", "1", encode(other))]
        assert ledger.conflicts(after=NOW) == []
        assert ledger.head.seq == 1

    def test_a_broken_event_is_refused_and_the_rest_recorded(self, ledger_factory: Opener) -> None:
        """An event made in Python without checks is checked on the way in."""
        ledger = ledger_factory()
        receipts = ledger.append([used("1", qty=-2), used("2"), used("", site="")], NOW)
        assert outcomes(receipts) == [("rejected", 0), ("recorded", 1), ("rejected", 0)]
        assert "qty is -2, wanted a number > 0" in receipts[0].detail

    def test_a_correction_undoes_and_replaces(self, ledger_factory: Opener) -> None:
        """The undone facts come first, flagged, at their own business time; then the new ones."""
        ledger = ledger_factory()
        ledger.append([used("1", qty=5.0), used("2", qty=3.0)], NOW)
        ledger.append([used("1b", qty=4.0, corrects="1", at=AT - timedelta(hours=1))], NOW)
        facts = all_facts(ledger)
        assert balance(facts) == 7 * MILLION
        undo, new = facts[facts["seq"] == 3]
        assert undo["flags"] == int(Flag.REVERSAL | Flag.FIRST)
        assert (undo["qty"], undo["at"]) == (5 * MILLION, micros(AT))
        assert (new["qty"], new["flags"]) == (4 * MILLION, 0)

    def test_an_event_is_corrected_at_most_once(self, ledger_factory: Opener) -> None:
        """The second correction is a conflict, at once or later."""
        ledger = ledger_factory()
        events = [used("1"), used("1b", corrects="1"), used("1c", corrects="1")]
        assert [r.outcome for r in ledger.append(events, NOW)][2] == "conflict"
        late = ledger.append([used("1d", corrects="1")], NOW)
        assert late[0].outcome == "conflict"
        assert [row[2] for row in ledger.conflicts()] == ["1c", "1d"]

    def test_a_correction_can_be_corrected(self, ledger_factory: Opener) -> None:
        """A chain of corrections leaves what the last one says."""
        ledger = ledger_factory()
        ledger.append([used("1", qty=1), used("2", qty=20, corrects="1")], NOW)
        ledger.append([used("3", qty=300, corrects="2")], NOW)
        assert balance(all_facts(ledger)) == 300 * MILLION

    def test_a_voided_event_counts_no_more(self, ledger_factory: Opener) -> None:
        """`event.voided` undoes and puts nothing in its place."""
        ledger = ledger_factory()
        void = e.EventVoided(source="mes", id="v", at=AT, corrects="1")
        ledger.append([used("1"), void], NOW)
        assert balance(all_facts(ledger)) == 0

    def test_what_has_left_the_house_is_never_undone(self, ledger_factory: Opener) -> None:
        """Decisions, signals, closed periods, voids and network changes cannot be corrected."""
        ledger = ledger_factory()
        sent = e.SignalSent(source="mes", id="s", at=AT, decision="D1", channel="webhook")
        ledger.append([sent], NOW)
        receipt = ledger.append([used("x", corrects="s"), used("y", corrects="y")], NOW)
        assert outcomes(receipt) == [("rejected", 0), ("rejected", 0)]
        assert "never undone" in receipt[0].detail

    def test_a_correction_before_its_original_waits_for_it(self, ledger_factory: Opener) -> None:
        """It is listed as parked, then recorded right behind its original."""
        ledger = ledger_factory()
        early = used("2", qty=2.0, corrects="1")
        assert outcomes(ledger.append([early], NOW)) == [("parked", 0)]
        assert outcomes(ledger.append([early], NOW)) == [("parked", 0)]
        rival = ledger.append([used("3", corrects="1")], NOW)
        assert rival[0].outcome == "conflict"
        assert [p.event for p in ledger.parked()] == [early]
        assert outcomes(ledger.append([used("1"), used("4")], NOW)) == [
            ("recorded", 1),
            ("recorded", 3),
        ]
        assert [row.event.id for row in ledger.read()] == ["1", "2", "4"]
        assert ledger.parked() == []
        assert outcomes(ledger.append([early], NOW)) == [("duplicate", 2)]

    def test_parked_corrections_of_corrections_follow_one_another(
        self, ledger_factory: Opener
    ) -> None:
        """A whole chain that came backwards is recorded when its first link comes."""
        ledger = ledger_factory()
        chain = [used("3", corrects="2"), used("2", corrects="1"), used("1")]
        assert [r.outcome for r in ledger.append(chain, NOW)] == ["parked", "parked", "recorded"]
        assert [row.event.id for row in ledger.read()] == ["1", "2", "3"]

    def test_an_event_of_a_closed_period_is_posted_late(self, ledger_factory: Opener) -> None:
        """Closed for one site or for all; its undoing is late too; what is open is not."""
        ledger = ledger_factory()
        before, day = AT - timedelta(hours=1), timedelta(days=1)
        ledger.append([used("0", at=AT - 3 * day), used("00", at=AT - 3 * day)], NOW)
        ledger.append([closed("c1", AT - day), closed("c2", before, site="KRK")], NOW)
        late = [used("1", at=AT - 2 * day), used("2"), used("3", at=AT - 2 * day, site="KRK")]
        ledger.append([*late, used("4", at=AT - day / 2)], NOW)
        ledger.append([used("5", at=AT - day / 2, site="KRK"), used("6", corrects="0")], NOW)
        facts = all_facts(ledger)[4:]
        flagged = [bool(flags & int(Flag.LATE)) for flags in facts["flags"]]
        assert flagged == [True, False, True, False, True, True, False]
        assert facts["flags"][5] & int(Flag.REVERSAL)

    def test_a_clock_ahead_is_remarked_on_and_not_altered(self, ledger_factory: Opener) -> None:
        """More than five minutes ahead of recorded time: SKEWED, business time as sent."""
        ledger = ledger_factory()
        ahead = AT + timedelta(seconds=1, minutes=5)
        ledger.append([used("1", at=ahead), used("2", at=ahead + timedelta(microseconds=1))], NOW)
        facts = all_facts(ledger)
        assert [bool(f & int(Flag.SKEWED)) for f in facts["flags"]] == [False, True]
        assert facts["at"][1] == micros(ahead) + 1

    def test_recorded_time_rises_though_clocks_go_back(self, ledger_factory: Opener) -> None:
        """A batch is stamped later than the one before it, whatever the clock says."""
        ledger = ledger_factory()
        for now in (NOW, NOW - 10**9, NOW):
            ledger.append([used(f"{ledger.head.seq}")], now)
        assert [row.recorded for row in ledger.read()] == [NOW, NOW + 1, NOW + 2]
        assert list(all_facts(ledger)["recorded"]) == [NOW, NOW + 1, NOW + 2]
        assert ledger.stamp(0) == NOW + 3

    def test_as_it_was_and_as_we_knew_it(self, ledger_factory: Opener) -> None:
        """Both times are in every fact: what happened by a day, as known on another day."""
        ledger, day = ledger_factory(), 86_400_000_000
        ledger.append([used("1", qty=5)], NOW)
        ledger.append([used("2", qty=3, at=AT + timedelta(days=2))], NOW + 2 * day)
        ledger.append([used("1b", qty=4, corrects="1")], NOW + 5 * day)
        facts = all_facts(ledger)
        first_day = facts[facts["at"] <= NOW + day]
        assert balance(first_day[first_day["recorded"] <= NOW + 3 * day]) == 5 * MILLION
        assert balance(first_day) == 4 * MILLION
        assert balance(facts) == 7 * MILLION

    def test_an_abandoned_batch_leaves_nothing(self, ledger_factory: Opener) -> None:
        """No name, no conflict, no parked correction, and its keys are free."""
        ledger = ledger_factory()
        ledger.append([used("1")], NOW)
        counts, head = ledger.names.counts(), ledger.head
        offered = [
            used("9", item="NEW", site="ALSO-NEW"),
            used("1", qty=2),
            used("8", corrects="7"),
        ]
        ledger.admit(offered, NOW)
        ledger.abandon()
        assert ledger.names.counts() == counts
        assert (ledger.head, ledger.conflicts(), ledger.parked()) == (head, [], [])
        assert outcomes(ledger.append([used("9", item="OTHER")], NOW)) == [("recorded", 2)]
        assert ledger.names.find(Domain.ITEM, "NEW") == -1

    def test_a_batch_is_committed_or_abandoned_before_the_next(
        self, ledger_factory: Opener
    ) -> None:
        """Two batches at once would not know of each other's keys."""
        ledger = ledger_factory()
        ledger.admit([used("1")], NOW)
        with pytest.raises(ValueError, match="neither committed nor abandoned"):
            ledger.admit([used("1")], NOW)

    def test_a_commit_that_fails_stores_nothing(self, ledger_factory: Opener) -> None:
        """Numbers with a hole, or a key twice, are refused whole."""
        ledger = ledger_factory()
        admitted = ledger.admit([used("1"), used("2")], NOW).admitted
        with pytest.raises(ValueError, match="row 2 offered where 1 comes next"):
            ledger.commit(number(admitted, 1), NOW)
        twice = number([*admitted, admitted[0]], 0)
        with pytest.raises((StoreError, ValueError)):
            ledger.commit(twice, NOW, {"dispatch": 7})
        ledger.abandon()
        assert (ledger.head.seq, ledger.rows(), ledger.position("dispatch")) == (0, [], 0)
        assert outcomes(ledger.append([used("1")], NOW)) == [("recorded", 1)]

    def test_decisions_are_committed_between_events(self, ledger_factory: Opener) -> None:
        """Taktnet's own events are numbered into the batch wherever they belong."""
        ledger = ledger_factory()
        admission = ledger.admit([used("1"), used("2")], NOW)
        taken = e.DecisionTaken(
            source="taktnet", id="KB-1#1", at=AT, site="OPO", decision="KB-1#1", rule="production",
            action="produce", item="GEAR", qty=10.0, origin="OPO", reason="card KB-1#1 was pulled",
        )  # fmt: skip
        own = ledger.admit_own(taken, NOW)
        ledger.commit(number([admission.admitted[0], own, admission.admitted[1]], 0), NOW)
        assert [row.event.source for row in ledger.read()] == ["mes", "taktnet", "mes"]
        assert verify(ledger).good

    def test_facts_come_in_order_and_events_are_not_split(self, ledger_factory: Opener) -> None:
        """Any chunk, any bounds: the same facts, whole events."""
        ledger = ledger_factory()
        ledger.append(happenings(50), START_US)
        whole = all_facts(ledger)
        assert len(np.unique(whole["seq"])) == 50
        chunks = list(ledger.facts(chunk=7))
        assert all((chunk["flags"][0] & int(Flag.FIRST)) for chunk in chunks)
        assert np.array_equal(np.concatenate(chunks), whole)
        part = np.concatenate(list(ledger.facts(10, 20, chunk=3)))
        assert np.array_equal(part, whole[(whole["seq"] > 10) & (whole["seq"] <= 20)])

    def test_rows_are_read_in_pages(self, ledger_factory: Opener) -> None:
        """After a number, up to a limit."""
        ledger = ledger_factory()
        ledger.append(happenings(25), START_US)
        assert [row.seq for row in ledger.read(20, 3)] == [21, 22, 23]
        assert ledger.read(25) == []

    def test_a_follower_keeps_its_position_and_never_goes_back(
        self, ledger_factory: Opener
    ) -> None:
        """By itself, or within a commit."""
        ledger = ledger_factory()
        assert ledger.position("dispatch") == 0
        ledger.advance("dispatch", 5)
        ledger.advance("dispatch", 3)
        ledger.admit([used("1")], NOW)
        ledger.abandon()
        assert ledger.position("dispatch") == 5
        ledger.commit([], NOW, {"dispatch": 9, "mqtt": 2})
        assert (ledger.position("dispatch"), ledger.position("mqtt")) == (9, 2)

    def test_the_newest_snapshot_is_kept(self, ledger_factory: Opener) -> None:
        """By name, with the number it was made at."""
        ledger = ledger_factory()
        assert ledger.load_snapshot("state") is None
        ledger.save_snapshot("state", 1, b"old")
        ledger.save_snapshot("state", 2, b"new")
        assert ledger.load_snapshot("state") == (2, b"new")

    def test_checkpoints_are_kept_by_size(self, ledger_factory: Opener) -> None:
        """The same size again replaces the note: witnesses add to it."""
        ledger = ledger_factory()
        for size, note in ((1, "a"), (5, "b"), (9, "c"), (5, "b+")):
            ledger.save_checkpoint(size, note)
        assert ledger.checkpoints(1, 2) == [(5, "b+"), (9, "c")]
        ledger.drop_checkpoints([5, 7])
        ledger.drop_checkpoints([])
        assert ledger.checkpoints(1, 2) == [(9, "c")]

    def test_the_log_is_searched_by_all_it_shows(self, ledger_factory: Opener) -> None:
        """Kind, site, item, subject, time and text, alone and together, newest first."""
        ledger = ledger_factory()
        ledger.append(happenings(60), START_US)
        rows = ledger.read()

        def found(query: Query, **more: int) -> list[int]:
            return [row.seq for row in search(ledger, query, **more)]

        def expected(fits: Callable[[e.Event], bool]) -> list[int]:
            return [row.seq for row in reversed(rows) if fits(row.event)][:50]

        assert found(Query()) == list(range(60, 10, -1))
        assert found(Query(kind="card.")) == expected(lambda v: type(v) is e.CardPulled)
        assert found(Query(item="ITM-003")) == expected(
            lambda v: getattr(v, "item", "") == "ITM-003"
        )
        assert found(Query(site="HUB")) == expected(lambda v: type(v) is e.GoodsShipped)
        assert found(Query(subject="C8")) == [9]
        assert found(Query(subject="S8")) == [9]
        assert found(Query(subject="KB-PUN")) == expected(
            lambda v: getattr(v, "loop", "") == "KB-PUN"
        )
        assert found(Query(text="E-00000")) == list(range(10, 0, -1))
        assert found(Query(text="acme", site="KRK")) == expected(
            lambda v: type(v) is e.OrderPlaced and v.site == "KRK"
        )
        start, end = rows[20].event.at, rows[30].event.at
        assert found(Query(start=start, end=end)) == list(range(30, 20, -1))
        assert found(Query(kind="stock.consumed/1"), limit=2, before=41) == [37, 32]
        assert found(Query(kind="nothing")) == found(Query(subject="unknown")) == []

    def test_what_was_recorded_verifies(self, ledger_factory: Opener) -> None:
        """With corrections, lateness, skew, parked events and conflicts in it."""
        ledger = ledger_factory()
        ledger.append(happenings(40), START_US)
        ledger.append([closed("c", AT), used("v", corrects="w"), used("e-000001", qty=9)], NOW)
        late = [used("w", at=AT - timedelta(days=1)), used("x", at=AT + timedelta(days=1))]
        ledger.append([*late, used("y", source="mes", corrects="e-000003")], NOW)
        seen: list[tuple[int, int]] = []
        verdict = verify(ledger, lambda done, total: seen.append((done, total)))
        assert verdict.good, str(verdict)
        assert (verdict.rows, seen[-1]) == (45, (45, 45))
        assert verdict.facts == len(all_facts(ledger))


class StoreContract:
    """For a store that outlives its process."""

    def test_everything_is_there_after_reopening(self, store_factory: Opener) -> None:
        """Rows, names, parked corrections, conflicts, positions, snapshots, closed periods."""
        ledger = store_factory()
        ledger.append([*happenings(20), closed("c", AT)], START_US)
        ledger.append([used("2", corrects="1"), used("e-000001", qty=9)], NOW)
        ledger.commit([], NOW, {"dispatch": 4})
        ledger.save_snapshot("state", 20, b"blob")
        before = (
            ledger.head, ledger.rows(), ledger.parked(), ledger.conflicts(),
            ledger.names.since(tuple(0 for _ in Domain)), ledger.stamp(0),
        )  # fmt: skip
        ledger.close()
        again = store_factory()
        after = (
            again.head, again.rows(), again.parked(), again.conflicts(),
            again.names.since(tuple(0 for _ in Domain)), again.stamp(0),
        )  # fmt: skip
        assert after == before
        assert (again.position("dispatch"), again.load_snapshot("state")) == (4, (20, b"blob"))
        receipts = again.append([used("1", at=AT - timedelta(1)), *happenings(1)], NOW)
        assert [r.outcome for r in receipts] == ["recorded", "duplicate"]
        assert again.parked() == []
        assert all_facts(again)["flags"][-1] & int(Flag.LATE) == 0
        assert all_facts(again)["flags"][-2] & int(Flag.LATE)
        assert verify(again).good

    def test_a_second_writer_is_refused_in_words(self, store_factory: Opener) -> None:
        """While the first one is open."""
        first = store_factory()
        with pytest.raises(StoreError, match=r"written by .*process"):
            store_factory()
        first.close()
        store_factory().append([used("1")], NOW)

    def test_a_writer_that_was_taken_over_can_never_commit_again(
        self, store_factory: Opener
    ) -> None:
        """Its commit stores nothing and says so; the new writer goes on undisturbed."""
        former = store_factory()
        former.append([used("1")], NOW)
        taker = store_factory(takeover=True)
        taker.append([used("2")], NOW)
        for _ in range(2):
            with pytest.raises(Fenced):
                former.append([used("3")], NOW)
            with pytest.raises(Fenced):
                former.advance("dispatch", 9)
        taker.append([used("4")], NOW)
        assert [row.event.id for row in taker.read()] == ["1", "2", "4"]
        assert taker.position("dispatch") == 0
        assert verify(taker).good

    def test_reading_beside_the_writer_changes_nothing(self, store_factory: Opener) -> None:
        """A read-only ledger follows the writer, with its names, and refuses to write."""
        writer = store_factory()
        writer.append([used("1")], NOW)
        reader = store_factory(read_only=True)
        writer.append([used("2", item="NEW")], NOW)
        assert reader.head == writer.head
        assert reader.names.find(Domain.ITEM, "NEW") == writer.names.find(Domain.ITEM, "NEW")
        assert reader.rows() == writer.rows()
        assert verify(reader).good
        with pytest.raises(StoreError, match="reading only"):
            reader.append([used("3")], NOW)
        with pytest.raises(StoreError, match="reading only"):
            reader.advance("dispatch", 1)

    def test_threads_read_while_the_writer_commits(self, store_factory: Opener) -> None:
        """Every reader sees a dense prefix, never a row that is not committed."""
        ledger, wrong, stop = store_factory(), list[object](), threading.Event()
        ledger.append(happenings(5), START_US)

        def reader() -> None:
            while not stop.is_set():
                rows = ledger.read(0, 10_000)
                if [r.seq for r in rows] != list(range(1, len(rows) + 1)) or len(rows) % 5:
                    wrong.append(len(rows))
                facts = all_facts(ledger)
                if len(np.unique(facts["seq"])) != facts["seq"][-1]:
                    wrong.append("facts")

        threads = [threading.Thread(target=reader) for _ in range(3)]
        for thread in threads:
            thread.start()
        for n in range(1, 40):
            ledger.append(happenings(5, 5 * n), START_US + n)
            ledger.advance("dispatch", 5 * n)
        stop.set()
        for thread in threads:
            thread.join()
        assert wrong == []
        assert Counter(row.seq for row in ledger.read(0, 10_000)).most_common(1)[0][1] == 1
