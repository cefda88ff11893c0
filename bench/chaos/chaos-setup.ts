import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Canary, canariesIn, canariesOf, canarySound } from '#bench/chaos/judge/canary.ts';
import { JournalKeeper } from '#bench/chaos/judge/journal.ts';
import { sentenceIn, sentenceNumber } from '#bench/chaos/people/sentences.ts';
import {
  answerText,
  canariesNamed,
  names,
  questionText,
  reminderCall,
  reminderCanary,
  reminderText,
  sentenceWho,
} from '#bench/chaos/people/words.ts';
import { openSandbox, type Sandbox } from '#sandbox/sandbox.ts';
import type { BoardMessage } from '#sandbox/world/world-messages.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { resample } from '#src/audio/resample.ts';
import { realClock } from '#src/base/clock.ts';
import { BotProcess, forgetCrashes, type LogLine } from '#test/fakes/bot-process.ts';
import {
  type MockProviders,
  openMockProviders,
  usualPace,
} from '#test/fakes/providers/providers.ts';
import { type BenchDatabase, openDatabase } from './database.ts';
import type { Measures, PreloadOrder } from './order.ts';

/** Where everybody sits, and another channel. */
export const channel = 'Lounge';
export const otherChannel = 'Workshop';

/** Speech is quick: there is much to ask. */
const msPerChar = 20;
/** Budgets are counted and kept, and are never used up. */
const budgets: Readonly<Record<string, string>> = {
  BUDGET_PERSON_DAY_USD: '1000',
  BUDGET_SERVER_DAY_USD: '1000',
  BUDGET_TOTAL_DAY_USD: '1000',
};
/** Name under which the bot's process reaches the database. */
const processName = 'bot';
/** Ends the captions that a model is shown. */
const contextEnd = '</channel>';
/** Captions begin with a speaker in bold, or a remark in italics. */
const captionLine = /^\*/;
/** So that a session that is dead is noticed within a minute. */
const heartbeatMs = 5_000;
/** Size of a store that may become full. */
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
  /** Log lines of the bots, the newest 1000 of each. */
  readonly log: readonly LogLine[];
  /** Measures of each bot after its start, before anybody called it. */
  readonly idle: readonly Measures[];
  readonly dataDir: string;
  /** Undefined: the store is SQLite. */
  readonly database: BenchDatabase | undefined;
  /** Whether the disk of the store can be filled; needs the right to mount. */
  readonly hasSmallDisk: boolean;
  send(order: PreloadOrder): void;
  measure(): Promise<Measures | undefined>;
  /** Ends the bot in order or at once. */
  end(how: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Starts it over the same data; that it does not become ready is written into the journal. */
  start(): Promise<void>;
};

/** `databaseUrl`: a PostgreSQL server in which the run has a schema of its own; without it the store is SQLite. */
export async function openSetup(databaseUrl?: string): Promise<ChaosSetup> {
  await using stack = new AsyncDisposableStack();
  const database =
    databaseUrl === undefined ? undefined : stack.use(await openDatabase(databaseUrl));
  const journal = new JournalKeeper();
  const providers = stack.use(await openProviders(journal));
  const sandbox = stack.use(await openSandbox({ heartbeatMs, rateLimits: 'usual' }));
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-chaos-'));
  stack.defer(() => rm(dataDir, { recursive: true, force: true }));
  const hasSmallDisk = await mounted(dataDir);
  if (hasSmallDisk) stack.defer(() => run('umount', [dataDir]));
  watchMessages(sandbox, journal);
  const { token, apiUrl, certificate: ca } = sandbox;
  const environment = {
    ...environmentOf(providers, dataDir),
    ...(database && { DATABASE_URL: await database.urlFor(processName) }),
  };
  const started = () => BotProcess.start({ token, apiUrl, ca }, environment, preload);
  const idle: Measures[] = [];
  let ended: readonly LogLine[] = [];
  let bot = await started();
  let isUp = true;
  stack.defer(() => bot[Symbol.asyncDispose]());
  const all = stack.move();
  const setup: ChaosSetup = {
    sandbox,
    providers,
    journal,
    idle,
    dataDir,
    database,
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
    send: (order) => bot.send(order),
    async measure() {
      const answer = bot.said(AbortSignal.timeout(measureMs));
      bot.send({ do: 'measure' });
      return (await answer.catch(() => undefined)) as Measures | undefined;
    },
    async end(how) {
      isUp = false;
      if (how === 'SIGKILL') await bot.kill();
      forgetCrashes(dataDir);
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
    const measures = await setup.measure();
    if (measures) idle.push(measures);
  };
  await noteIdle();
  return setup;
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
  let called: readonly Canary[] = [];
  const callFor = (newest: string) => {
    const own = withoutContext(newest);
    const call = reminderCall(own);
    if (call) called = canariesNamed(own);
    return call;
  };
  const reply = (newest: string) => {
    const named = canariesNamed(withoutContext(newest));
    // The result of a tool that was refused, or failed, names no question.
    const canaries = named.length === 0 && newest.startsWith('{') ? called : named;
    for (const canary of canaries) journal.add({ kind: 'modelled', atMs: now(), canary });
    return canaries.length === 0 ? 'Yes.' : canaries.map(answerText).join(' ');
  };
  const speaks = (text: string, rateHz: number, perCharMs = msPerChar) => {
    const isReminder = reminderText.test(text);
    const named = canariesNamed(text).map((canary) =>
      isReminder ? reminderCanary(canary) : canary,
    );
    const canaries =
      named.length > 0 ? named : [{ who: sentenceWho, number: sentenceNumber(text) }];
    const length = Math.round((((text.length / canaries.length) * perCharMs) / 1_000) * rateHz);
    const sounds = canaries.map((canary) => canarySound(canary, rateHz, length));
    return Int16Array.from(sounds.flatMap((sound) => [...sound]));
  };
  const replies = [{ match: /^/, reply, callFor }];
  const voice = speaks;
  const talk = { voice };
  return await openMockProviders({
    hears,
    replies,
    speaks,
    voice,
    talk,
    msPerChar,
    pace: usualPace,
  });
}

/** The newest message without the lines of captions that models are shown before it. */
function withoutContext(newest: string): string {
  return newest.slice(newest.lastIndexOf(contextEnd) + 1);
}

function environmentOf(
  { baseUrl }: MockProviders,
  dataDir: string,
): Readonly<Record<string, string>> {
  return {
    TRANSCRIPTION_BASE_URL: baseUrl,
    CHAT_COMPLETION_BASE_URL: baseUrl,
    SPEECH_BASE_URL: baseUrl,
    AUDIO_MODEL_NAME: 'mock',
    REALTIME_BASE_URL: baseUrl,
    REALTIME_MODEL: 'mock',
    DATA_DIR: dataDir,
    ...budgets,
  };
}

/** Everything that people can read of the bot. */
function watchMessages(sandbox: Sandbox, journal: JournalKeeper): void {
  sandbox.onMessage(({ kind, message }) => {
    if (kind === 'deleted' || message.authorId !== sandbox.botId) return;
    const { text, components, ephemeral, forUserId } = message;
    const atMs = realClock.nowMs();
    const id = sentenceIn(text);
    if (!ephemeral && components.length > 0) return journal.panel(atMs, id);
    noteQuestions(message, atMs, journal);
    if (id === undefined) return;
    const reported = { kind: 'told', atMs, toMs: atMs, id } as const;
    if (!ephemeral) return journal.add({ ...reported, how: 'message' });
    const who = names.findIndex((name) => sandbox.person(name).id === forUserId);
    journal.add({ ...reported, how: 'reply', who });
  });
}

/** Answers and reminders in a message; lines of captions are neither. */
function noteQuestions(
  { text, id: messageId }: Pick<BoardMessage, 'id' | 'text'>,
  atMs: number,
  journal: JournalKeeper,
): void {
  if (captionLine.test(text)) return;
  for (const canary of canariesNamed(text)) {
    journal.add(
      reminderText.test(text)
        ? { kind: 'reminded', atMs, canary, by: { messageId } }
        : { kind: 'written', atMs, canary, messageId },
    );
  }
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
