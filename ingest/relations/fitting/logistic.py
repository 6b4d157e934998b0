"""Ridge-penalised logistic regression, by Newton's method."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

NEWTON_STEPS = 50
NEWTON_ENOUGH = 1e-8  # a step that moves no weight by more is the last


def logistic(rows: Array, yes: npt.NDArray[np.bool_], weights: Array, ridge: float) -> Array:
    """The intercept, which is free, and a weight a column; `weights` are the rows'."""
    design = np.hstack([np.ones((len(rows), 1)), rows])
    penalty = np.diag([0.0] + [ridge] * rows.shape[1])
    target = yes.astype(float)
    found = np.zeros(design.shape[1])
    for _ in range(NEWTON_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(design @ found, -30, 30)))
        gradient = design.T @ (weights * (chance - target)) + penalty @ found
        spread = (weights * chance * (1 - chance))[:, None]
        curvature = (design * spread).T @ design + penalty
        step = np.linalg.solve(curvature + 1e-9 * np.eye(len(found)), gradient)
        found -= step
        if float(np.abs(step).max()) < NEWTON_ENOUGH:
            break
    return found
