const [ok, badFile, notSeekable] = [0, 8, 70];
const folderFd = 3;

type OpenFile = { at: number; size: number };

class Exit extends Error {}

/** 64 KiB each: to start with, and at most; 160 characters of digits at half pace take 150 MiB (2026-11-20). */
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

class MemorySystem {
  readonly #memory: WebAssembly.Memory;
  readonly #args: readonly Buffer[];
  readonly #files = new Map<number, OpenFile>();
  #nextFd = folderFd + 1;
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
      this.#put32(bytes, Buffer.concat(this.#args).length);
      return ok;
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
    clock_time_get: (_clock: number, _precision: bigint, time: number) => {
      this.#view().setBigUint64(time, 0n, true);
      return ok;
    },
    fd_close: (fd: number) => {
      this.#files.delete(fd);
      return ok;
    },
    fd_fdstat_get: (fd: number, stat: number) => this.#describe(fd, stat),
    fd_fdstat_set_flags: () => ok,
    fd_prestat_get: (fd: number, stat: number) => {
      if (fd !== folderFd) return badFile;
      this.#put32(stat, 0);
      this.#put32(stat + 4, 1);
      return ok;
    },
    fd_prestat_dir_name: (fd: number, name: number) => {
      if (fd !== folderFd) return badFile;
      this.#bytes()[name] = 0x2e;
      return ok;
    },
    fd_read: (_fd: number, _pieces: number, _count: number, read: number) => {
      this.#put32(read, 0);
      return ok;
    },
    fd_seek: (fd: number, offset: bigint, whence: number, result: number) =>
      this.#seek(fd, Number(offset), whence, result),
    fd_write: (fd: number, pieces: number, count: number, written: number) => {
      this.#put32(written, this.#write(fd, pieces, count));
      return ok;
    },
    path_open: (...args: number[]) => {
      this.#files.set(this.#nextFd, { at: 0, size: 0 });
      this.#put32(args[8] ?? 0, this.#nextFd++);
      return ok;
    },
    proc_exit: () => {
      throw new Exit();
    },
  };

  /** A folder, a terminal or a file, with every right. */
  #describe(fd: number, stat: number): number {
    const [folder, terminal, file] = [3, 2, 4];
    const kind = fd < folderFd ? terminal : file;
    this.#bytes().fill(0, stat, stat + 8);
    this.#bytes().fill(0xff, stat + 8, stat + 24);
    this.#bytes()[stat] = fd === folderFd ? folder : kind;
    return ok;
  }

  #seek(fd: number, offset: number, whence: number, result: number): number {
    const file = this.#files.get(fd);
    if (!file) return notSeekable;
    const from = [0, file.at, file.size][whence] ?? 0;
    file.at = from + offset;
    this.#view().setBigUint64(result, BigInt(file.at), true);
    return ok;
  }

  /** Output to the terminal is dropped. */
  #write(fd: number, pieces: number, count: number): number {
    const file = this.#files.get(fd);
    let total = 0;
    for (let at = pieces; at < pieces + 8 * count; at += 8) {
      const start = this.#view().getUint32(at, true);
      const size = this.#view().getUint32(at + 4, true);
      if (file) this.#store(file, this.#bytes().subarray(start, start + size));
      total += size;
    }
    return total;
  }

  #store(file: OpenFile, bytes: Uint8Array): void {
    const end = file.at + bytes.length;
    if (end > this.#output.length) {
      this.#output = Buffer.concat([this.#output], Math.max(end, this.#output.length * 2));
    }
    this.#output.set(bytes, file.at);
    file.at = end;
    file.size = Math.max(file.size, end);
    this.#outputBytes = Math.max(this.#outputBytes, end);
  }

  #put32(at: number, value: number): void {
    this.#view().setUint32(at, value, true);
  }

  #view(): DataView {
    return new DataView(this.#memory.buffer);
  }

  #bytes(): Uint8Array {
    return new Uint8Array(this.#memory.buffer);
  }
}
