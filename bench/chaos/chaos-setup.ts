import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { canariesIn, canariesOf, canarySound } from '#bench/chaos/judge/canary.ts';
import { JournalKeeper } from '#bench/chaos/judge/journal.ts';
import { sentenceIn, sentenceNumber } from '#bench/chaos/people/sentences.ts';
import {
  answerText,
  canariesNamed,
  names,
  questionText,
  sentenceWho,
} from '#bench/chaos/people/words.ts';
import { noBudgets } from '#bench/processes/no-budgets.ts';
import { openSandbox, type Sandbox } from '#sandbox/sandbox.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { resample } from '#src/audio/resample.ts';
import { realClock } from '#src/base/clock.ts';
import { BotProcess, type LogLine } from '#test/fakes/bot-process.ts';
import {
  type MockProviders,
  openMockProviders,
  usualPace,
} from '#test/fakes/providers/providers.ts';
import type { Measures, PreloadOrder } from './order.ts';

/** Where everybody sits, and another channel. */
export const channel = 'Lounge';
export const otherChannel = 'Workshop';

/** Speech is quick: there is much to ask. */
const msPerChar = 20;
/** So that a session that is dead is noticed within a minute. */
const heartbeatMs = 5_000;
/** Of a store that may become full. */
const diskBytes = 24 * 2 ** 20;
const measureMs = 5_000;
const preload = fileURLToPath(import.meta.resolve('./preload.ts'));

/** A Discord, providers and the bot as a process of its own, all of which may be broken. */
export type ChaosSetup = AsyncDisposable & {
  readonly sandbox: Sandbox;
  readonly providers: MockProviders;
  readonly journal: JournalKeeper;
  /** The present one; while `isUp` is false it has ended. */
  readonly bot: BotProcess;
  readonly isUp: boolean;
  /** What the bots logged, the newest 1000 lines of each. */
  readonly log: readonly LogLine[];
  /** Of each bot after its start, before anybody called it. */
  readonly idle: readonly Measures[];
  readonly dataDir: string;
  /** Whether the disk of the store can be filled; needs the right to mount. */
  readonly hasSmallDisk: boolean;
  tell(order: PreloadOrder): void;
  measure(): Promise<Measures | undefined>;
  /** Ends the bot in order or at once. */
  end(how: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Starts it over the same data; that it does not become ready is written into the journal. */
  start(): Promise<void>;
};

export async function openStage(): Promise<ChaosSetup> {
  await using stack = new AsyncDisposableStack();
  const journal = new JournalKeeper();
  const providers = stack.use(await openProviders(journal));
  const sandbox = stack.use(await openSandbox({ heartbeatMs, rateLimits: 'usual' }));
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-chaos-'));
  stack.defer(() => rm(dataDir, { recursive: true, force: true }));
  const hasSmallDisk = await mounted(dataDir);
  if (hasSmallDisk) stack.defer(() => run('umount', [dataDir]));
  watchMessages(sandbox, journal);
  const { token, apiUrl, certificate: ca } = sandbox;
  const environment = environmentOf(providers, dataDir);
  const started = () => BotProcess.start({ token, apiUrl, ca }, environment, preload);
  const idle: Measures[] = [];
  let ended: readonly LogLine[] = [];
  let bot = await started();
  let isUp = true;
  stack.defer(() => bot[Symbol.asyncDispose]());
  const all = stack.move();
  const stage: ChaosSetup = {
    sandbox,
    providers,
    journal,
    idle,
    dataDir,
    hasSmallDisk,
    get bot() {
      return bot;
    },
    get log() {
      return isUp ? [...ended, ...bot.log] : ended;
    },
    get isUp() {
      return isUp && bot.isRunning;
    },
    tell: (order) => bot.send(order),
    async measure() {
      const answer = bot.said(AbortSignal.timeout(measureMs));
      bot.send({ do: 'measure' });
      return (await answer.catch(() => undefined)) as Measures | undefined;
    },
    async end(how) {
      isUp = false;
      if (how === 'SIGKILL') await bot.kill();
      await bot[Symbol.asyncDispose]();
      ended = [...ended, ...bot.log];
    },
    async start() {
      try {
        bot = await started();
        isUp = true;
        await noteIdle();
      } catch (error) {
        const why = `it did not start again: ${error}`;
        journal.add({ kind: 'down', atMs: realClock.nowMs(), why });
      }
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
  const noteIdle = async () => {
    const measures = await stage.measure();
    if (measures) idle.push(measures);
  };
  await noteIdle();
  return stage;
}

/** They hear canaries, answer them and speak them; whatever comes is written down. */
async function openProviders(journal: JournalKeeper): Promise<MockProviders> {
  const now = () => realClock.nowMs();
  const hears = (pcm: Pcm) => {
    const { samples } = pcm.rateHz === 16_000 ? pcm : resample(pcm, 16_000);
    const canaries = canariesOf(canariesIn(samples));
    for (const canary of canaries) journal.add({ kind: 'recognised', atMs: now(), canary });
    return canaries.map(questionText).join(' ');
  };
  const reply = (newest: string) => {
    const canaries = canariesNamed(newest);
    for (const canary of canaries) journal.add({ kind: 'modelled', atMs: now(), canary });
    return canaries.length === 0 ? 'Yes.' : canaries.map(answerText).join(' ');
  };
  const speaks = (text: string, rateHz: number, perCharMs: number) => {
    const named = canariesNamed(text);
    const canaries =
      named.length > 0 ? named : [{ who: sentenceWho, number: sentenceNumber(text) }];
    const length = Math.round((((text.length / canaries.length) * perCharMs) / 1_000) * rateHz);
    const sounds = canaries.map((canary) => canarySound(canary, rateHz, length));
    return Int16Array.from(sounds.flatMap((sound) => [...sound]));
  };
  const replies = [{ match: /^/, reply }];
  return await openMockProviders({ hears, replies, speaks, msPerChar, pace: usualPace });
}

function environmentOf(
  { baseUrl }: MockProviders,
  dataDir: string,
): Readonly<Record<string, string>> {
  return {
    TRANSCRIPTION_BASE_URL: baseUrl,
    CHAT_COMPLETION_BASE_URL: baseUrl,
    SPEECH_BASE_URL: baseUrl,
    DATA_DIR: dataDir,
    ...noBudgets,
  };
}

/** Everything that people can read of the bot. */
function watchMessages(sandbox: Sandbox, journal: JournalKeeper): void {
  sandbox.onMessage(({ kind, message }) => {
    if (kind === 'deleted' || message.authorId !== sandbox.botId) return;
    const { text, id: messageId, components, ephemeral, forUserId } = message;
    const atMs = realClock.nowMs();
    const id = sentenceIn(text);
    if (!ephemeral && components.length > 0) return journal.panel(atMs, id);
    for (const canary of canariesNamed(text)) {
      journal.add({ kind: 'written', atMs, canary, messageId });
    }
    if (id === undefined) return;
    const told = { kind: 'told', atMs, toMs: atMs, id } as const;
    if (!ephemeral) return journal.add({ ...told, how: 'message' });
    const who = names.findIndex((name) => sandbox.person(name).id === forUserId);
    journal.add({ ...told, how: 'reply', who });
  });
}

const run = async (program: string, args: readonly string[]) => {
  await promisify(execFile)(program, args);
};

/** A small disk of its own under `folder`; false where this user may not mount one. */
async function mounted(folder: string): Promise<boolean> {
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${diskBytes}`, 'parley-chaos', folder]);
    return true;
  } catch {
    return false;
  }
}
