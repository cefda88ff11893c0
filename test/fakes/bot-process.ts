import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import packageJson from '#package.json' with { type: 'json' };
import { realClock } from '#src/base/clock.ts';
import { Mailbox } from '#src/base/loops/mailbox.ts';

/** Options of Node with `npm start`. */
const heapOptions = packageJson.scripts.start.match(/--\S+/g) ?? [];
const ownProgramUrl = fileURLToPath(import.meta.resolve('#src/app/main.mjs'));
/** A bot ends with the process that started it, however that one ended. */
const endsWithParent = [
  '--import',
  'data:text/javascript,process.once("disconnect",()=>process.exit());process.channel?.unref()',
];

export type LogLine = Readonly<Record<string, unknown>> & { readonly msg?: string };

/** Where a bot can log in. */
export type BotLogin = {
  readonly token: string;
  readonly apiUrl: string;
  readonly ca: string;
};

export type ProcessEnd = {
  readonly code: number | null;
  readonly out: string;
  readonly complaints: string;
};

/** Removes lines by which a start says that it goes on, which a busy machine has more of. */
export function removeProgress(complaints: string) {
  return complaints.replace(/^(?:Starting Parley|Waiting for [^\n]*) \.\.\.\n/gm, '');
}

/** Runs `npm start` without npm, in an empty folder of its own and with no other environment, to its end. */
export async function runToEnd(
  environment: Readonly<Record<string, string>>,
  args: readonly string[] = [],
  nodeFlags: readonly string[] = heapOptions,
  program = ownProgramUrl,
): Promise<ProcessEnd> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-'));
  const child = spawn(process.execPath, [...nodeFlags, program, ...args], {
    cwd: folder,
    env: environment,
  });
  const forget = realClock.later(maxStartMs, () => child.kill('SIGKILL'));
  const output = { out: '', complaints: '' };
  child.stdout.on('data', (chunk) => {
    output.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output.complaints += chunk;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  forget();
  await rm(folder, { recursive: true });
  return { code, out: output.out, complaints: removeProgress(output.complaints) };
}

/** Makes a bot over this `DATA_DIR` start at once although it was killed again and again, which looks like a loop of crashes. */
export function removeCrashes(dataDir: string) {
  const path = join(dataDir, 'process', 'process.json');
  try {
    const stored: unknown = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify(Object.assign({}, stored, { starts: [] })));
  } catch {
    // It has not started there yet.
  }
}

/** A bot is logged in by then: it starts in 1 s where nothing else runs, and twenty may start at once. */
const maxStartMs = 90_000;
/** Lines kept of a log; the oldest are forgotten first. */
const maxKeptLines = 1000;

/** Environment of a bot in `folder` for the Discord of `login`, with closed ports. */
export async function makeEnvironment(
  login: BotLogin,
  folder: string,
): Promise<Readonly<Record<string, string>>> {
  const certificatePath = join(folder, 'ca.pem');
  await writeFile(certificatePath, login.ca);
  return {
    DISCORD_TOKEN: login.token,
    DISCORD_API_URL: login.apiUrl,
    NODE_EXTRA_CA_CERTS: certificatePath,
    STATUS_PORT: '0',
    PAGE_PORT: '0',
  };
}

/** The bot as its owner runs it: a process of its own, with a token and a server to log in to. */
export class BotProcess implements AsyncDisposable {
  readonly #child;
  readonly #folder;
  #lines = new Mailbox<LogLine>(maxKeptLines);
  #log: readonly LogLine[] = [];
  #complaints = '';

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
  }

  /** Resolves when it can be called; nothing of this process's environment reaches it. `preload` is a module it loads first, `program` what is run. */
  static async start(
    login: BotLogin,
    environment: Readonly<Record<string, string>>,
    preload?: string,
  ) {
    const bot = await BotProcess.launch(login, environment, preload);
    return await bot.waitUntilReady();
  }

  /** Starts a bot like `start`, and resolves at once: for one that may wait, or end, before it can be called. */
  static async launch(
    login: BotLogin,
    environment: Readonly<Record<string, string>>,
    preload?: string,
    program = ownProgramUrl,
  ) {
    const folder = await mkdtemp(join(tmpdir(), 'parley-'));
    const loaded = preload === undefined ? [] : ['--expose-gc', '--import', preload];
    const child = spawn(
      process.execPath,
      [...heapOptions, ...endsWithParent, ...loaded, program],
      {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        env: { ...(await makeEnvironment(login, folder)), ...environment },
      },
    );
    return BotProcess.fromChild(child, folder);
  }

  /** A bot that something else has started; its folder is removed with it. */
  static fromChild(child: ChildProcess, folder: string) {
    const bot = new BotProcess(child, folder);
    void bot.#readLog();
    child.stderr?.on('data', (chunk) => bot.#complain(`${chunk}`));
    return bot;
  }

  /** Resolves with this bot once it can be called, else ends it. */
  async waitUntilReady() {
    try {
      await this.waitForLine(
        ({ msg }) => msg?.startsWith('ready:') === true,
        maxStartMs,
      );
      return this;
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** All it has logged so far, the newest 1000 lines. */
  get log(): readonly LogLine[] {
    return this.#log;
  }

  /** Output beside its log, printed as well. */
  get complaints(): string {
    return removeProgress(this.#complaints);
  }

  /** Forgets the log and other output so far; nobody waits for it any more. */
  keepFolder() {
    this.#log = [];
    this.#complaints = '';
    this.#lines = new Mailbox(maxKeptLines);
  }

  /** Its process id. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** From now on nobody reads its log. */
  suspendSignals() {
    this.#child.stdout?.destroy();
  }

  /** Ends it at once and leaves nothing behind, where nobody can wait any more. */
  abandon() {
    this.#child.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Ends it at once, as a crash does. */
  async kill() {
    if (!this.isRunning) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The next line of its log that fits. Errors: when none came within `timeoutMs`, or the bot ended. */
  async waitForLine(fits: (line: LogLine) => boolean, timeoutMs: number) {
    const late = new Error(`no line of its log fitted within ${timeoutMs} ms`);
    const abort = new AbortController();
    const cancel = realClock.later(timeoutMs, () => abort.abort(late));
    try {
      for await (const line of this.#lines.read(abort.signal)) {
        if (fits(line)) return line;
      }
    } finally {
      cancel();
    }
    throw new Error('the bot ended');
  }

  /** Asks it to stop, as a supervisor does; its exit code. */
  async stop() {
    if (this.isRunning) {
      const gone = once(this.#child, 'exit');
      // In real time: where processes share their time it may pass faster.
      const killing = setTimeout(() => this.#child.kill('SIGKILL'), 60_000);
      this.#child.kill('SIGTERM');
      await gone;
      clearTimeout(killing);
    }
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose]() {
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #complain(text: string) {
    this.#complaints += text;
    process.stderr.write(removeProgress(text));
  }

  async #readLog() {
    if (!this.#child.stdout) return;
    for await (const line of createInterface({ input: this.#child.stdout })) {
      if (!line.startsWith('{')) continue;
      const logged: LogLine = JSON.parse(line);
      this.#log = [...this.#log, logged].slice(-maxKeptLines);
      this.#lines.put(logged);
    }
    this.#lines.end();
  }
}
