"""What tests of several rooms share: a generated county and its truth, hand-made deliveries, releases compared."""
