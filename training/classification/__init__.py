"""Fine-tuning of all-MiniLM-L6-v2: the classifiers of texts and of words under `models/`."""
