"""Long work reports how far it is and can be stopped."""

from threading import Event

import pytest

from taktnet.app.jobs import Jobs, TooManyJobs
from taktnet.base.errors import Fault, InputFaults, TaktnetError


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


def test_a_stopped_job_keeps_what_it_had():
    """Work that asks `stopping` ends with what came out so far; the readers hear each step."""
    heard, going = [], Event()

    def work(job):
        n = 0
        while not job.stopping():
            n += 1
            job.count(n, 1000)
            job.tell({"so far": n})
            going.set()
        return {"so far": n, "whole": False}

    job = Jobs().start("simulate", work)
    leave = job.subscribe(lambda: heard.append(job.version))
    assert going.wait(5)
    job.cancel()
    assert job.wait(5)
    leave()
    assert job.state == "cancelled"
    assert job.result["whole"] is False
    assert job.told == job.result["so far"] + 1
    assert heard == sorted(heard)


def test_several_of_a_kind_up_to_a_limit():
    """Up to the limit each start is a job of its own; one more is refused, not queued."""
    jobs, go = Jobs(), Event()

    def work(job):
        go.wait(5)

    first, second = jobs.start("simulate", work, 2), jobs.start("simulate", work, 2)
    assert first is not second
    with pytest.raises(TooManyJobs, match="at most 2"):
        jobs.start("simulate", work, 2)
    go.set()
    assert first.wait(5)
    assert second.wait(5)
    jobs.close()
    with pytest.raises(TooManyJobs, match="closing"):
        jobs.start("simulate", work, 2)


def test_faults_of_the_input_are_kept_one_by_one():
    """A job that fails on its input tells all faults, not one text."""
    fault = Fault("scenario", 1, "site", '"XXX"', "a site of the network")

    def work(job):
        raise InputFaults([fault])

    job = Jobs().start("simulate", work)
    job.wait(5)
    assert job.state == "failed"
    assert job.faults == (fault,)
