"""The table of what each barrier is worth switches off every barrier of the counterfactual once."""

from sim import load_scenario
from tools.docs.barriers import COUNTERFACTUAL, KINDS, changes_of

ALL = "all of them"


def test_every_barrier_belongs_to_one_kind() -> None:
    """No change of the counterfactual is left out, none is counted under two kinds."""
    changes = load_scenario("baseline").with_policy(COUNTERFACTUAL).changes
    found = {
        one.path: [kind for kind, paths in KINDS.items() if changes_of(paths, [one])]
        for one in changes
    }
    assert len(found) > 20
    assert {path: kinds for path, kinds in found.items() if len(set(kinds) - {ALL}) != 1} == {}
    assert all(ALL in kinds for kinds in found.values())
