"""Five short runs of a small city, and the file with the values approved for them."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from sim.model import AlmatyModel
from tests.cities import city
from tests.verification.conftest import SCARCE

FILE = Path(__file__).with_name("five_seeds.json")
SEEDS, DAYS, POPULATION = range(1, 6), 150, 800
RELATIVE = 1e-9
"""Relative difference put down to another machine's arithmetic when values are approved."""

type Values = dict[str, dict[str, float | None]]


def present() -> Values:
    """Return all indicators of everybody that the runs give now, by seed."""
    values: Values = {}
    scenario = city(population=POPULATION, days=DAYS, policy="hub_joint_fund", changed=SCARCE)
    for seed in SEEDS:
        model = AlmatyModel(replace(scenario, seed=seed))
        model.run_for(DAYS)
        table = model.indicators().query("by == 'all'")
        values[str(seed)] = {
            f"{name} {detail}".strip(): None if np.isnan(value) else float(value)
            for name, detail, value in zip(
                table["indicator"], table["detail"], table["value"], strict=True
            )
        }
    return values


def approved() -> dict[str, Any]:
    """Return the approved values, and the relative difference that is tolerated."""
    read: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return read


def write(values: Values) -> None:
    """Approve values."""
    text = json.dumps({"relative": RELATIVE, "values": values}, indent=1)
    FILE.write_text(text + "\n", encoding="utf-8")


def differences(found: Values, expected: Values, relative: float) -> list[str]:
    """Return a line for every value that is not the approved one."""
    lines = []
    for seed in sorted({*found, *expected}):
        one, other = found.get(seed, {}), expected.get(seed, {})
        for name in sorted({*one, *other}):
            new, old = one.get(name), other.get(name)
            same = new == old
            if new is not None and old is not None:
                same = bool(np.isclose(new, old, rtol=relative, atol=relative))
            if not same:
                lines.append(f"seed {seed}: {name}: {old} -> {new}")
    return lines
