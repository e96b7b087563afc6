"""Train a logistic regression by gradient descent, as people do: `train.py --seed 1`.

It knows nothing of mlkanban but the line it prints its metric on. The data set is made by another
job: it is waited for.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def payments(rows: int = 1200, fields: int = 8) -> tuple[Floats, Floats]:
    """Payments that nobody made, and which of them are fraud."""
    rng = np.random.default_rng(2026)
    x = rng.normal(size=(rows, fields))
    chance = 1 / (1 + np.exp(-2.5 * x @ rng.normal(size=fields) / np.sqrt(fields)))
    return x, (rng.random(rows) < chance**2).astype(float)


def auc(labels: Floats, scores: Floats) -> float:
    """The chance that a fraud has a higher score than a payment that is none."""
    fraud, other = scores[labels == 1], scores[labels == 0]
    return float((fraud[:, None] > other[None, :]).mean())


def train(
    x: Floats, y: Floats, seed: int, epochs: int = 60, rate: float = 0.5
) -> tuple[list[float], float]:
    """The losses on the way, and the AUC on the fifth of the rows that was held out."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(x))
    held, seen = order[: len(x) // 5], order[len(x) // 5 :]
    weights = rng.normal(scale=0.1, size=x.shape[1] + 1)
    x = np.hstack([x, np.ones((len(x), 1))])
    losses = []
    for _ in range(epochs):
        p = 1 / (1 + np.exp(-x[seen] @ weights))
        losses.append(float(-np.log(np.where(y[seen] == 1, p, 1 - p)).mean()))
        weights -= rate * x[seen].T @ (p - y[seen]) / len(seen)
    return losses, auc(y[held], x[held] @ weights)


def main() -> None:
    given = argparse.ArgumentParser()
    given.add_argument("--data", type=Path, required=True)
    given.add_argument("--seed", type=int, default=0)
    asked = given.parse_args()
    print(f"waiting for {asked.data.name}", flush=True)
    while not asked.data.exists():
        time.sleep(0.05)
    data = np.load(asked.data)
    losses, reached = train(data["x"], data["y"], asked.seed)
    for epoch, loss in enumerate(losses, 1):
        if epoch == 1 or epoch % 10 == 0:
            print(f"epoch {epoch:2}  loss {loss:.4f}")
    print(f"mlkanban: val_auc={reached:.4f}")


if __name__ == "__main__":
    main()
