"""The case log: one flat record a visit."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sim import vocabulary as words
from sim.agents.migrant import STRATA_SHAPE
from sim.observation.records import visit_table
from sim.observation.tally import GROUPINGS, LABELS
from sim.submodels.services import VISIT_RESULTS

if TYPE_CHECKING:
    from sim.model import AlmatyModel


def case_log(model: "AlmatyModel") -> pd.DataFrame:
    """Return one row a visit, in order of time.

    Returns
    -------
    DataFrame
        person, episode (ordinal in the person's life), kind, severity at the visit, nationality,
        legal_status, sex, sector, unit and institution, arrived_on and served_on (days), result,
        paid (KZT), by_ambulance, in_kind (paid by the employer in exchange for silence),
        emergency_contact. People are simulated; no row is about a real person.
    """
    table = visit_table(model)
    strata = np.unravel_index(table["stratum"].to_numpy(), STRATA_SHAPE)
    labelled = pd.DataFrame(
        {
            "person": table["person"],
            "episode": table["ordinal"],
            "kind": np.array(words.KINDS, dtype=object)[table["kind"]],
            "severity": np.array(words.SEVERITIES, dtype=object)[table["severity"] - 1],
            **{
                name: np.array(labels, dtype=object)[codes]
                for name, labels, codes in zip(GROUPINGS, LABELS, strata, strict=True)
            },
            "unit": np.array([unit.name for unit in model.clinics.units], dtype=object)[
                table["unit"]
            ],
            "institution": np.array(words.INSTITUTION_KINDS, dtype=object)[table["institution"]],
            "began_on": table["began_on"],
            "arrived_on": table["arrived_on"],
            "served_on": table["served_on"],
            "result": np.array(VISIT_RESULTS, dtype=object)[table["result"]],
            "paid": table["paid"],
            "by_ambulance": table["by_ambulance"],
            "in_kind": table["in_kind"],
            "emergency_contact": table["emergency_contact"],
        }
    )
    return labelled
