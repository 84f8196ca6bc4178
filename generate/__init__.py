"""A synthetic county: the four departments' deliveries, and the truth behind them."""
