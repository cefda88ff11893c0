import { File, OpenFile, PreopenDirectory, WASI } from '@bjorn3/browser_wasi_shim';

/** 64 KiB each: to start with, and at most; 160 characters of digits at half pace take 150 MiB. */
const pages = { initial: 262, maximum: 4096 };
/** Largest memory, in bytes, that is reused: ordinary pieces take 18 to 31 MiB; a larger one is left to the garbage collector. */
const keptBytes = 32 << 20;

/** The flite command, compiled to import its memory. */
export class Flite {
  readonly #module: WebAssembly.Module;
  /** Reused: the memory of every run would pile up before the garbage collector runs. */
  #memory = new WebAssembly.Memory(pages);

  constructor(wasm: Uint8Array) {
    this.#module = new WebAssembly.Module(wasm);
  }

  /** Runs the command once, and returns what it wrote to `spoken.wav`. Throws the errors of WebAssembly. */
  run(args: readonly string[]): Uint8Array {
    const memory = this.#emptied();
    const spoken = new File([]);
    const folder = new PreopenDirectory('.', new Map([['spoken.wav', spoken]]));
    const nothing = new OpenFile(new File([]));
    const streams = [nothing, nothing, nothing];
    const wasi = new WASI(['flite', ...args], [], [...streams, folder], { debug: false });
    const imports = { wasi_snapshot_preview1: wasi.wasiImport, env: { memory } };
    const flite = new WebAssembly.Instance(this.#module, imports);
    wasi.start(flite as Parameters<WASI['start']>[0]); // the package is a WASI command
    return spoken.data;
  }

  #emptied(): WebAssembly.Memory {
    if (this.#memory.buffer.byteLength > keptBytes) this.#memory = new WebAssembly.Memory(pages);
    else new Uint8Array(this.#memory.buffer).fill(0);
    return this.#memory;
  }
}
