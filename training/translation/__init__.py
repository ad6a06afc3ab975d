"""English to French: tokenizer, data, model and training loop of `models/dragoman-en-fr`."""
