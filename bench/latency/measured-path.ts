import { serverSettings } from '#bench/pipelines/server-settings.ts';
import type { QuestionClip } from '#bench/question-clips.ts';
import type { SpokenTimes } from '#sandbox/voice/voice-ports.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { neverAborted } from '#src/base/bounded-wait.ts';
import {
  type HeardAnswer,
  type SandboxProcess,
  startSandbox,
} from '#src/console/sandbox-process.ts';
import { BotProcess } from '#test/fakes/bot-process.ts';
import {
  type MockProviders,
  openMockProviders,
} from '#test/fakes/providers/mock-providers.ts';
import { openRecogniser } from '#test/fakes/recogniser/mock-recogniser.ts';
import { type ProxyNetwork, TcpProxy } from '#test/fakes/tcp-proxy.ts';
import type { BenchRow } from './bench-rows.ts';
import { hasIdeal, measureIdealTurn } from './ideal-bot.ts';
import {
  type BenchServers,
  type MeasuredTurn,
  measureTurn,
  sumRealtimeFirstSoundMs,
} from './turn-figures.ts';

/** Text of every answer: short, for turns are many. The first clause has seven tokens, as that of the peers. */
const answerText = 'Here is the story you asked for. It began by the sea.';
const speechMsPerChar = 12;
const pauseAfterAnswerMs = 400;
const maxAnswerWaitMs = 15_000;
const askingPerson = 'Adam';

/** Servers of a bot, and the microphone of the person who asks. */
export type PathSetup = BenchServers & Pick<BenchRow, 'microphone'>;

/** Questions and their answers, measured in one row. */
export type MeasuredRow<Setup extends PathSetup = BenchRow> = {
  readonly row: Setup;
  readonly turns: readonly MeasuredTurn[];
  /** Number of questions that got no answer. */
  readonly missed: number;
  /** Delays of the questions when put to the providers by a bot that knows when speech ends, in ms. None where a model speaks. */
  readonly idealMs: readonly number[];
};

type MeasuredQuestion = {
  /** Undefined when no answer came. */
  readonly turn: MeasuredTurn | undefined;
  readonly idealMs: number;
};

type PathDeps = {
  readonly mock: MockProviders;
  readonly sandbox: SandboxProcess;
  readonly bot: BotProcess;
  readonly stack: AsyncDisposableStack;
};

/**
 * Opens a bot in a call of its own, end-to-end encrypted, with a person who asks. `network` lies between the bot and its
 * servers. `hears` recognises the questions, by default those of `test/fixtures/speech`.
 */
export async function openMeasuredPath<Setup extends PathSetup>(
  row: Setup,
  network?: ProxyNetwork,
  hears?: (pcm: Pcm) => string,
  moreSettings?: Readonly<Record<string, string>>,
): Promise<MeasuredPath<Setup>> {
  await using stack = new AsyncDisposableStack();
  const hearPcm = hears ?? openRecogniser().hearPcm;
  const mock = stack.use(
    await openMockProviders({
      hears: hearPcm,
      replies: [{ match: /^/, text: answerText }],
      pace: row.pace,
      msPerChar: speechMsPerChar,
      talk: {
        firstSoundMs: sumRealtimeFirstSoundMs(row.pace),
        soundSpeed: row.pace.soundSpeed,
      },
    }),
  );
  const { hostname: host, port } = new URL(mock.baseUrl);
  const proxy =
    network && stack.use(await TcpProxy.open({ host, port: Number(port) }, network));
  const baseUrl = proxy?.makeProxiedUrl(mock.baseUrl) ?? mock.baseUrl;
  const sandbox = stack.use(await startSandbox(() => undefined, neverAborted));
  const bot = stack.use(
    await BotProcess.start(sandbox.ready, {
      ...serverSettings[row.pipeline](baseUrl),
      ...moreSettings,
    }),
  );
  await seatAsker(sandbox, row);
  return new MeasuredPath(row, { mock, sandbox, bot, stack: stack.move() });
}

/** Lets the person who asks join, and call the bot. */
async function seatAsker(sandbox: SandboxProcess, { microphone }: PathSetup) {
  const person = askingPerson;
  await sandbox.sendRequest({ do: 'join', person, microphone });
  await sandbox.sendRequest({ do: 'command', person, name: 'join' });
  await sandbox.sendRequest({ do: 'settled', person });
}

/** A bot that is asked, with everything between the person and the servers. */
export class MeasuredPath<Setup extends PathSetup = BenchRow>
  implements AsyncDisposable
{
  readonly #row: Setup;
  readonly #deps: PathDeps;
  #isWarm = false;

  constructor(row: Setup, deps: PathDeps) {
    this.#row = row;
    this.#deps = deps;
  }

  /** Asks `turns` questions, the clips in order and again from the first. The first call begins with a question to warm up. */
  async measureTurns(
    clips: readonly QuestionClip[],
    turns: number,
  ): Promise<MeasuredRow<Setup>> {
    if (!this.#isWarm) await this.#measureQuestion(clips.at(-1));
    this.#isWarm = true;
    const row = this.#row;
    const questions: MeasuredQuestion[] = [];
    for (let n = 0; n < turns; n++)
      questions.push(await this.#measureQuestion(clips[n % clips.length]));
    const answeredTurns = questions.flatMap(({ turn }) => turn ?? []);
    const idealMs = hasIdeal(row.pipeline)
      ? questions.map((question) => question.idealMs)
      : [];
    const missed = turns - answeredTurns.length;
    return { row, turns: answeredTurns, missed, idealMs };
  }

  /** Ends the bot, the sandbox and the servers. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#deps.stack.disposeAsync();
  }

  async #measureQuestion(clip: QuestionClip | undefined): Promise<MeasuredQuestion> {
    if (!clip) throw new Error('There is nothing to say.');
    const turn = await this.#askQuestion(clip);
    // Also the pause before the next question.
    const { baseUrl } = this.#deps.mock;
    const idealMs = await measureIdealTurn(baseUrl, clip, this.#row.pipeline);
    return { turn, idealMs };
  }

  /** Asks one question. Undefined when no answer came. */
  async #askQuestion(clip: QuestionClip) {
    const { mock, sandbox, bot } = this.#deps;
    const requestCount = mock.requests.length;
    const responseCount = this.#listResponses().length;
    const spoken = await sandbox.sendRequest<SpokenTimes>({
      do: 'say',
      person: askingPerson,
      wav: clip.path,
    });
    const { firstPacketAtMs: sinceMs, lastVoicedAtMs } = spoken;
    try {
      const { firstAudibleAtMs } = await sandbox.sendRequest<HeardAnswer>({
        do: 'listen',
        person: askingPerson,
        sinceMs,
        quietMs: pauseAfterAnswerMs,
        timeoutMs: maxAnswerWaitMs,
      });
      const answered = await bot.waitForLine(
        ({ msg, heardAtMs }) => msg === 'answered' && Number(heardAtMs) >= sinceMs,
        maxAnswerWaitMs,
      );
      return measureTurn({
        text: clip.text,
        lastVoicedAtMs,
        firstAudibleAtMs,
        answered,
        requests: mock.requests.slice(requestCount),
        responses: this.#listResponses().slice(responseCount),
      });
    } catch {
      return undefined;
    }
  }

  /** Lists responses of all Realtime conversations, oldest first. */
  #listResponses() {
    const { calls } = this.#deps.mock.talk;
    const responses = calls.flatMap((call) => call.responses);
    return responses.toSorted((a, b) => a.atMs - b.atMs);
  }
}
