"""The case log: every event of every case, one flat record each."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sim import vocabulary as words
from sim.agents.migrant import STRATA_SHAPE
from sim.agents.task import Move
from sim.engine.types import Column
from sim.observation.event_records import episode_table, visit_table
from sim.observation.needs import handover_table
from sim.observation.tally import GROUPINGS, LABELS
from sim.submodels.services import VISIT_RESULTS

if TYPE_CHECKING:
    from sim.city_model import CityModel

VISIT = "visit"
"""Event of a row that is a visit to a clinic; every other event is a `Move` of a need."""
TREATMENT = "treatment"
"""The need that visits are for."""


def case_log(model: "CityModel") -> pd.DataFrame:
    """Return one row per visit or move of a need since day 0, in order of time.

    Returns
    -------
    DataFrame
        day, person, episode (ordinal in the person's life; -1: none, as in custody), kind (of
        illness), nationality, legal_status, sex, sector; event ("visit", or a move in lower case,
        such as "referred_right" or "lost"), need ("treatment" for visits), origin and target
        (institutions; "" is the person), waited (days from joining the line, or from
        the need, until the event).

        Of referrals also right (whether the named institution can help). Of visits also severity,
        institution (kind), result, began_on and arrived_on (days), paid (KZT), by_ambulance,
        in_kind (paid by the employer in exchange for silence), emergency_contact.

        People are simulated; no row is about a real person.
    """
    log = pd.concat([_visits(model), _moves(model)], ignore_index=True)
    return log.sort_values("day", kind="stable", ignore_index=True)


def _visits(model: "CityModel") -> pd.DataFrame:
    table = visit_table(model)
    return pd.DataFrame(
        {
            "day": table["served_on"],
            "person": table["person"],
            "episode": table["ordinal"],
            "kind": _named(words.KINDS, table["kind"]),
            **_groups(table["stratum"]),
            "event": VISIT,
            "need": TREATMENT,
            "origin": "",
            "target": _named([unit.name for unit in model.clinics.units], table["unit"]),
            "waited": table["served_on"] - table["arrived_on"],
            "right": pd.array([pd.NA] * len(table), dtype="boolean"),
            "severity": _named(words.SEVERITIES, table["severity"] - 1),
            "institution": _named(words.INSTITUTION_KINDS, table["institution"]),
            "result": _named(VISIT_RESULTS, table["result"]),
            "began_on": table["began_on"].astype("Int64"),
            "arrived_on": table["arrived_on"].astype("Int64"),
            "paid": table["paid"].astype("Int64"),
            **{
                name: table[name].astype("boolean")
                for name in ("by_ambulance", "in_kind", "emergency_contact")
            },
        }
    )


def _moves(model: "CityModel") -> pd.DataFrame:
    table = handover_table(model)
    table = table[table["day"] >= 0].reset_index(drop=True)
    kinds = episode_table(model).set_index(["person", "ordinal"])["kind"]
    kind = kinds.reindex(pd.MultiIndex.from_frame(table[["person", "ordinal"]]), fill_value=-1)
    move = table["move"].to_numpy()
    right = pd.array(move == Move.REFERRED_RIGHT, dtype="boolean")
    right[~np.isin(move, (Move.REFERRED_RIGHT, Move.REFERRED_WRONG))] = pd.NA
    return pd.DataFrame(
        {
            "day": table["day"],
            "person": table["person"],
            "episode": table["ordinal"],
            # The last name is that of -1: people in custody need not be ill.
            "kind": _named((*words.KINDS, ""), kind),
            **_groups(table["stratum"]),
            "event": _named([one.name.lower() for one in Move], table["move"]),
            "need": _named(words.NEEDS, table["need"]),
            "origin": table["origin"],
            "target": table["target"],
            "waited": table["waited"],
            "right": right,
        }
    )


def _named(names: "tuple[str, ...] | list[str]", codes: "pd.Series[int]") -> Column:
    return np.array(names, dtype=object)[codes.to_numpy()]


def _groups(stratum: "pd.Series[int]") -> dict[str, Column]:
    codes = np.unravel_index(stratum.to_numpy(), STRATA_SHAPE)
    return {
        name: np.array(labels, dtype=object)[code]
        for name, labels, code in zip(GROUPINGS, LABELS, codes, strict=True)
    }
