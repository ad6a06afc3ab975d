"""The Marian transformer of the translation model, written for fast training on a CPU.

Owns the forward pass and the loss. Parameters keep the names of `transformers.MarianMTModel`,
whose results it reproduces (`check.py` shows it), but it pads less, fuses q/k/v, touches the
8000-wide logits as few times as possible, and draws dropout masks from a pool: random numbers
would otherwise take a tenth of every step.
"""

import math

import torch
import torch.nn.functional as F
from transformers import MarianConfig, MarianMTModel

DROPOUT_POOL = 1 << 23
BRANCH_GAIN = 0.45


def make_config(vocabulary: int) -> MarianConfig:
    """The architecture that ships: 6 encoder and 2 decoder layers of width 256."""
    return MarianConfig(
        vocab_size=vocabulary,
        decoder_vocab_size=vocabulary,
        d_model=256,
        encoder_layers=6,
        decoder_layers=2,
        encoder_attention_heads=8,
        decoder_attention_heads=8,
        encoder_ffn_dim=1024,
        decoder_ffn_dim=1024,
        activation_function="relu",
        dropout=0.1,
        attention_dropout=0.0,
        activation_dropout=0.0,
        scale_embedding=True,
        static_position_embeddings=True,
        share_encoder_decoder_embeddings=True,
        tie_word_embeddings=True,
        max_position_embeddings=512,
        pad_token_id=vocabulary - 1,
        decoder_start_token_id=vocabulary - 1,
        eos_token_id=0,
        forced_eos_token_id=0,
        bos_token_id=0,
    )


def initialise(model: MarianMTModel, only: tuple[str, ...] = ("",)) -> None:
    """Xavier matrices, unit-variance (after scaling) embeddings, small residual branches.

    With full-sized branches, post-norm layers trained in small batches drift into states that are
    equal at every position: the decoder then sees a bag of words and never learns to look. The
    smaller start is that of DeepNorm (Wang et al., "DeepNet", 2022), its factor on the skip path
    folded into the gain of the branches. `only` limits it to parameters with such names.
    """
    small = ("v_proj", "out_proj", "fc1", "fc2")
    for name, parameter in model.named_parameters():
        if "embed_positions" in name or not any(part in name for part in only):
            continue
        if "layer_norm" in name or name.endswith("bias"):
            torch.nn.init.constant_(parameter, float(name.endswith("layer_norm.weight")))
        elif "shared" in name:
            torch.nn.init.normal_(parameter, std=model.config.d_model**-0.5)
        elif parameter.dim() == 2:
            gain = BRANCH_GAIN if any(part in name for part in small) else 1.0
            torch.nn.init.xavier_uniform_(parameter, gain)


class DropoutPool:
    """Dropout by masks cut at random places out of one long random vector."""

    def __init__(self, rate: float):
        keep = (torch.rand(DROPOUT_POOL) >= rate).float()
        self.pool = keep / (1 - rate)

    def mask(self, like: torch.Tensor) -> torch.Tensor:
        start = int(torch.randint(DROPOUT_POOL - like.numel(), ()))
        return self.pool[start : start + like.numel()].view_as(like)


class SmoothedLoss(torch.autograd.Function):
    """Label-smoothed cross entropy of tied output logits, summed over tokens.

    The gradient of the logits is built in their own memory during the forward pass: the
    [tokens, vocabulary] matrix is written once by the product and passed over three times.
    """

    @staticmethod
    def forward(ctx, hidden, table, bias, labels, smoothing):
        """hidden [tokens, width], table [vocabulary, width], bias [vocabulary], labels [tokens]."""
        logits = torch.addmm(bias.to(hidden.dtype), hidden, table.t()).float()
        rows = torch.arange(len(labels))
        share = smoothing / logits.shape[1]
        peak = logits.amax(-1, keepdim=True)
        right, mean = logits[rows, labels], logits.mean(-1)
        logits.sub_(peak).exp_()
        total = logits.sum(-1, keepdim=True)
        log_total = (total.log() + peak).squeeze(-1)
        nll = (log_total - right).sum()
        smooth = (log_total - mean).sum()
        logits.mul_(total.reciprocal_()).sub_(share)
        logits[rows, labels] -= 1 - smoothing
        ctx.save_for_backward(hidden, table, logits)
        return (1 - smoothing) * nll + smoothing * smooth, nll

    @staticmethod
    def backward(ctx, grad, _):
        hidden, table, logits = ctx.saved_tensors
        bias_grad = logits.sum(0) * grad
        slope = logits.to(hidden.dtype)
        return (slope @ table) * grad, (slope.t() @ hidden) * grad, bias_grad, None, None


class FastMarian:
    """Training-time forward pass over the parameters of a MarianMTModel."""

    def __init__(self, model: MarianMTModel, dtype=torch.float32, smoothing: float = 0.1):
        self.config = model.config
        self.dtype = dtype
        self.smoothing = smoothing
        self.weights = {n: p for n, p in model.named_parameters() if "embed_positions" not in n}
        # Marian has a trained bias on the output; transformers keeps it as a buffer.
        self.bias = model.final_logits_bias
        self.bias.requires_grad_(True)
        self.positions = model.model.encoder.embed_positions.weight.detach()
        self.dropout = DropoutPool(model.config.dropout)
        self.training = True
        # Weight of the alignment loss, and the loss of the last forward pass, summed over tokens.
        self.guidance = 0.0
        self.alignment_loss = torch.zeros(())

    def parameters(self) -> dict[str, torch.Tensor]:
        return {**self.weights, "final_logits_bias": self.bias}

    def linear(self, x, *names: str):
        """x [..., in] times the named matrices side by side; result in the compute dtype."""
        weights = [self.weights[f"{name}.weight"] for name in names]
        biases = [self.weights[f"{name}.bias"] for name in names]
        weight = torch.cat(weights) if len(names) > 1 else weights[0]
        bias = torch.cat(biases) if len(names) > 1 else biases[0]
        return F.linear(x.to(self.dtype), weight.to(self.dtype), bias.to(self.dtype))

    def add_norm(self, x, update, name: str):
        """layer_norm(x + dropout(update)), in f32."""
        update = update.float()
        if self.training:
            x = torch.addcmul(x, update, self.dropout.mask(update))
        else:
            x = x + update
        weight, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        return F.layer_norm(x, (x.shape[-1],), weight, bias, 1e-5)

    def heads(self, x, count: int):
        """[batch, length, count * width] to `count` tensors [batch, heads, length, head width]."""
        batch, length, _ = x.shape
        # Attention itself stays in f32: its bf16 backward pass is many times slower on a CPU.
        split = x.float().view(batch, length, count, self.config.encoder_attention_heads, -1)
        return split.permute(2, 0, 3, 1, 4).unbind(0)

    def attention(self, query, key, value, mask, causal: bool = False):
        mixed = F.scaled_dot_product_attention(query, key, value, mask, is_causal=causal)
        return mixed.transpose(1, 2).flatten(2)

    def embed(self, ids):
        x = F.embedding(ids, self.weights["model.shared.weight"])
        x = x * math.sqrt(self.config.d_model) + self.positions[: ids.shape[1]]
        return x * self.dropout.mask(x) if self.training else x

    def feed_forward(self, x, prefix: str):
        hidden = F.relu(self.linear(x, f"{prefix}.fc1"))
        return self.add_norm(x, self.linear(hidden, f"{prefix}.fc2"), f"{prefix}.final_layer_norm")

    def self_attention(self, x, prefix: str, mask, causal: bool):
        base = f"{prefix}.self_attn"
        fused = self.linear(x, f"{base}.q_proj", f"{base}.k_proj", f"{base}.v_proj")
        mixed = self.attention(*self.heads(fused, 3), mask, causal)
        return self.add_norm(x, self.linear(mixed, f"{base}.out_proj"), f"{base}_layer_norm")

    def guide(self, query, key, mask, alignment) -> None:
        """Adds the cross entropy between `alignment` and the attention of the first head.

        query, key [batch, heads, length, head width]; alignment [batch, target, source].
        """
        scores = query[:, 0] @ key[:, 0].transpose(1, 2) / math.sqrt(query.shape[-1])
        if mask is not None:
            scores = scores.masked_fill(~mask[:, 0], -1e4)
        self.alignment_loss = self.alignment_loss - (alignment * scores.log_softmax(-1)).sum()

    def cross_attention(self, x, memory, prefix: str, mask, alignment):
        base = f"{prefix}.encoder_attn"
        (query,) = self.heads(self.linear(x, f"{base}.q_proj"), 1)
        key, value = self.heads(self.linear(memory, f"{base}.k_proj", f"{base}.v_proj"), 2)
        if self.training and self.guidance:
            self.guide(query, key, mask, alignment)
        mixed = self.attention(query, key, value, mask)
        return self.add_norm(x, self.linear(mixed, f"{base}.out_proj"), f"{base}_layer_norm")

    def hidden(self, batch):
        """Last decoder states [batch, target_length, d_model]."""
        mask = batch["source_mask"]
        mask = None if mask is None else mask[:, None, None, :]
        memory = self.embed(batch["source"])
        for layer in range(self.config.encoder_layers):
            prefix = f"model.encoder.layers.{layer}"
            memory = self.feed_forward(self.self_attention(memory, prefix, mask, False), prefix)
        x = self.embed(batch["inputs"])
        for layer in range(self.config.decoder_layers):
            prefix = f"model.decoder.layers.{layer}"
            # Padding stands at the end of a target, where causality hides it already.
            x = self.self_attention(x, prefix, None, True)
            x = self.cross_attention(x, memory, prefix, mask, batch["alignment"])
            x = self.feed_forward(x, prefix)
        return x

    def loss(self, batch) -> tuple[torch.Tensor, torch.Tensor, int]:
        """(training loss, plain negative log likelihood, tokens), both sums over real tokens.

        The training loss is label-smoothed and holds the guidance of the attention.
        """
        self.alignment_loss = torch.zeros(())
        x = self.hidden(batch)
        labels = batch["labels"].flatten()
        real = (labels != self.config.pad_token_id).nonzero().squeeze(1)
        x = x.flatten(0, 1)[real].to(self.dtype)
        table = self.weights["model.shared.weight"].to(self.dtype)
        smoothed, nll = SmoothedLoss.apply(
            x, table, self.bias.flatten(), labels[real], self.smoothing
        )
        return smoothed + self.guidance * self.alignment_loss, nll, len(real)
