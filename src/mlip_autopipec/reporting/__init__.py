"""A run told to people: one page, its figures, and the data behind them."""
