"""Delays with competing ends: time until care, where some people die or recover first."""

import numpy as np

from sim.engine.types import Booleans, Floats

HORIZON = 30
"""Days to which mean delays are restricted."""


def delay_summary(
    waited: Floats, stopped: Floats, competing: Booleans, horizon: int = HORIZON
) -> dict[str, float]:
    """Summarise whole-day delays by the Aalen-Johansen estimator.

    Parameters
    ----------
    waited : array of float, shape (n,)
        Days until the event, NaN where it did not come.
    stopped : array of float, shape (n,)
        Days until observation of the case ended without the event.
    competing : array of bool, shape (n,)
        Whether observation ended because the case ended (death, recovery, departure), not the
        window.
    horizon : int, default 30
        Days to which the mean is restricted.

    Returns
    -------
    dict
        "median" and "90 %": days by which half and nine tenths of all cases have had the event
        (infinite if fewer ever have it); "restricted mean": mean days without the event among the
        first `horizon`, where cases that ended without it count until the horizon.

    Examples
    --------
    >>> delay_summary(np.array([0., 1., 1., 4.]), np.full(4, 9.), np.zeros(4, dtype=bool))
    {'median': 1.0, '90 %': 4.0, 'restricted mean': 1.5}
    """
    if len(waited) == 0:
        return {"median": np.nan, "90 %": np.nan, "restricted mean": np.nan}
    had_event = ~np.isnan(waited)
    end = np.where(had_event, waited, np.maximum(stopped, 0)).astype(np.int64)
    last = max(int(end.max()), horizon)
    events = np.bincount(end[had_event], minlength=last + 1)
    rivals = np.bincount(end[~had_event & competing], minlength=last + 1)
    leaving = np.bincount(end, minlength=last + 1)
    at_risk = len(end) - np.concatenate([[0], np.cumsum(leaving)[:-1]])
    at_risk = np.maximum(at_risk, 1)  # where nobody is left, there are no events either
    event_hazard = events / at_risk
    any_hazard = (events + rivals) / at_risk
    free = np.concatenate([[1.0], np.cumprod(1.0 - any_hazard)[:-1]])
    incidence = np.cumsum(free * event_hazard)

    def day_of(share: float) -> float:
        reached = int(np.searchsorted(incidence, share - 1e-12))
        return float(reached) if reached < len(incidence) else float("inf")

    return {
        "median": day_of(0.5),
        "90 %": day_of(0.9),
        "restricted mean": float((1.0 - incidence[:horizon]).sum()),
    }
