"""Shows that the fast training forward pass gives what `MarianMTModel` gives.

Run as `python3 -m training.translation.check`; it needs no data and exits with 1 on a difference.
"""

import sys

import torch
import torch.nn.functional as F
from transformers import MarianMTModel

from .model import FastMarian, initialise, make_config

VOCABULARY = 320
TOLERANCE = 2e-4


def random_batch(pad: int) -> dict[str, torch.Tensor]:
    """Five sources and targets of differing lengths, padded."""
    source = torch.randint(1, pad, (5, 9))
    labels = torch.randint(1, pad, (5, 7))
    for row in range(5):
        source[row, 5 + row :] = pad
        labels[row, 3 + row :] = pad
    inputs = torch.cat([torch.full((5, 1), pad), labels[:, :-1]], 1)
    return {
        "source": source,
        "source_mask": source != pad,
        "inputs": inputs,
        "labels": labels,
        "alignment": None,
    }


def reference_loss(model, batch, smoothing: float) -> torch.Tensor:
    output = model(
        input_ids=batch["source"],
        attention_mask=batch["source_mask"].long(),
        decoder_input_ids=batch["inputs"],
    )
    return F.cross_entropy(
        output.logits.flatten(0, 1),
        batch["labels"].flatten(),
        ignore_index=model.config.pad_token_id,
        label_smoothing=smoothing,
        reduction="sum",
    )


def main() -> None:
    torch.manual_seed(3)
    model = MarianMTModel(make_config(VOCABULARY)).eval()
    initialise(model)
    torch.nn.init.normal_(model.final_logits_bias)
    fast = FastMarian(model)
    fast.training = False
    batch = random_batch(model.config.pad_token_id)
    worst = 0.0
    losses, gradients = [], []
    for compute in (lambda: fast.loss(batch)[0], lambda: reference_loss(model, batch, 0.1)):
        for parameter in fast.parameters().values():
            parameter.grad = None
        loss = compute()
        loss.backward()
        losses.append(loss.item())
        gradients.append([p.grad.clone() for p in fast.parameters().values()])
    worst = abs(losses[0] / losses[1] - 1)
    for name, mine, theirs in zip(fast.parameters(), *gradients):
        if name.endswith("k_proj.bias"):
            continue  # its true gradient is zero: softmax ignores a shift of all scores
        if name == "model.shared.weight":
            # transformers keeps `<pad>` untrained although it starts every target; here it learns.
            mine, theirs = mine[:-1], theirs[:-1]
        difference = ((mine - theirs).norm() / theirs.norm().clamp_min(1e-3)).item()
        worst = max(worst, difference)
        if difference > TOLERANCE:
            print(f"{name}: gradients differ by {difference:.2e}")
    print(f"loss {losses[0]:.4f}, reference {losses[1]:.4f}, largest difference {worst:.2e}")
    sys.exit(worst > TOLERANCE)


if __name__ == "__main__":
    main()
