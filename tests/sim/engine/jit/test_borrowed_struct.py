"""A city that is over leaves nothing in memory."""

import gc
import weakref

from sim.config.loading import load_scenario
from sim.model import AlmatyModel


def test_tables_go_with_their_city() -> None:
    """Whatever rules have been called with, nobody holds on to a table of a model that is gone."""
    model = AlmatyModel(load_scenario(overrides=["city.population=500", "city.burn_in_days=60"]))
    model.run_for(30)
    branch = model.fork(model.scenario)
    branch.run_for(30)
    tables = [
        weakref.ref(one)
        for city in (model, branch)
        for one in (
            city.migrants.table, city.episodes.table, city.tasks.table, city.work_groups,
            city.clinics.table, city.agencies.table, city.counts, city.parameter_table,
            city.draws.streams, city.departures.wheel.sheets, city.onset_reminders.wheel.sheets,
        )
    ]  # fmt: skip
    assert all(one() is not None for one in tables)
    del model, branch
    gc.collect()
    assert [one() is None for one in tables] == [True] * len(tables)
