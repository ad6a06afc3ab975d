"""Scripts that made the models under `models/`; README.md here says how to rerun them."""
