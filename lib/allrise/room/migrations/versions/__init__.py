"""One module a step; each one's ``down_revision`` names the step before."""
