"""What ``make run`` shows: a made-up county, taken by the real DAGs to a release, extracts and a form."""
