"""Averages the weights of several fine-tunings that began from one pre-trained model.

The mean of such models is one model of the same size that often beats each of them (Wortsman et
al., "Model soups", 2022).
"""

import argparse
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", help="fp32 folders of training.classification.train")
    parser.add_argument("--output", required=True, help="folder to write")
    args = parser.parse_args()
    states = [load_file(Path(folder) / "model.safetensors") for folder in args.folders]
    mean = {name: torch.stack([state[name] for state in states]).mean(0) for name in states[0]}
    shutil.copytree(args.folders[0], args.output, dirs_exist_ok=True)
    save_file(mean, Path(args.output) / "model.safetensors", metadata={"format": "pt"})


if __name__ == "__main__":
    main()
