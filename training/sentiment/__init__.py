"""Sentiment: fine-tuning of `models/dragoman-sentiment`."""
