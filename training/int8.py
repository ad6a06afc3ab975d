"""Int8 weights in safetensors, as `compressed-tensors` names them.

Owns the file format of the shipped models: every matrix `X.weight` is int8 in -127..127 beside a
float32 `X.weight_scale` of shape [rows, 1]; vectors stay float32. Reading gives float32 again.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

LIMIT = 127
# Shares of a row's largest weight tried as its clipping point.
CLIPS = torch.linspace(0.70, 1.0, 31).tolist()

QUANTIZATION_CONFIG = {
    "quant_method": "compressed-tensors",
    "format": "int-quantized",
    "quantization_status": "compressed",
    "config_groups": {
        "group_0": {
            "targets": ["Linear", "Embedding"],
            "weights": {
                "num_bits": 8,
                "type": "int",
                "symmetric": True,
                "strategy": "channel",
                "dynamic": False,
            },
            "input_activations": None,
            "output_activations": None,
        }
    },
    "ignore": [],
}


def quantize_rows(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """weight [rows, columns] to int8 of that shape and float32 scales [rows, 1].

    Each row takes, of several clipping points, the one with the least squared error.
    """
    weight = weight.float()
    peak = weight.abs().amax(1, keepdim=True).clamp_min(1e-12)
    best_error = torch.full_like(peak, float("inf"))
    best_scale = peak / LIMIT
    for clip in CLIPS:
        scale = peak * clip / LIMIT
        restored = (weight / scale).round().clamp(-LIMIT, LIMIT) * scale
        error = (restored - weight).square().sum(1, keepdim=True)
        better = error < best_error
        best_error = torch.where(better, error, best_error)
        best_scale = torch.where(better, scale, best_scale)
    return (weight / best_scale).round().clamp(-LIMIT, LIMIT).to(torch.int8), best_scale


def quantize_state(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Every two-dimensional `*.weight` becomes int8 and scales; the rest becomes float32."""
    packed = {}
    for name, tensor in state.items():
        if name.endswith(".weight") and tensor.dim() == 2:
            packed[name], packed[f"{name}_scale"] = quantize_rows(tensor)
        else:
            packed[name] = tensor.float().contiguous()
    return packed


def dequantize_state(packed: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Inverse of `quantize_state`; a file without int8 weights passes through as float32."""
    state = {}
    for name, tensor in packed.items():
        if name.endswith("_scale"):
            continue
        scale = packed.get(f"{name}_scale")
        state[name] = tensor.float() if scale is None else tensor.float() * scale
    return state


def read_folder(folder: Path) -> tuple[dict, dict[str, torch.Tensor]]:
    """config.json without its quantization block, and float32 tensors, of a model folder."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config.pop("quantization_config", None)
    return config, dequantize_state(load_file(folder / "model.safetensors"))


def write_weights(state: dict[str, torch.Tensor], path: Path) -> None:
    save_file(state, path, metadata={"format": "pt"})
    path.chmod(0o644)  # safetensors writes files for their owner alone
