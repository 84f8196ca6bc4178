"""What a record becomes: take in, normalise, link, unify, reconcile."""

CODE_VERSION = "0.1.0"
