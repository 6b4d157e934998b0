"""The sentence network and the piece's own weights, fitted together by PyTorch; and their export to
what sentence_network.py and model.py read, by which a test compares the two."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional

from ingest.relations.codebook import TOPICS
from ingest.relations.fitting.design import FIRST_STANCE, STANCES, Array, Design, by_length
from ingest.relations.fitting.logistic import logistic
from ingest.relations.sentence_marks import CONTEXT, MARKS
from ingest.relations.sentence_network import GAP, OUTPUTS

COUNT = len(OUTPUTS)
HIDDEN = 96

EPOCHS = 3
BATCH = 32
RATE = 1.5e-3
WARM_UP = 0.08  # of all steps
DECAY = 0.05
# So many sentences of a piece are seen in a step: the quoted one, and by chance those that name
# most.
SENTENCES_SEEN = 6
# Pieces in which no two sides meet teach little: this share of them is left out of each epoch, and
# the others count for them.
SKIPPED = 0.7
DROPPED_TOKENS = 0.1
DROPPED = 0.3

# What the losses count.
OF_TOPICS = 0.08
OF_STANCE = 0.3
OF_SENTENCES = 0.3  # the quoted sentence is relevant, none of an irrelevant piece is
OF_QUOTE = 0.3  # the quoted sentence has the largest share

# The whole piece's features begin with what they say alone, a little less sure.
FIRST_GUESS = 0.8
GUESS_RIDGE = 3.0
STANCE_RIDGE = 30.0


Rows = npt.NDArray[np.int64]  # numbers of pieces


class Network(nn.Module):  # type: ignore[misc]
    """`columns` are how many features of relevance, stance and topics there are."""

    def __init__(self, width: int, columns: tuple[int, int, int]) -> None:
        super().__init__()
        self.into = nn.Linear(width, width)
        nn.init.eye_(self.into.weight)
        nn.init.zeros_(self.into.bias)
        self.marks = nn.Parameter(torch.randn(MARKS, width) * 0.05)
        self.first = nn.Linear(3 * width, width)
        self.second = nn.Linear(3 * width, width)
        self.norm = nn.LayerNorm(width)
        self.hidden = nn.Linear(2 * width + CONTEXT, HIDDEN)
        self.scores = nn.Linear(HIDDEN, COUNT)
        self.scores.weight.data *= 0.3
        nn.init.zeros_(self.scores.bias)
        self.context = nn.Parameter(torch.zeros(CONTEXT, COUNT))
        self.by_relevance = nn.Parameter(torch.full((COUNT,), 0.7))
        self.by_score = nn.Parameter(torch.full((COUNT,), 0.3))
        self.evenly = nn.Parameter(torch.zeros(COUNT))
        values, tones, topics = columns
        self.values = nn.Linear(values, COUNT)
        nn.init.zeros_(self.values.weight)
        self.tones = nn.Linear(tones, len(STANCES), bias=False)
        nn.init.zeros_(self.tones.weight)
        self.topics = nn.Parameter(torch.zeros(topics))
        self.topics_own = nn.Parameter(torch.zeros(len(TOPICS), topics))

    def forward(self, batch: "Batch") -> tuple[Any, Any, Any]:
        """Log-odds of each piece, scores of each sentence, the share that its piece takes of it."""
        present = batch.present[:, None]
        vectors = batch.vectors
        if self.training:
            vectors = vectors * (torch.rand(len(vectors), 1) > DROPPED_TOKENS).float()
        near = torch.relu(self.into(vectors) + batch.marks @ self.marks) * present
        near = (torch.relu(self.first(_around(near, 1))) + near) * present
        near = self.norm(torch.relu(self.second(_around(near, 2))) + near)[batch.present > 0]
        count, width = len(batch.lengths), near.shape[1]
        of = batch.sentence_of[:, None].expand(-1, width)
        strongest = torch.full((count, width), -30.0).scatter_reduce(0, of, near, "amax")
        typical = torch.zeros(count, width).index_add_(0, batch.sentence_of, near)
        typical = typical / batch.lengths[:, None]
        seen = torch.cat([strongest, typical, batch.context], 1)
        seen = functional.dropout(seen, DROPPED, self.training)
        hidden = functional.dropout(torch.relu(self.hidden(seen)), DROPPED, self.training)
        scores = self.scores(hidden) + batch.context @ self.context
        attention = self.by_relevance * scores[:, :1] + self.by_score * scores
        pieces, piece_of = batch.pieces, batch.piece_of
        each = piece_of[:, None].expand(-1, COUNT)
        most = torch.full((pieces, COUNT), -1e9).scatter_reduce(0, each, attention, "amax")
        shares = torch.exp(attention - most[piece_of])
        shares = shares / torch.zeros(pieces, COUNT).index_add_(0, piece_of, shares)[piece_of]
        taken = shares + self.evenly / batch.counts[piece_of][:, None]
        given = torch.zeros(pieces, COUNT).index_add_(0, piece_of, taken * scores)
        topics = (batch.of_topics * (self.topics + self.topics_own)).sum(2)
        tones = self.tones(batch.tones)
        own = torch.cat([torch.zeros(pieces, 2), topics, tones], 1)
        return given + self.values(batch.values) + own, scores, shares[:, 0]


def _around(rows: Any, reach: int) -> Any:
    nothing = torch.zeros(reach, rows.shape[1])
    before, behind = torch.cat([nothing, rows[:-reach]]), torch.cat([rows[reach:], nothing])
    return torch.cat([before, rows, behind], 1)


@dataclass(frozen=True, slots=True)
class Batch:
    """Tokens stand sentence by sentence with GAP rows of nothing behind each."""

    pieces: int
    vectors: Any
    marks: Any
    present: Any
    sentence_of: Any  # of present tokens
    lengths: Any
    context: Any
    piece_of: Any  # of sentences
    counts: Any
    quoted: Any  # of sentences: 1 yes, 0 none of an irrelevant piece is, -1 nobody knows
    values: Any
    tones: Any
    of_topics: Any


class Fit:
    """One fit on the rows `train` of a design. `vectors` are pieces' vectors: (pieces, width)."""

    def __init__(self, data: Design, vectors: Array, train: Rows, seed: int) -> None:
        torch.manual_seed(seed)
        self.data = data
        self.vectors = torch.from_numpy(vectors)
        self.random = np.random.default_rng(seed)
        rows = train
        whole = by_length(data, rows)
        self.scale_values = whole.mean(0), whole.std(0) + 1e-3
        self.scale_tones = data.tones[rows].mean(0), data.tones[rows].std(0) + 1e-3
        columns = 2 * data.values.shape[1] + 1, data.tones.shape[1], data.of_topics.shape[2]
        self.network = Network(vectors.shape[1], columns)
        self._guess(rows)
        self._train(rows)

    def judge(self, rows: Rows) -> tuple[Array, list[Array]]:
        """Log-odds of each piece (pieces, outputs); what each sentence gives to relevance."""
        self.network.eval()
        odds = np.zeros((len(rows), COUNT), np.float32)
        shares: list[Array] = []
        with torch.no_grad():
            for start in range(0, len(rows), 64):
                part = rows[start : start + 64]
                batch = self._batch(part, everything=True)
                log_odds, scores, share = self.network(batch)
                odds[start : start + 64] = log_odds.numpy()
                given, of = (share * scores[:, 0]).numpy(), batch.piece_of.numpy()
                shares += [given[of == number] for number in range(len(part))]
        return odds, shares

    def _guess(self, rows: Rows) -> None:
        """Begin with what the features of the whole piece say by themselves: a step of the fit
        moves a weight so little that it would not come there from nothing."""
        data = self.data
        values = self.network.values
        weights = data.weight[rows].astype(np.float64)
        scaled = self._values(rows).astype(np.float64)
        for output, yes in ((0, data.relevance[rows] > 0), (1, data.relevance[rows] == 2)):
            found = logistic(scaled, yes, weights, GUESS_RIDGE)
            values.weight.data[output] = FIRST_GUESS * torch.from_numpy(found[1:]).float()
            values.bias.data[output] = float(found[0])
        about = rows[data.relevance[rows] > 0]
        self._guess_topics(about)
        mean, deviation = self.scale_tones
        scaled = np.hstack([self._values(about), (data.tones[about] - mean) / deviation])
        count = values.weight.shape[1]
        for number in range(len(STANCES)):
            yes = data.stance[about] == number
            found = logistic(scaled.astype(np.float64), yes, np.ones(len(about)), STANCE_RIDGE)
            told = FIRST_GUESS * torch.from_numpy(found[1:]).float()
            values.weight.data[FIRST_STANCE + number] = told[:count]
            values.bias.data[FIRST_STANCE + number] = float(found[0])
            self.network.tones.weight.data[number] = told[count:]

    def _guess_topics(self, about: Rows) -> None:
        """All topics in one regression: what their features weigh alike, and how common each is."""
        data = self.data
        features = data.of_topics[about]
        each = np.broadcast_to(np.eye(len(TOPICS)), (len(about), len(TOPICS), len(TOPICS)))
        columns = np.concatenate([features, each], axis=2).reshape(
            -1, features.shape[2] + len(TOPICS)
        )
        yes = data.topics[about].ravel() > 0
        found = logistic(columns.astype(np.float64), yes, np.ones(len(yes)), GUESS_RIDGE)
        weights, commonness = np.split(found[1:], [features.shape[2]])
        self.network.topics.data[:] = FIRST_GUESS * torch.from_numpy(weights).float()
        bias = self.network.values.bias.data
        bias[2:FIRST_STANCE] = torch.from_numpy(found[0] + commonness).float()

    def _values(self, rows: Any) -> Array:
        """Features for all, once more for brief pieces alone, and whether a piece is brief."""
        mean, deviation = self.scale_values
        return np.asarray((by_length(self.data, rows) - mean) / deviation, np.float32)

    def _train(self, rows: Any) -> None:
        data, network = self.data, self.network
        meets = np.array([_sides_meet(piece.context) for piece in data.marked])
        easy = ~meets & (data.relevance == 0)
        rows = rows[data.named[rows]]
        optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
        steps = EPOCHS * math.ceil((len(rows) - SKIPPED * easy[rows].sum()) / BATCH)
        step = 0
        network.train()
        for _ in range(EPOCHS):
            seen = rows[~easy[rows] | (self.random.random(len(rows)) > SKIPPED)]
            order = self.random.permutation(seen)
            for start in range(0, len(order), BATCH):
                part = order[start : start + BATCH]
                rate = min(1.0, (step + 1) / (WARM_UP * steps)) * max(0.02, 1 - step / steps)
                for group in optimiser.param_groups:
                    group["lr"] = RATE * rate
                weight = data.weight[part] * np.where(easy[part], 1 / (1 - SKIPPED), 1.0)
                loss = self._loss(part, torch.from_numpy(weight.astype(np.float32)))
                optimiser.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(network.parameters(), 5.0)
                optimiser.step()
                step += 1

    def _loss(self, rows: Any, weight: Any) -> Any:
        data, crossed = self.data, functional.binary_cross_entropy_with_logits
        batch = self._batch(rows, everything=False)
        odds, scores, share = self.network(batch)
        relevance = torch.from_numpy(data.relevance[rows])
        loss = (crossed(odds[:, 0], (relevance > 0).float(), reduction="none") * weight).mean()
        loss += (crossed(odds[:, 1], (relevance == 2).float(), reduction="none") * weight).mean()
        about = relevance > 0
        if about.any():
            topics = torch.from_numpy(data.topics[rows])[about]
            said = crossed(odds[about][:, 2:FIRST_STANCE], topics, reduction="none")
            loss += OF_TOPICS * said.sum(1).mean()
            stance = torch.from_numpy(data.stance[rows])[about]
            loss += OF_STANCE * functional.cross_entropy(
                odds[about][:, FIRST_STANCE:], stance, ignore_index=-1
            )
        known = batch.quoted >= 0
        if known.any():
            loss += OF_SENTENCES * crossed(scores[:, 0][known], batch.quoted[known])
        quoted = batch.quoted == 1
        if quoted.any():
            of = batch.piece_of[quoted]
            taken = torch.zeros(len(rows)).index_add_(0, of, share[quoted])
            loss -= OF_QUOTE * torch.log(taken[taken > 0].clamp_min(1e-4)).sum() / len(rows)
        return loss

    def _batch(self, rows: Rows, *, everything: bool) -> Batch:
        data = self.data
        pieces: list[Any] = []
        marks: list[Any] = []
        context: list[Any] = []
        lengths: list[int] = []
        piece_of: list[int] = []
        counts: list[int] = []
        quoted: list[float] = []
        nothing = np.zeros((GAP, MARKS))
        for number, row in enumerate(rows):
            marked, asked = data.marked[row], data.quoted[row]
            ends = np.cumsum(marked.lengths)
            chosen = self._choose(row) if not everything else range(len(marked.sentences))
            for sentence in chosen:
                start, end = ends[sentence] - marked.lengths[sentence], ends[sentence]
                pieces += [marked.pieces[start:end], np.zeros(GAP, np.int64)]
                marks += [marked.marks[start:end], nothing]
                lengths.append(int(marked.lengths[sentence]))
                piece_of.append(number)
                irrelevant = data.relevance[row] == 0
                quoted.append(0.0 if irrelevant else 1.0 if sentence in asked else -1.0)
            context.append(marked.context[list(chosen)])
            counts.append(max(1, len(chosen)))
        count = np.array(lengths, np.int64)
        present = np.tile([1.0, 0.0], len(count)).repeat(
            np.stack([count, np.full_like(count, GAP)], 1).ravel()
        )
        mean, deviation = self.scale_tones
        ids = np.concatenate(pieces) if pieces else np.zeros(0, np.int64)
        return Batch(
            pieces=len(rows),
            vectors=self.vectors[torch.from_numpy(ids)],
            marks=_tensor(np.concatenate(marks) if marks else np.zeros((0, MARKS))),
            present=_tensor(present),
            sentence_of=torch.from_numpy(np.repeat(np.arange(len(count)), count)),
            lengths=_tensor(count),
            context=_tensor(np.concatenate(context)),
            piece_of=torch.tensor(piece_of, dtype=torch.long),
            counts=_tensor(np.array(counts)),
            quoted=_tensor(np.array(quoted)),
            values=torch.from_numpy(self._values(rows)),
            tones=_tensor((data.tones[rows] - mean) / deviation),
            of_topics=_tensor(data.of_topics[rows]),
        )

    def _choose(self, row: int) -> list[int]:
        marked = self.data.marked[row]
        count = len(marked.sentences)
        if count <= SENTENCES_SEEN:
            return list(range(count))
        wanted = importance(marked.context) + self.random.gumbel(size=count)
        wanted[list(self.data.quoted[row])] += 100.0
        return sorted(int(n) for n in np.argsort(-wanted)[:SENTENCES_SEEN])

    def result(self) -> "Fitted":
        state = {
            name: value.detach().numpy().astype(np.float64)
            for name, value in self.network.state_dict().items()
        }
        (mean, deviation), (tone_mean, tone_deviation) = self.scale_values, self.scale_tones
        values = state["values.weight"] / deviation
        tones = state["tones.weight"] / tone_deviation
        return Fitted(
            values=values,
            intercepts=state["values.bias"] - values @ mean,
            tones=tones,
            tone_intercepts=-(tones @ tone_mean),
            topics=state["topics"] + state["topics_own"],
            network={
                "into": state["into.weight"].T, "into_bias": state["into.bias"],
                "marks": state["marks"],
                "first": state["first.weight"].T, "first_bias": state["first.bias"],
                "second": state["second.weight"].T, "second_bias": state["second.bias"],
                "norm": state["norm.weight"], "norm_bias": state["norm.bias"],
                "hidden": state["hidden.weight"].T, "hidden_bias": state["hidden.bias"],
                "scores": state["scores.weight"].T, "scores_bias": state["scores.bias"],
                "context": state["context"],
                "by_relevance": state["by_relevance"], "by_score": state["by_score"],
                "evenly": state["evenly"],
            },
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a fit found, on the features' own scale. `values` are the weights of the features of
    relevance, then what brief pieces have besides, then whether a piece is brief: (outputs,
    2n + 1); `network` has the names that sentence_network.py gives."""

    values: Any
    intercepts: Any
    tones: Any
    tone_intercepts: Any
    topics: Any
    network: Mapping[str, Any]


def importance(context: Any) -> Any:
    """How much a sentence names, by its context's own marks; see sentence_marks.CONTEXT."""
    us, china, taiwan, both = (context[:, number] for number in (0, 1, 2, 4))
    return us + china + taiwan + both + 2 * us * china + 3 * context[:, -4] + context[:, -3]


def _sides_meet(context: Any) -> bool:
    us, china, taiwan, both = (bool(context[:, number].any()) for number in (0, 1, 2, 4))
    return (us and (china or taiwan)) or both


def _tensor(values: Any) -> Any:
    return torch.from_numpy(np.asarray(values, np.float32))
