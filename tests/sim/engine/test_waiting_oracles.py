"""Waiting in theory and in simulation: the bulk queue of a day and Erlang's C."""

import cmath
import heapq
from fractions import Fraction
from math import exp, factorial, pi

import numpy as np
import pytest
from numpy.typing import NDArray

from sim.engine.queues import erlang_c, erlang_c_wait, served, whole_slots
from sim.engine.random.streams import Draws, poisson_counts

BULK_QUEUES = [(8.0, 10), (9.0, 10), (9.5, 10), (18.0, 20)]


def mean_left_over(arrivals_a_day: float, slots: int) -> float:
    """Mean number left waiting in the evening: Poisson arrivals, whole slots, nobody gives up.

    The zeros of z**c = exp(rate (z - 1)) inside the unit disc are found by fixed-point iteration.
    """
    total = 0j
    for k in range(1, slots):
        z = 0j
        for _ in range(5_000):
            z = cmath.exp(2j * pi * k / slots + arrivals_a_day * (z - 1) / slots)
        total += 1 / (1 - z)
    spare = slots - arrivals_a_day
    return total.real - arrivals_a_day - (spare**2 - slots) / (2 * spare)


def evening_queues(arrivals: NDArray[np.int64], slots: int) -> NDArray[np.int64]:
    """Left-overs of every day (rows) at independent counters (columns): max(X + A - c, 0)."""
    left = np.zeros(arrivals.shape[1], dtype=np.int64)
    evenings = np.empty_like(arrivals)
    for day, newcomers in enumerate(arrivals):
        left = np.maximum(left + newcomers - slots, 0)
        evenings[day] = left
    return evenings


@pytest.mark.claim("A1")
@pytest.mark.parametrize(
    ("rate", "slots", "known"),
    [(8.0, 10, 0.8786), (9.0, 10, 3.1012), (9.5, 10, 7.9523), (18.0, 20, 2.5971)],
)
def test_the_bulk_queue_formula_gives_the_published_means(
    rate: float, slots: int, known: float
) -> None:
    """The oracle itself is right to the four digits of the specification."""
    assert mean_left_over(rate, slots) == pytest.approx(known, abs=6e-5)


@pytest.mark.claim("A1")
def test_the_bulk_queue_formula_agrees_with_the_exact_chain() -> None:
    """The stationary distribution of the chain on 0..400 has the mean of the formula."""
    rate, slots, size = 8.0, 10, 400
    arrivals = [exp(-rate)]
    for k in range(1, size + slots):
        arrivals.append(arrivals[-1] * rate / k)
    chain = np.zeros((size, size))
    for left in range(size):
        for newcomers, probability in enumerate(arrivals):
            chain[left, min(max(left + newcomers - slots, 0), size - 1)] += probability
    equations = np.vstack([chain.T - np.eye(size), np.ones(size)])
    stationary = np.linalg.lstsq(equations, np.append(np.zeros(size), 1.0), rcond=None)[0]
    assert stationary @ np.arange(size) == pytest.approx(mean_left_over(rate, slots), rel=1e-6)


@pytest.mark.claim("A1")
@pytest.mark.parametrize(("rate", "slots"), BULK_QUEUES)
def test_the_bulk_queue_has_the_mean_of_theory(rate: float, slots: int) -> None:
    """Oracle A1: three million days, after a run-in, within 2 %."""
    arrivals = np.random.default_rng(11).poisson(rate, size=(2_000, 2_000))
    evenings = evening_queues(arrivals, slots)[500:]
    assert evenings.size >= 400_000
    assert evenings.mean() == pytest.approx(mean_left_over(rate, slots), rel=0.02)


@pytest.mark.claim("A1")
def test_a_bulk_queue_fed_by_keyed_draws_has_the_mean_of_theory() -> None:
    """Oracle A1 with Poisson arrivals drawn by counter and day: 450 000 days within 2 %."""
    draws, counters = Draws(12), np.arange(1_000)
    uniforms = (draws.uniform("arrivals", counters, day) for day in range(500))
    arrivals = np.array([poisson_counts(one, 8.0) for one in uniforms])
    evenings = evening_queues(arrivals, 10)[50:]
    assert evenings.mean() == pytest.approx(mean_left_over(8.0, 10), rel=0.02)


@pytest.mark.claim("A1")
@pytest.mark.parametrize("capacity", [10.0, 9.6])
def test_the_queue_engine_leaves_what_the_recursion_leaves(capacity: float) -> None:
    """Task by task with `served`, the evenings of 60 lines over 300 days are those of max(X+A-c,0).

    The capacity may be fractional: the slots of a day are then those the credit has made whole.
    """
    days, lines = 300, 60
    arrivals = np.random.default_rng(13).poisson(9.3, size=(days, lines))
    draws, credit = Draws(13), 0.0
    line = ready_day = task = np.empty(0, dtype=np.int64)
    left, tasks_so_far = np.zeros(lines, dtype=np.int64), 0
    for day in range(days):
        count = int(arrivals[day].sum())
        line = np.append(line, np.repeat(np.arange(lines), arrivals[day]))
        ready_day = np.append(ready_day, np.full(count, day))
        task = np.append(task, np.arange(tasks_so_far, tasks_so_far + count))
        tasks_so_far += count
        slots_a_line, credit = whole_slots(capacity, credit)
        slots = np.full(lines, slots_a_line)
        stays = ~served(line, np.zeros_like(line), ready_day, draws.bits("tie", task), slots)
        line, ready_day, task = line[stays], ready_day[stays], task[stays]
        left = np.maximum(left + arrivals[day] - slots, 0)
        assert np.bincount(line, minlength=lines).tolist() == left.tolist()
    assert left.sum() > 0


# ---------------------------------------------------------------- Erlang C


def wait_of_customers(servers: int, load: float, customers: int) -> tuple[float, float]:
    """Simulate M/M/c first come, first served; return the share that waits and the mean wait.

    The heap holds the moments at which the servers become free; the mean service takes 1.
    """
    rng = np.random.default_rng(14)
    arrivals = np.cumsum(rng.exponential(1 / load, customers)).tolist()
    services = rng.exponential(1.0, customers).tolist()
    free_at = [0.0] * servers
    waited, total_wait = 0, 0.0
    for now, service in zip(arrivals, services, strict=True):
        start = free_at[0]
        if start > now:
            waited += 1
            total_wait += start - now
        else:
            start = now
        heapq.heapreplace(free_at, start + service)
    return waited / customers, total_wait / customers


@pytest.mark.claim("A4")
@pytest.mark.parametrize(
    ("servers", "load", "customers"), [(2, 0.8, 500_000), (4, 2.4, 700_000), (5, 4.0, 2_000_000)]
)
def test_erlang_c_agrees_with_a_simulated_counter(
    servers: int, load: float, customers: int
) -> None:
    """Oracle A4: share of customers who wait and mean wait, at three loads, within 3 %."""
    share, wait = wait_of_customers(servers, load, customers)
    assert erlang_c(servers, load) == pytest.approx(share, rel=0.03)
    assert erlang_c_wait(servers, load, mean_service=1.0) == pytest.approx(wait, rel=0.03)


@pytest.mark.claim("A4")
@pytest.mark.parametrize("servers", [1, 2, 3, 7, 20, 60])
@pytest.mark.parametrize("utilisation", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_erlang_c_equals_the_textbook_formula(servers: int, utilisation: float) -> None:
    """The recursion equals the sum of powers over factorials, computed without rounding."""
    load = servers * utilisation
    a = Fraction(load)
    waiting = a**servers / factorial(servers) * servers / (servers - a)
    known = waiting / (sum(a**k / factorial(k) for k in range(servers)) + waiting)
    assert erlang_c(servers, load) == pytest.approx(float(known), rel=1e-10, abs=1e-300)
    assert erlang_c_wait(servers, load, 3.0) == pytest.approx(
        float(known * 3 / (servers - a)), rel=1e-10, abs=1e-300
    )


def test_one_server_waits_as_long_as_it_is_busy() -> None:
    """M/M/1: the probability of waiting is the load, the mean wait load / (1 - load)."""
    assert erlang_c(1, 0.75) == pytest.approx(0.75)
    assert erlang_c_wait(1, 0.75, 2.0) == pytest.approx(6.0)


@pytest.mark.claim("A4")
@pytest.mark.parametrize("load", [3.0, 3.5, 100.0])
def test_an_overloaded_counter_makes_everybody_wait_for_ever(load: float) -> None:
    """At and beyond the capacity the probability is 1 and the mean wait infinite."""
    assert (erlang_c(3, load), erlang_c_wait(3, load, 1.0)) == (1.0, float("inf"))
