"""Approve the values that five seeds give now: `python -m tests.approved`.

Prints what has changed. Look at it, and say in the commit why it had to.
"""

from tests.approved.runs import FILE, RELATIVE, approved, differences, present, write


def main() -> None:
    """Show what differs from the approved values, and write the present ones."""
    found = present()
    if FILE.exists():
        changed = differences(found, approved()["values"], RELATIVE)
        print("\n".join(changed) if changed else "nothing has changed")
    write(found)


if __name__ == "__main__":
    main()
