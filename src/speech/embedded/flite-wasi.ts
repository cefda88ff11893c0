const [ok, badFile, notSeekable] = [0, 8, 70];
/** The folder that a command finds open, and the file it opens there. */
const [folderFd, fileFd] = [3, 4];

class Exit extends Error {}

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

  /**
   * Runs the command once, on a file system in memory, and returns the file it wrote.
   *
   * Implements just the calls of WASI preview 1 that flite imports. Throws the errors of WebAssembly.
   */
  run(args: readonly string[]): Uint8Array {
    const memory = this.#emptied();
    const system = new MemorySystem(memory, ['flite', ...args]);
    const imports = { wasi_snapshot_preview1: system.calls, env: { memory } };
    const { exports } = new WebAssembly.Instance(this.#module, imports);
    const { _start: start } = exports;
    if (typeof start !== 'function') throw new Error('The module is not a WASI command.');
    try {
      start();
    } catch (thrown) {
      if (!(thrown instanceof Exit)) throw thrown;
    }
    return system.written();
  }

  #emptied(): WebAssembly.Memory {
    if (this.#memory.buffer.byteLength > keptBytes) this.#memory = new WebAssembly.Memory(pages);
    else new Uint8Array(this.#memory.buffer).fill(0);
    return this.#memory;
  }
}

/** A file system in memory, for one file that is written. */
class MemorySystem {
  readonly #memory: WebAssembly.Memory;
  readonly #args: readonly Buffer[];
  #at = 0;
  #output = Buffer.alloc(1 << 16);
  #outputBytes = 0;

  constructor(memory: WebAssembly.Memory, args: readonly string[]) {
    this.#memory = memory;
    this.#args = args.map((arg) => Buffer.from(`${arg}\0`));
  }

  written(): Uint8Array {
    return this.#output.subarray(0, this.#outputBytes);
  }

  /** Pointers and lengths in, an error number out. */
  readonly calls: Record<string, (...args: never[]) => number> = {
    args_sizes_get: (count: number, bytes: number) => {
      this.#put32(count, this.#args.length);
      return this.#put32(bytes, Buffer.concat(this.#args).length);
    },
    args_get: (pointers: number, bytes: number) => {
      let at = bytes;
      for (const [n, arg] of this.#args.entries()) {
        this.#put32(pointers + 4 * n, at);
        this.#bytes().set(arg, at);
        at += arg.length;
      }
      return ok;
    },
    clock_time_get: () => ok,
    fd_close: () => ok,
    fd_fdstat_get: () => ok,
    fd_fdstat_set_flags: () => ok,
    fd_prestat_get: (fd: number, stat: number) => {
      if (fd !== folderFd) return badFile;
      this.#put32(stat, 0);
      return this.#put32(stat + 4, 1);
    },
    fd_prestat_dir_name: (_fd: number, name: number) => {
      this.#bytes()[name] = 0x2e;
      return ok;
    },
    fd_read: (_fd: number, _pieces: number, _count: number, read: number) => this.#put32(read, 0),
    fd_seek: (fd: number, offset: bigint, whence: number, result: number) => {
      if (fd !== fileFd) return notSeekable;
      const from = [0, this.#at, this.#outputBytes][whence] ?? 0;
      this.#at = from + Number(offset);
      this.#view().setBigUint64(result, BigInt(this.#at), true);
      return ok;
    },
    fd_write: (fd: number, pieces: number, count: number, written: number) => {
      let total = 0;
      for (let at = pieces; at < pieces + 8 * count; at += 8) {
        const start = this.#view().getUint32(at, true);
        const size = this.#view().getUint32(at + 4, true);
        if (fd === fileFd) this.#store(this.#bytes().subarray(start, start + size));
        total += size;
      }
      return this.#put32(written, total);
    },
    path_open: (...args: number[]) => {
      this.#at = 0;
      return this.#put32(args[8] ?? 0, fileFd);
    },
    proc_exit: () => {
      throw new Exit();
    },
  };

  #store(bytes: Uint8Array): void {
    const end = this.#at + bytes.length;
    if (end > this.#output.length) {
      this.#output = Buffer.concat([this.#output], Math.max(end, this.#output.length * 2));
    }
    this.#output.set(bytes, this.#at);
    this.#at = end;
    this.#outputBytes = Math.max(this.#outputBytes, end);
  }

  #put32(at: number, value: number): number {
    this.#view().setUint32(at, value, true);
    return ok;
  }

  #view(): DataView {
    return new DataView(this.#memory.buffer);
  }

  #bytes(): Uint8Array {
    return new Uint8Array(this.#memory.buffer);
  }
}
