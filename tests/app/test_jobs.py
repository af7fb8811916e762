"""Long work reports how far it is and can be stopped."""

from threading import Event

from taktnet.app.jobs import Jobs
from taktnet.base.errors import TaktnetError


def test_result_and_progress():
    """A job ends as done, with its result and its last report."""
    jobs = Jobs()

    def work(job):
        job.at(3, 3)
        return {"answer": 42}

    job = jobs.start("count", work)
    assert job.wait(5)
    assert (job.state, job.done, job.total, job.result) == ("done", 3, 3, {"answer": 42})
    assert jobs.get(job.id) is job


def test_failure_is_told():
    """What went wrong is kept for the reader."""

    def work(job):
        raise TaktnetError("row 7 was changed")

    job = Jobs().start("verify", work)
    job.wait(5)
    assert (job.state, job.error) == ("failed", "row 7 was changed")


def test_cancel_and_share():
    """One of a kind runs at a time; cancelled, it stops at its next report."""
    jobs = Jobs()
    going = Event()

    def work(job):
        n = 0
        while True:
            n += 1
            job.at(n, 0)
            going.set()

    job = jobs.start("verify", work)
    assert going.wait(5)
    assert jobs.start("verify", work) is job
    job.cancel()
    assert job.wait(5)
    assert job.state == "cancelled"
    assert jobs.start("verify", work) is not job
    jobs.close()


def test_only_the_newest_are_kept():
    """Old jobs that ended are forgotten."""
    jobs = Jobs(keep=3)
    for _ in range(6):
        jobs.start("x", lambda job: None).wait(5)
    assert [job.id for job in jobs.all()] == ["x-3", "x-4", "x-5", "x-6"]
