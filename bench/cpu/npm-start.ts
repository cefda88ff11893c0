import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { type BotLogin, makeEnvironment } from '#test/fakes/bot-process.ts';

/** Longest start, and longest orderly end, in ms. */
const [maxStartMs, maxEndMs] = [90_000, 15_000];

/** Flags of Node and the program that `npm start` runs. Errors: where it runs anything else. */
function parseStartArguments(script: string) {
  const [node, ...words] = script.split(/\s+/);
  const program = words.pop();
  if (node !== 'node' || program === undefined)
    throw new Error(`npm start does not run Node: ${script}`);
  return { flags: words, program };
}

/** The bot of a checkout as `npm start` runs it there: its flags, its Node and its modules, without npm. It loads nothing else. */
export class StartedBot implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
  }

  /** Resolves once it can be called; it runs in an empty folder, with this environment alone. */
  static async start(
    checkout: string,
    login: BotLogin,
    environment: Readonly<Record<string, string>>,
  ): Promise<StartedBot> {
    const { scripts } = JSON.parse(
      await readFile(join(checkout, 'package.json'), 'utf8'),
    );
    const { flags, program } = parseStartArguments(scripts.start);
    const folder = await mkdtemp(join(tmpdir(), 'parley-'));
    const child = spawn(
      await findNode(checkout),
      [...flags, resolve(checkout, program)],
      {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...(await makeEnvironment(login, folder)), ...environment },
      },
    );
    process.once('exit', () => child.kill('SIGKILL'));
    const bot = new StartedBot(child, folder);
    try {
      await bot.#waitUntilReady();
      return bot;
    } catch (error) {
      await bot[Symbol.asyncDispose]();
      throw error;
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = once(this.#child, 'exit');
      const late = setTimeout(() => this.#child.kill('SIGKILL'), maxEndMs);
      this.#child.kill('SIGTERM');
      await gone;
      clearTimeout(late);
    }
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Its log is read up to the line that says so, and thrown away from there. */
  async #waitUntilReady() {
    const { stdout } = this.#child;
    if (!stdout) return;
    const lines = createInterface({
      input: stdout,
      signal: AbortSignal.timeout(maxStartMs),
    });
    const said: string[] = [];
    for await (const line of lines) {
      said.push(line);
      if (!line.includes('"msg":"ready:')) continue;
      lines.close();
      stdout.resume();
      return;
    }
    throw new Error(
      `The bot was not ready within ${maxStartMs} ms:\n${said.join('\n')}`,
    );
  }
}

/** That of the checkout, which `npm start` finds first; else the present one. */
async function findNode(checkout: string) {
  const own = join(checkout, 'node_modules/.bin/node');
  try {
    await access(own);
    return own;
  } catch {
    return process.execPath;
  }
}
