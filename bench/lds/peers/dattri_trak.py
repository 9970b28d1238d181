"""TRAK by dattri on the checkpoints and samples of the bench.

python3 dattri_trak.py FOLDER: reads meta.json, inputs.f32, labels.u8 and weights.f32 there, writes scores.f32
(tested samples x training samples, in the order of the files).
"""
import json
import sys
from pathlib import Path

import numpy as np
import torch
from dattri.algorithm.trak import TRAKAttributor
from dattri.task import AttributionTask
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

folder = Path(sys.argv[1])
meta = json.loads((folder / "meta.json").read_text())
inputs = torch.from_numpy(np.fromfile(folder / "inputs.f32", np.float32).reshape(-1, meta["size"]))
labels = torch.from_numpy(np.fromfile(folder / "labels.u8", np.uint8).astype(np.int64))
weights = np.fromfile(folder / "weights.f32", np.float32).reshape(-1, meta["size"], meta["classes"])

# The bias is an input of its own.
model = nn.Linear(meta["size"], meta["classes"], bias=False)
checkpoints = [{"weight": torch.from_numpy(member.T.copy())} for member in weights]


def probability(params, sample):
    x, y = sample
    logits = torch.func.functional_call(model, params, x.unsqueeze(0))
    return torch.exp(-nn.functional.cross_entropy(logits, y.unsqueeze(0)))


def margin(params, sample):
    p = probability(params, sample)
    return torch.log(p) - torch.log1p(-p)


def loader(first, last):
    return DataLoader(TensorDataset(inputs[first:last], labels[first:last]), batch_size=250, shuffle=False)


train, tested = meta["train"], meta["testedFrom"]
attributor = TRAKAttributor(
    task=AttributionTask(loss_func=margin, model=model, checkpoints=checkpoints),
    correct_probability_func=probability,
    projector_kwargs={"proj_dim": meta["rank"], "proj_seed": meta["seed"]},
)
with torch.no_grad():
    attributor.cache(loader(0, train))
    scores = attributor.attribute(loader(tested, len(labels)))
scores.T.contiguous().numpy().astype(np.float32).tofile(folder / "scores.f32")
