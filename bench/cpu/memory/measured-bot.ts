import { readdir, readFile, realpath } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Sandbox } from '#sandbox/sandbox.ts';
import { BotProcess } from '#test/fakes/bot-process.ts';
import { type MemoryParts, partsOf } from './smaps.ts';

/** Options of a bot's start. */
export type BenchBot = {
  /** Base URL of the servers for speech and chat. */
  readonly baseUrl: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Program to run; left out: that of this folder. */
  readonly program?: string;
};

/** Memory of a bot at one instant; bytes. */
export type ResidentReading = HeapReading & {
  readonly parts: MemoryParts;
  /** Names of its threads. */
  readonly threads: readonly string[];
};

/** Memory reported by the preloaded module. */
type HeapReading = {
  readonly heapTotal: number;
  readonly heapUsed: number;
  readonly external: number;
};

/** Node's own (main, inspector signal, delayed tasks, four of V8, four of libuv) and one for the store. */
export const mostThreads = 12;
const preload = fileURLToPath(import.meta.resolve('./preload.mjs'));
const preloadCount = fileURLToPath(import.meta.resolve('./preload-count.mjs'));
const answerMs = 10_000;
/** Ticks of the kernel's clock: 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** A bot with remote engines as a process of its own. Linux only. */
export class MeasuredBot implements AsyncDisposable {
  readonly #bot: BotProcess;

  private constructor(bot: BotProcess) {
    this.#bot = bot;
  }

  static async start(sandbox: Sandbox, setup: BenchBot): Promise<MeasuredBot> {
    return new MeasuredBot(await startBot(sandbox, setup, preload));
  }

  async read(): Promise<ResidentReading> {
    const folder = `/proc/${this.#bot.pid}`;
    const parts = partsOf(
      await readFile(`${folder}/smaps`, 'utf8'),
      await realpath(process.execPath),
    );
    const tasks = await readdir(`${folder}/task`);
    const threads = await Promise.all(
      tasks.map(async (id) => (await readFile(`${folder}/task/${id}/comm`, 'utf8')).trim()),
    );
    return { ...((await answerOf(this.#bot)) as HeapReading), parts, threads };
  }

  /** User and system time of all its threads. */
  async cpuSeconds(): Promise<number> {
    const stat = await readFile(`/proc/${this.#bot.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  }

  /** User and system time of its main thread. */
  async mainThreadMs(): Promise<number> {
    const [ns] = (await readFile(`/proc/${this.#bot.pid}/schedstat`, 'utf8')).split(' ');
    return Number(ns) / 1e6;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#bot[Symbol.asyncDispose]();
  }
}

/** Files that the main thread of a bot loads until it can be called. */
export async function countModules(sandbox: Sandbox, setup: BenchBot): Promise<number> {
  await using bot = await startBot(sandbox, setup, preloadCount);
  return (await answerOf(bot)) as number;
}

function startBot(sandbox: Sandbox, setup: BenchBot, module: string): Promise<BotProcess> {
  const { token, apiUrl, certificate: ca } = sandbox;
  const { baseUrl, environment, program } = setup;
  const servers = {
    TRANSCRIPTION_BASE_URL: baseUrl,
    CHAT_COMPLETION_BASE_URL: baseUrl,
    SPEECH_BASE_URL: baseUrl,
  };
  return BotProcess.start({ token, apiUrl, ca }, { ...servers, ...environment }, module, program);
}

/** Answer of a bot's preloaded module. */
async function answerOf(bot: BotProcess): Promise<unknown> {
  const reported = bot.said(AbortSignal.timeout(answerMs));
  bot.send({});
  return await reported;
}
