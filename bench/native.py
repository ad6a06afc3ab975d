"""What native engines make of the same models on the same machine, for scale.

    python3 bench/native.py MODELS [--rounds N]

MODELS is the folder that bench/peers.mjs made. Prints medians in milliseconds of onnxruntime with
the int8 ONNX files of MiniLM, and of CTranslate2 in int8 with the Marian model and the default
translator, for one and two threads. Needs bench/peers/requirements.txt.
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import ctranslate2
import numpy as np
import onnxruntime


def median_ms(work, rounds: int) -> float:
    work()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def classifier(folder: Path, threads: int):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    file = next(folder.glob("**/model_quantized.onnx"))
    session = onnxruntime.InferenceSession(str(file), options)
    names = {entry.name for entry in session.get_inputs()}

    def run(rows):
        ids = np.array(rows, np.int64)
        feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids),
                 "token_type_ids": np.zeros_like(ids)}
        session.run(None, {name: feeds[name] for name in names})

    return run


def translator(folder: Path, threads: int, place: Path):
    converted = place / folder.name
    if not converted.exists():
        converter = ctranslate2.converters.TransformersConverter(str(folder))
        converter.convert(str(converted), quantization="int8")
    engine = ctranslate2.Translator(str(converted), compute_type="int8", intra_threads=threads,
                                    inter_threads=1)
    words = {at: word for word, at in json.loads((folder / "vocab.json").read_text()).items()}

    def run(rows, beams: int, tokens: int, fixed: bool):
        pieces = [[words[at] for at in row] for row in rows]
        engine.translate_batch(pieces, beam_size=beams, max_decoding_length=tokens,
                               min_decoding_length=tokens if fixed else 1,
                               max_batch_size=1024, batch_type="tokens")

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    args = parser.parse_args()
    inputs = json.loads((args.models / "inputs.json").read_text())
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        for threads in (1, 2):
            run = classifier(args.models / "minilm", threads)
            for size, count in (("16", 1), ("32", 1), ("128", 1), ("128", 8)):
                batch = [inputs["minilm"][size]["ids"]] * count
                rows.append(("onnxruntime", f"minilm, {count} x {size} tokens", threads,
                             median_ms(lambda: run(batch), args.rounds)))
            run = translator(args.models / "marian", threads, Path(temporary))
            for beams in (1, 4):
                source = [inputs["marian"]["25"]["ids"]]
                rows.append(("CTranslate2", f"marian, 25 in, 25 out, beams {beams}", threads,
                             median_ms(lambda: run(source, beams, 25, True), args.rounds)))
            run = translator(args.models / "default", threads, Path(temporary))
            for count in (1, 8, 64):
                texts = [inputs["default"][at % 8]["ids"] for at in range(count)]
                rows.append(("CTranslate2", f"default, {count} sentences", threads,
                             median_ms(lambda: run(texts, 1, 64, False), args.rounds)))
    print("| engine | case | threads | ms |\n|---|---|---|---|")
    for engine, case, threads, ms in rows:
        print(f"| {engine} | {case} | {threads} | {ms:.1f} |")


if __name__ == "__main__":
    main()
