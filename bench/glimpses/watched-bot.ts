import {
  listChildIds,
  measureUsage,
  type ProcessThreads,
  readProcessThreads,
} from '#bench/cpu/thread-times.ts';
import type { SpokenTimes } from '#sandbox/voice/voice-ports.ts';
import { startBot } from '#src/app/bot.ts';
import { openEngines } from '#src/app/engines/open-engines.ts';
import { createLocalGlimpser } from '#src/app/sandbox/local-glimpser.ts';
import { PageView } from '#src/app/sandbox/page-view.ts';
import { loadOpus } from '#src/audio/opus/opus-codec.ts';
import { neverAborted } from '#src/base/bounded-wait.ts';
import { realClock } from '#src/base/clock.ts';
import { readConfig } from '#src/config/config.ts';
import {
  type HeardAnswer,
  type SandboxProcess,
  startSandbox,
  trustCertificate,
} from '#src/console/sandbox-process.ts';

const person = 'Adam';
/** Longer than a pause between the clauses of an answer. */
const pauseAfterAnswerMs = 1_500;
const maxAnswerWaitMs = 30_000;

/** A question to the bot, as a page shows it or not. */
export type WatchedQuestion = {
  /** From the last sound of the question to the first of the answer. Undefined where no answer came. */
  readonly answerMs: number | undefined;
  /** CPU of the bot and its models, and of the second recogniser, until the answer has ended. */
  readonly botCpuMs: number;
  readonly glimpseCpuMs: number;
  /** Texts that a page showed while the person spoke. */
  readonly shown: number;
};

/** The bot of `npm start` in a sandbox, with local ears, voice and stand-in, and a page that is open or not. */
export class WatchedBot implements AsyncDisposable {
  readonly #stack: AsyncDisposableStack;
  readonly #sandbox: SandboxProcess;
  readonly #view: PageView;
  /** Processes of the bot that spoke before a page was open. The other child is the second recogniser. */
  readonly #ownIds: ReadonlySet<number>;
  readonly #getShown: () => number;

  private constructor(deps: {
    readonly stack: AsyncDisposableStack;
    readonly sandbox: SandboxProcess;
    readonly view: PageView;
    readonly ownIds: ReadonlySet<number>;
    readonly getShown: () => number;
  }) {
    this.#stack = deps.stack;
    this.#sandbox = deps.sandbox;
    this.#view = deps.view;
    this.#ownIds = deps.ownIds;
    this.#getShown = deps.getShown;
  }

  /** Opens a bot in a call with Adam, whose data lie in `dataDir`. Throws BotError. */
  static async open(dataDir: string): Promise<WatchedBot> {
    await using stack = new AsyncDisposableStack();
    const read = readConfig({ DATA_DIR: dataDir, BOT_NAME: 'Nova' });
    if (read.kind === 'bad') throw new Error(read.mistakes.join('\n'));
    const { config } = read;
    const { transcription } = config.engines;
    if (transcription.kind !== 'local') throw new Error('The ears are not local.');
    const glimpser = stack.use(createLocalGlimpser(realClock, transcription));
    const view = new PageView('Nova', glimpser);
    const sandbox = stack.use(await startSandbox(() => undefined, neverAborted));
    const sandboxIds = await listChildIds(process.pid);
    trustCertificate(sandbox.ready.ca);
    const engines = stack.use(await openEngines(config, () => undefined));
    let shownCount = 0;
    view.connect((event) => {
      if (event.kind === 'live' && event.who === person && event.text !== '')
        shownCount++;
    });
    const { apiUrl, token } = sandbox.ready;
    stack.use(
      await startBot(
        {
          config,
          engines,
          codec: await loadOpus(),
          discord: { token, apiUrl },
          roomView: view,
          onSession: (_, event) => view.onSession(event),
          onDiscord: () => undefined,
          onStore: () => undefined,
        },
        neverAborted,
      ),
    );
    await sandbox.sendRequest({ do: 'join', person });
    await sandbox.sendRequest({ do: 'command', person, name: 'join' });
    await sandbox.sendRequest({ do: 'settled', person });
    const children = await listChildIds(process.pid);
    const models = children.filter((id) => !sandboxIds.includes(id));
    const ownIds = new Set([process.pid, ...models]);
    const getShown = () => shownCount;
    const deps = {
      sandbox,
      view,
      ownIds: new Set([...ownIds, ...sandboxIds]),
      getShown,
    };
    return new WatchedBot({ ...deps, stack: stack.move() });
  }

  /** Asks a question, and waits until its answer has ended. */
  async ask(wav: string, isWatched: boolean): Promise<WatchedQuestion> {
    this.#view.onWatched(isWatched);
    const shownBefore = this.#getShown();
    const threadsBefore = await this.#readThreads();
    const answerMs = await this.#hearAnswer(wav);
    const threadsAfter = await this.#readThreads();
    const measureCpuMs = (kind: 'own' | 'glimpses') =>
      measureUsage(0, threadsBefore[kind], threadsAfter[kind]).cpuMs;
    const shownCount = this.#getShown() - shownBefore;
    return {
      answerMs,
      botCpuMs: measureCpuMs('own'),
      glimpseCpuMs: measureCpuMs('glimpses'),
      shown: shownCount,
    };
  }

  /** Ends the bot, its models and the sandbox. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  async #hearAnswer(wav: string) {
    const say = { do: 'say', person, wav } as const;
    const spoken = await this.#sandbox.sendRequest<SpokenTimes>(say);
    const { lastVoicedAtMs: sinceMs } = spoken;
    const waits = { quietMs: pauseAfterAnswerMs, timeoutMs: maxAnswerWaitMs, sinceMs };
    const heardAnswer = await this.#sandbox
      .sendRequest<HeardAnswer>({ do: 'listen', person, ...waits })
      .catch(() => undefined);
    return heardAnswer && heardAnswer.firstAudibleAtMs - sinceMs;
  }

  async #readThreads() {
    const children = await listChildIds(process.pid);
    const others = children.filter((id) => !this.#ownIds.has(id));
    const [own, glimpses] = await Promise.all([
      readThreadsOf([...this.#ownIds]),
      readThreadsOf(others),
    ]);
    return { own, glimpses };
  }
}

async function readThreadsOf(ids: readonly number[]): Promise<ProcessThreads> {
  const threads = await Promise.all(ids.map(readProcessThreads));
  return new Map(threads.flatMap((each) => [...each]));
}
