"""One process of PyTorch doing the base-sized masked-language step, timed; prints one JSON object.

The step: 8 texts of 128 tokens through a RoBERTa-base-shaped post-LN encoder (12 layers, 768 wide, 12 heads, 3072
inside), head and tied decoder (vocabulary 50,265) on the 15 % masked rows only, cross entropy, backward, clip by
global norm 1.0, AdamW. fp32, dropout off. Attention is `scaled_dot_product_attention`.
"""

import argparse
import json
import resource
import sys
import time

import torch
import torch.nn.functional as F
from torch import Tensor, nn

TEXTS, TOKENS = 8, 128
LAYERS, WIDTH, HEADS, INNER, VOCABULARY = 12, 768, 12, 3072, 50265
MASKED = round(0.15 * TEXTS * TOKENS)


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.output = nn.Linear(WIDTH, WIDTH)
        self.norm1 = nn.LayerNorm(WIDTH)
        self.up = nn.Linear(WIDTH, INNER)
        self.down = nn.Linear(INNER, WIDTH)
        self.norm2 = nn.LayerNorm(WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, C) → (B, T, C)."""
        texts, tokens, _ = x.shape
        q, k, v = self.qkv(x).view(texts, tokens, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(texts, tokens, WIDTH)
        x = self.norm1(x + self.output(mixed))
        return self.norm2(x + self.down(F.gelu(self.up(x))))


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.word = nn.Embedding(VOCABULARY, WIDTH)
        self.position = nn.Embedding(TOKENS + 2, WIDTH)
        self.norm = nn.LayerNorm(WIDTH)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.transform = nn.Linear(WIDTH, WIDTH)
        self.transform_norm = nn.LayerNorm(WIDTH)
        self.decoder_bias = nn.Parameter(torch.zeros(VOCABULARY))
        for module in self.modules():
            if isinstance(module, (nn.Linear, nn.Embedding)):
                nn.init.normal_(module.weight, std=0.02)

    def forward(self, tokens: Tensor, masked: Tensor, labels: Tensor) -> Tensor:
        """tokens (B, T), masked rows and labels (M) → the mean loss of the masked rows."""
        x = self.norm(self.word(tokens) + self.position.weight[2:])
        for layer in self.layers:
            x = layer(x)
        hidden = x.reshape(-1, WIDTH)[masked]
        hidden = self.transform_norm(F.gelu(self.transform(hidden)))
        return F.cross_entropy(F.linear(hidden, self.word.weight, self.decoder_bias), labels)


def flop_per_step() -> float:
    """Multiplications and additions of the products in forward and backward."""
    rows = TEXTS * TOKENS
    layer = 2 * rows * WIDTH * (4 * WIDTH + 2 * INNER) + 4 * rows * TOKENS * WIDTH
    return 3 * (LAYERS * layer + 2 * MASKED * WIDTH * (WIDTH + VOCABULARY))


def product_rate() -> float:
    """GFLOP/s of the feed-forward's own product, the best of a few: what the matrix library reaches here."""
    a, b = torch.randn(TEXTS * TOKENS, WIDTH), torch.randn(INNER, WIDTH)
    seconds = []
    for _ in range(8):
        start = time.perf_counter()
        a @ b.T
        seconds.append(time.perf_counter() - start)
    return 2 * TEXTS * TOKENS * WIDTH * INNER / min(seconds) / 1e9


def make_step(mode: str, optimizer_kind: str):
    torch.manual_seed(1)
    model = Encoder()
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=1e-4, betas=(0.9, 0.98), eps=1e-6, weight_decay=0.01, **{optimizer_kind: True}
    )
    tokens = torch.randint(5, VOCABULARY, (TEXTS, TOKENS))
    masked = torch.randperm(TEXTS * TOKENS)[:MASKED].sort().values
    labels = torch.randint(5, VOCABULARY, (MASKED,))
    loss_of = torch.compile(model) if mode == "compiled" else model

    def step() -> Tensor:
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(tokens, masked, labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss.detach()

    return step


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--mode", choices=["eager", "compiled"], default="eager")
    parser.add_argument("--optimizer", choices=["fused", "foreach"], default="fused")
    parser.add_argument("--warmup", type=int, default=2)
    parser.add_argument("--steps", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rate = product_rate()
    step = make_step(arguments.mode, arguments.optimizer)
    for _ in range(arguments.warmup):
        first = float(step())
    seconds = []
    for _ in range(arguments.steps):
        start = time.perf_counter()
        loss = float(step())
        seconds.append(time.perf_counter() - start)
    if not loss < first:
        print(f"the step does not learn: loss {first} then {loss}", file=sys.stderr)
        return 1
    median = sorted(seconds)[len(seconds) // 2]
    print(
        json.dumps(
            {
                "tokens_per_second": TEXTS * TOKENS / median,
                "seconds": median,
                "gflops": flop_per_step() / median / 1e9,
                "product_gflops": rate,
                "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
                "mode": arguments.mode,
                "optimizer": arguments.optimizer,
                "torch": torch.__version__,
            }
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
