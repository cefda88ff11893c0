import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readlink } from 'node:fs/promises';
import { delimiter } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify, stripVTControlCharacters } from 'node:util';
import { readEnvironment } from '#src/config/config.ts';

const run = promisify(execFile);
/** Longest time of one command, and until a program says something. */
const [maxCommandMs, maxWaitMs] = [900_000, 240_000];
/** Until a program has ended in order. */
const maxEndMs = 10_000;
const maxShownCharacters = 4_000;
/** Settings of npm that lead it to packages, and to the headers of Node. */
const kept = /^npm_config_(?:cache|cafile|registry|nodedir)$/;

/** A refusal is a failure, and a machine without a sound card plays what has more than 9,600 bytes. */
const standIns = [
  'curl() { command curl -sS --fail-with-body "$@"; }',
  'aplay() { [ "$(wc -c)" -gt 9600 ]; }',
];

type Environment = Readonly<Record<string, string>>;

/** Ends all that still runs in this folder, first in order: the bot outlives its terminal. */
export async function endProgramsIn(folder: string) {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    for (const pid of await listProgramsIn(folder)) {
      try {
        process.kill(pid, signal);
      } catch {
        // It has just ended.
      }
    }
    const deadlineMs = performance.now() + maxEndMs;
    while ((await listProgramsIn(folder)).length > 0 && performance.now() < deadlineMs)
      await setTimeout(100);
  }
}

async function listProgramsIn(folder: string) {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const places = await Promise.all(
    pids.map(async (pid) => [pid, await readlink(`/proc/${pid}/cwd`).catch(() => '')]),
  );
  return places.flatMap(([pid, place]) =>
    place?.startsWith(folder) ? Number(pid) : [],
  );
}

/** Somebody with nothing but Node, npm, git and curl, at a fresh clone of the last commit. */
export class Stranger {
  readonly folder: string;
  readonly #environment: Environment;

  private constructor(folder: string, environment: Environment) {
    this.folder = folder;
    this.#environment = environment;
  }

  /** `given` is added to an environment that holds nothing of this process but where npm finds packages. */
  static async clone(folder: string, fields: Environment) {
    await run('git', ['clone', '--quiet', '.', folder]);
    const home = `${folder}-home`;
    await mkdir(home, { recursive: true });
    const { PATH = '', ...own } = readEnvironment();
    const npm = Object.entries(own).filter(([name]) => kept.test(name));
    // npm puts the Node of node_modules there, which a shell does not have.
    const folders = PATH.split(delimiter).filter(
      (text) => !text.includes('node_modules'),
    );
    return new Stranger(folder, {
      ...(Object.fromEntries(npm) as Environment),
      npm_config_prefer_offline: 'true',
      PATH: folders.join(delimiter),
      HOME: home,
      ...fields,
    });
  }

  /** Lines in one shell, which keeps its variables. Gives the output. Throws with it at the first line that fails. */
  async runLines(lines: readonly string[], fields: Environment = {}) {
    const child = spawn(
      'bash',
      ['-euo', 'pipefail', '-c', [...standIns, ...lines].join('\n')],
      {
        cwd: this.folder,
        env: { ...this.#environment, ...fields },
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: maxCommandMs,
      },
    );
    let shownText = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        shownText += chunk;
      });
    const [code] = await once(child, 'close');
    if (code !== 0)
      throw new Error(
        `It ended with ${code}: ${lines.join('; ')}\n${shownText.slice(-maxShownCharacters)}`,
      );
    return shownText;
  }

  /** A program at a terminal of its own, which `script` of util-linux makes. */
  open(command: string, fields: Environment = {}) {
    return new Terminal(command, this.folder, { ...this.#environment, ...fields });
  }
}

/** A program at a terminal, with its screen. */
export class Terminal implements AsyncDisposable {
  readonly #child;
  readonly #closed;
  #shown = '';
  #read = 0;

  constructor(command: string, cwd: string, env: Environment) {
    // Programs break lines at the width, and a new terminal has none.
    const sized = `stty cols 160 rows 50; ${command}`;
    this.#child = spawn('script', ['-qefc', sized, '/dev/null'], { cwd, env });
    this.#closed = once(this.#child, 'close');
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream.on('data', (chunk) => {
        this.#shown += stripVTControlCharacters(`${chunk}`);
      });
  }

  /** Resolves with the match once `words` stand behind all that was waited for. Errors: the screen, when they do not. */
  async waitFor(words: RegExp) {
    const deadlineMs = performance.now() + maxWaitMs;
    for (;;) {
      const rest = this.#shown.slice(this.#read);
      const match = words.exec(rest);
      if (match) {
        this.#read += match.index + match[0].length;
        return match;
      }
      if (this.#child.exitCode !== null || performance.now() > deadlineMs)
        throw new Error(`${words} is not on the screen:\n${rest}`);
      await setTimeout(100);
    }
  }

  type(keys: string) {
    this.#child.stdin.write(keys);
  }

  /** Its exit code, after Ctrl+C. */
  async interrupt() {
    this.type('\u0003');
    return await this.end();
  }

  async end() {
    const [code] = (await this.#closed) as [number | null];
    return code;
  }

  async [Symbol.asyncDispose]() {
    if (this.#child.exitCode === null) this.#child.kill('SIGHUP');
    await this.#closed;
  }
}
