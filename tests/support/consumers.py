"""Sample repos that transformers and datasets can load, and the scripts that load them.

Models and tokenizers are made on the spot, tiny and random; nothing is fetched from anywhere.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.command import Shell

SECONDS = 240.0

MAKE = """
import sys
from pathlib import Path
import pyarrow, pyarrow.parquet, torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (BertConfig, BertForSequenceClassification, GPT2Config,
                          GPT2ForSequenceClassification, PreTrainedTokenizerFast)
root = Path(sys.argv[1])
torch.manual_seed(2)
text = ["the quick brown fox jumps over the lazy dog", "sphinx of black quartz judge my vow"]
raw = Tokenizer(models.BPE(unk_token=None))
raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
raw.decoder = decoders.ByteLevel()
raw.train_from_iterator(text, trainers.BpeTrainer(
    vocab_size=300, special_tokens=["<|endoftext|>"],
    initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
def save(model, folder, **options):
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, eos_token="<|endoftext|>",
                                        unk_token="<|endoftext|>", pad_token="<|endoftext|>")
    model.save_pretrained(root / folder, **options)
    tokenizer.save_pretrained(root / folder)
    raw.model.save(str(root / folder))
gpt2 = dict(vocab_size=raw.get_vocab_size(), n_embd=32, n_layer=2, n_head=2, n_positions=64,
            pad_token_id=0, eos_token_id=0, bos_token_id=0)
save(GPT2ForSequenceClassification(GPT2Config(**gpt2)), "openai-community/gpt2")
save(GPT2ForSequenceClassification(GPT2Config(**{**gpt2, "n_embd": 64})), "org/sharded",
     max_shard_size="60KB")
save(BertForSequenceClassification(BertConfig(
    vocab_size=raw.get_vocab_size(), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
    intermediate_size=64, max_position_embeddings=64)), "org/bert")
table = pyarrow.table({"text": text * 50, "label": [0, 1] * 50})
data = root / "datasets" / "org"
(data / "parquet" / "data").mkdir(parents=True)
pyarrow.parquet.write_table(table, data / "parquet" / "data" / "train-00000-of-00001.parquet")
(data / "lines").mkdir()
(data / "lines" / "train.csv").write_text("text,label\\na,0\\nb,1\\n")
(data / "rows").mkdir()
(data / "rows" / "train.jsonl").write_text('{"text": "a"}\\n{"text": "b"}\\n')
"""

#: Loads models as `sys.argv` names them and prints a checksum of what was loaded of each.
MODEL = """
import json, sys, torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer
found = {}
for name in sys.argv[1:]:
    tokenizer = AutoTokenizer.from_pretrained(name)
    model = AutoModelForSequenceClassification.from_pretrained(name).eval()
    tokens = tokenizer("the quick brown fox", return_tensors="pt")
    with torch.no_grad():
        logits = model(input_ids=tokens["input_ids"]).logits
    sums = [round(x, 4) for x in logits.flatten().tolist()]
    found[name] = [tokens["input_ids"].tolist(), sums]
print(json.dumps(found))
"""

#: The lines of the users' own note.
GPT2 = """
import json, sys
from transformers import GPT2ForSequenceClassification, GPT2Tokenizer
tokenizer = GPT2Tokenizer.from_pretrained(sys.argv[1])
model = GPT2ForSequenceClassification.from_pretrained(sys.argv[1])
print(json.dumps(tokenizer("the lazy dog")["input_ids"] + [model.config.n_layer]))
"""

DATASET = """
import json, sys
from datasets import load_dataset
data = load_dataset(sys.argv[1], split="train")
print(json.dumps([data.num_rows, data[0]["text"]]))
"""


def make_sources(root: Path) -> None:
    """The sample repos, below `root`, in the form that `hfget serve` takes."""
    subprocess.run([sys.executable, "-c", MAKE, str(root)], check=True, timeout=SECONDS)


def load(script: str, *names: str | Path, shell: Shell, **env: str) -> Any:
    """What a script prints, run in the shell's folder with its settings and those given."""
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, names)],
        cwd=shell.directory,
        env={**shell.environment(), "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
        | env,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])
