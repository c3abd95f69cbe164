"""What happens between agents: one file a submodel, named as the ODD names it."""
