"""A week in the city: news, the police and deadlines reach a seventh of the people each day.

What everybody meets all the time is gathered in weekly slices: news (see `information`), the
pressure of the migration police (see `enforcement`), papers that run out (see `legal_status`) and
the search for work (see `businesses`). What is learned today is talked about from
tomorrow on.

Parameters: `conf/parameters/information.yaml`, `enforcement.yaml`, `legal_status.yaml`,
`employment.yaml`. Neutral state: as of these submodels.
"""

import numpy as np

from sim.agents.city import City
from sim.agents.employer import LabourMarket
from sim.engine.agentset.row_allocator import rows_with
from sim.engine.calendar import DAYS_A_WEEK
from sim.engine.jit.compiled import compiled
from sim.engine.jit.prefetch import SOON, prefetch_ahead, prefetch_first_line, row_ahead
from sim.engine.types import Rows
from sim.submodels.businesses import begin_work, give_up_looking, who_is_hired
from sim.submodels.enforcement import act, expose_to_police, pressure_of_the_week
from sim.submodels.information import (
    BRIEFING,
    ITEMS,
    forget,
    hear,
    learn_all,
    news_nearby,
    source_of,
)
from sim.submodels.legal_status import renew_all, works
from sim.submodels.submodel import Submodel


class Weekly(Submodel):
    """The weekly slice."""

    def update(self) -> None:
        """Let a seventh of the people live through a week of news and police."""
        model = self.model
        model.departures.make_room(len(model.migrants))
        update(model.city(), model.labour_market)


# --- rules -----------------------------------------------------------------------------------


@compiled(allocates=True)
def update(city: City, labour_market: LabourMarket) -> None:
    """Let a seventh of the people live through a week, and meet with what it brings."""
    rows = rows_with(city.week_slice, city.today % DAYS_A_WEEK)
    detected, out_of_date, jobless = update_week(city, rows)
    act(city, detected)
    renew_all(city, out_of_date)
    give_up_looking(city, jobless)
    begin_work(city, labour_market, who_is_hired(city, jobless))


@compiled(allocates=True)
def update_week(city: City, rows: Rows) -> tuple[Rows, Rows, Rows]:
    """Expose people to a week of news and police; let them learn, forget and be detected.

    Returns
    -------
    detected, out_of_date, jobless : array of int
        Rows of the people the police act upon, whose papers have run out, who have no work.
    """
    nearby, pressure = news_nearby(city), pressure_of_the_week(city)
    learner, learned = np.empty(len(rows) * ITEMS, np.intp), np.empty(len(rows) * ITEMS, np.intp)
    forgetter = np.empty(len(rows) * ITEMS, np.intp)
    forgotten = np.empty(len(rows) * ITEMS, np.intp)
    detected = np.empty(len(rows), dtype=np.intp)
    out_of_date = np.empty(len(rows), dtype=np.intp)
    jobless = np.empty(len(rows), dtype=np.intp)
    count_out_of_date = count_jobless = 0
    count_learned = count_forgotten = count_detected = 0
    for place in range(len(rows)):
        prefetch_ahead(city.migrants, rows, place)
        soon = row_ahead(rows, place, SOON)
        prefetch_first_line(city.work_groups, city.migrants[soon].work_group)
        row = rows[place]
        migrant = city.migrants[row]
        if hear(city, migrant, nearby):
            for item in range(ITEMS):
                if migrant.knows[item]:
                    if migrant.forgets_on[item] <= city.today:
                        forgetter[count_forgotten], forgotten[count_forgotten] = row, item
                        count_forgotten += 1
                elif migrant.exposure[item] >= migrant.learning_threshold[item]:
                    learner[count_learned], learned[count_learned] = row, item
                    count_learned += 1
        if expose_to_police(city, migrant, pressure):
            detected[count_detected] = row
            count_detected += 1
        elif not migrant.to_be_removed:
            if migrant.status_until <= city.today:
                out_of_date[count_out_of_date] = row
                count_out_of_date += 1
            if not works(migrant):
                jobless[count_jobless] = row
                count_jobless += 1
    sources, shares = np.empty(count_learned, dtype=np.int64), np.zeros(BRIEFING)
    for i in range(count_learned):
        prefetch_ahead(city.migrants, learner[:count_learned], i)
        sources[i] = source_of(city, city.migrants[learner[i]], learned[i], nearby, shares)
    learn_all(city, learner[:count_learned], learned[:count_learned], sources)
    for i in range(count_forgotten):
        prefetch_ahead(city.migrants, forgetter[:count_forgotten], i)
        forget(city, city.migrants[forgetter[i]], forgotten[i])
    return detected[:count_detected], out_of_date[:count_out_of_date], jobless[:count_jobless]
