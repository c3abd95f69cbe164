"""The report of a mutation check, as a page of the documentation."""

from tests.mutations.check import Answer

HEAD = """# Mutation check

Would anybody notice if the model were wrong? `python -m tests.mutations --write` puts small faults
into copies of `sim/`, one at a time, runs the tests there and writes this page. The faults are
listed in `tests/mutations/faults.toml`, each with what it would do to results. Rules run as
ordinary Python for the tests that should notice, compiled for the rest of the fast suite.

The share of faults that are caught says less than it seems to. Many tests in
`tests/verification/test_details_*.py` were written for faults of this list, or because one had gone
unnoticed; a fault of another kind may still slip by. Tests are named by their path in `tests/`.
"""


def page(answers: list[Answer]) -> str:
    """Return the page: the share of faults caught, by folder, and each fault with its test."""
    caught = sum(bool(one.caught_by) for one in answers)
    lines = [
        HEAD,
        f"**{caught} of {len(answers)} faults caught ({caught / len(answers):.0%}).**",
        "",
        "| part of the model | faults | caught |",
        "|---|---|---|",
    ]
    parts: dict[str, list[Answer]] = {}
    for one in answers:
        package = one.fault.file.split("/")[:-1][:2]
        parts.setdefault("/".join(package), []).append(one)
    for part, those in sorted(parts.items()):
        number = sum(bool(one.caught_by) for one in those)
        lines.append(f"| `{part}/` | {len(those)} | {number} |")
    lines += [
        "",
        "| fault | if it stayed | where | noticed by |",
        "|---|---|---|---|",
    ]
    for one in answers:
        test = f"`{one.caught_by}`" if one.caught_by else "**nobody**"
        fault = one.fault
        lines.append(f"| {fault.name} | {fault.matters} | `{fault.file}` | {test} |")
    return "\n".join(lines) + "\n"
