"""When it happens: DAGs. Wiring only, made from the contracts; the work is done in ``transforms.road``."""
