"""The ring of recent commits never skips anybody."""

from hypothesis import given
from hypothesis import strategies as st

from taktnet.app.hub import Hub, frame


def test_frame_is_one_server_sent_event():
    """Id, one line of data, an empty line."""
    assert frame(7, 5, b'{"a":1}') == b'id: 7\ndata: {"seq":7,"recorded":5,"event":{"a":1}}\n\n'


def test_wakes_until_it_is_left():
    """A subscriber hears of each commit, and of none after it left."""
    hub = Hub(1000, 0)
    heard = []
    leave = hub.subscribe(lambda: heard.append(hub.head))
    hub.put(1, 0, [b"{}", b"{}"])
    leave()
    hub.put(3, 0, [b"{}"])
    assert heard == [2]


@given(st.lists(st.integers(1, 5), max_size=40), st.integers(1, 2000), st.data())
def test_all_rows_in_order_or_none(sizes, limit, data):
    """From any position the ring gives every row behind it, or says that it cannot."""
    hub = Hub(limit, 0)
    seq = 1
    for size in sizes:
        hub.put(seq, 0, [b"%d" % n for n in range(seq, seq + size)])
        seq += size
    after = data.draw(st.integers(0, seq - 1))
    bursts = hub.after(after)
    if bursts is None:
        assert after < seq - 1
        return
    rows = [n for b in bursts for n in range(b.first, b.last + 1)]
    assert rows == list(range(after + 1, seq))
    assert b"".join(b.frames for b in bursts) == b"".join(
        frame(n, 0, b"%d" % n) for n in range(after + 1, seq)
    )
