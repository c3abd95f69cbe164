"""Studies: what to do with scenarios, and how to carry the runs out."""
