"""Warm-up: serve typical requests before forking, so that forks inherit CPython's specialised code.

CPython specialises code that runs often. A fork inherits the specialised code of its parent; otherwise each
fork would have to specialise it again, and copy the memory pages that this writes to.
"""

from __future__ import annotations

from typing import Any

import torch

from torchaula.checks.observation import Observation, Request, Scope, perform
from torchaula.checks.seeds import Stream
from torchaula.checks.stand_ins import LEARNER
from torchaula.grading.wire.calls import from_observation, from_request, to_observation, to_request

PROBE = """
def watched(x, target, images):
    return rehearsed(x, target, images)
"""
ROUNDS = 20  # more runs than CPython needs before it specialises code
ANSWER = '''
def rehearsed(x, target, images):
    """What exercises are about: layers, losses, gradients, steps, and tensors taken apart."""
    import torch
    from torch import nn

    model = nn.Sequential(nn.Linear(5, 3), nn.ReLU(), nn.Linear(3, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for _ in range(2):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x.detach()), target)
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        model.eval()
        right = (model(x).argmax(dim=1) == target).float().mean().item()
    features = nn.functional.max_pool2d(nn.Conv2d(1, 2, 3)(images), 2).flatten(1)
    shares = torch.softmax(x.double(), dim=-1) / x.exp().sum(dim=-1, keepdim=True)
    rows = torch.stack([x[i] - x[i].max() for i in range(len(x))])
    return {"state": dict(model.state_dict()), "found": [loss.item(), right, features, shares, rows]}
'''


def rehearse() -> None:
    """Serve typical requests of the course, encoded and decoded as on the wire."""
    for watch in ((), ("torch.nn.init",)) * (ROUNDS // 2):
        serve(watch)


def serve(watch: tuple[str, ...]) -> Observation:
    """Serve one typical request and return the observation."""
    x, target = torch.linspace(-1, 1, 20).reshape(4, 5).requires_grad_(), torch.tensor([0, 1, 1, 0])
    arguments = (x, target, torch.ones(2, 1, 8, 8))
    learner: dict[str, Any] = {"__name__": LEARNER}
    exec(ANSWER, learner)
    request = Request("watched", arguments, source=PROBE, own=("rehearsed",), watch=watch)
    call, buffers = from_request(request)
    asked = to_request(call, memoryview(b"".join(buffers)))
    seen, buffers = from_observation(perform(asked, Scope(learner, {}, Stream(0))))
    return to_observation(seen, memoryview(b"".join(buffers)))
