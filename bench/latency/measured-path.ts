import { serverSettings } from '#bench/pipelines/server-settings.ts';
import type { QuestionClip } from '#bench/question-clips.ts';
import type { SpokenTimes } from '#sandbox/voice/voice-ports.ts';
import { type HeardAnswer, SandboxProcess } from '#src/console/sandbox-process.ts';
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

/** Said quickly, for turns are many; the first clause has seven tokens, as that of the peers. */
const answerText = 'Here is the story you asked for. It began by the sea.';
const speechMsPerChar = 12;
const pauseAfterAnswerMs = 400;
const maxAnswerWaitMs = 15_000;
const askingPerson = 'Adam';

/** Servers of a bot, and the microphone of the person who asks. */
type PathSetup = BenchServers & Pick<BenchRow, 'microphone'>;

/** Questions and their answers. */
export type MeasuredTurns = {
  readonly turns: readonly MeasuredTurn[];
  /** Questions that got no answer. */
  readonly missed: number;
  /** Delays of the questions when put to the providers by a bot that knows when speech ends, in ms; none where a model speaks. */
  readonly idealMs: readonly number[];
};

/** A row as it was measured. */
export type MeasuredRow = MeasuredTurns & { readonly row: BenchRow };

/** A bot in a call of its own, end-to-end encrypted, with a person who asks. */
export class MeasuredPath<Setup extends PathSetup> implements AsyncDisposable {
  readonly #row;
  readonly #mock;
  readonly #sandbox;
  readonly #bot;
  readonly #stack;
  #isWarm = false;

  private constructor(
    row: Setup,
    mock: MockProviders,
    sandbox: SandboxProcess,
    bot: BotProcess,
    stack: AsyncDisposableStack,
  ) {
    this.#row = row;
    this.#mock = mock;
    this.#sandbox = sandbox;
    this.#bot = bot;
    this.#stack = stack;
  }

  /** The bot has come into the call. `network`: between the bot and its servers. */
  static async open<Setup extends PathSetup>(
    row: Setup,
    network?: ProxyNetwork,
  ): Promise<MeasuredPath<Setup>> {
    await using stack = new AsyncDisposableStack();
    const recogniser = await openRecogniser();
    const mock = stack.use(
      await openMockProviders({
        hears: (pcm) => recogniser.hearPcm(pcm),
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
    const never = new AbortController().signal;
    const sandbox = stack.use(await SandboxProcess.start(() => undefined, never));
    const bot = stack.use(
      await BotProcess.start(sandbox.ready, serverSettings[row.pipeline](baseUrl)),
    );
    await sandbox.sendRequest({
      do: 'join',
      person: askingPerson,
      microphone: row.microphone,
    });
    await sandbox.sendRequest({ do: 'command', person: askingPerson, name: 'join' });
    await sandbox.sendRequest({ do: 'settled', person: askingPerson });
    return new MeasuredPath(row, mock, sandbox, bot, stack.move());
  }

  /** Asks `turns` questions, the first time after a warm-up. */
  async measureTurns(
    clips: readonly QuestionClip[],
    turns: number,
  ): Promise<MeasuredTurns & { readonly row: Setup }> {
    const measured: MeasuredTurn[] = [];
    const idealMs: number[] = [];
    for (let n = this.#isWarm ? 0 : -1; n < turns; n++) {
      const clip = clips[(n + clips.length) % clips.length];
      if (!clip) throw new Error('There is nothing to say.');
      const turn = await this.#askQuestion(clip);
      // Also the pause before the next question.
      const ideal = await measureIdealTurn(
        this.#mock.baseUrl,
        clip,
        this.#row.pipeline,
      );
      if (n < 0) continue;
      if (turn) measured.push(turn);
      if (hasIdeal(this.#row.pipeline)) idealMs.push(ideal);
    }
    this.#isWarm = true;
    return {
      row: this.#row,
      turns: measured,
      missed: turns - measured.length,
      idealMs,
    };
  }

  async [Symbol.asyncDispose]() {
    await this.#stack.disposeAsync();
  }

  /** Undefined when no answer came. */
  async #askQuestion(clip: QuestionClip) {
    const before = this.#mock.requests.length;
    const responsesBefore = this.#listResponses().length;
    const said = await this.#sandbox.sendRequest<SpokenTimes>({
      do: 'say',
      person: askingPerson,
      wav: clip.path,
    });
    const { firstPacketAtMs: sinceMs, lastVoicedAtMs } = said;
    const waits = { sinceMs, quietMs: pauseAfterAnswerMs, timeoutMs: maxAnswerWaitMs };
    try {
      const reached = await this.#sandbox.sendRequest<HeardAnswer>({
        do: 'listen',
        person: askingPerson,
        ...waits,
      });
      const answered = await this.#bot.waitForLine(
        ({ msg, heardAtMs }) => msg === 'answered' && Number(heardAtMs) >= sinceMs,
        maxAnswerWaitMs,
      );
      const { firstAudibleAtMs } = reached;
      const requests = this.#mock.requests.slice(before);
      const responses = this.#listResponses().slice(responsesBefore);
      const instants = { lastVoicedAtMs, firstAudibleAtMs };
      const seen = { text: clip.text, ...instants, answered, requests, responses };
      return measureTurn(seen, this.#row);
    } catch {
      return undefined;
    }
  }

  /** Responses of all Realtime conversations, oldest first. */
  #listResponses() {
    const all = this.#mock.talk.calls.flatMap(({ responses }) => responses);
    return all.toSorted((a, b) => a.atMs - b.atMs);
  }
}
