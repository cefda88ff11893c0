import { serverSettings } from '#bench/pipelines/server-settings.ts';
import type { QuestionClip } from '#bench/question-clips.ts';
import type { SpokenTimes } from '#sandbox/voice/voice-ports.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { type HeardAnswer, startSandbox } from '#src/console/sandbox-process.ts';
import { BotProcess } from '#test/fakes/bot-process.ts';
import { openMockProviders } from '#test/fakes/providers/mock-providers.ts';
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

export type MeasuredPath = Awaited<ReturnType<typeof openMeasuredPath>>;

/** Questions and their answers. */
export type MeasuredRow = {
  readonly row: BenchRow;
  readonly turns: readonly MeasuredTurn[];
  /** Questions that got no answer. */
  readonly missed: number;
  /** Delays of the questions when put to the providers by a bot that knows when speech ends, in ms. None where a model speaks. */
  readonly idealMs: readonly number[];
};

/**
 * Opens a bot in a call of its own, end-to-end encrypted, with a person who asks. `network` lies between the bot and its
 * servers. `hears` knows other clips than those of `test/fixtures/speech`.
 */
export async function openMeasuredPath<Setup extends PathSetup>(
  row: Setup,
  network?: ProxyNetwork,
  hears?: (pcm: Pcm) => string,
  moreSettings?: Readonly<Record<string, string>>,
) {
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
  const never = new AbortController().signal;
  const sandbox = stack.use(await startSandbox(() => undefined, never));
  const bot = stack.use(
    await BotProcess.start(sandbox.ready, {
      ...serverSettings[row.pipeline](baseUrl),
      ...moreSettings,
    }),
  );
  await sandbox.sendRequest({
    do: 'join',
    person: askingPerson,
    microphone: row.microphone,
  });
  await sandbox.sendRequest({ do: 'command', person: askingPerson, name: 'join' });
  await sandbox.sendRequest({ do: 'settled', person: askingPerson });
  const closing = stack.move();
  let isWarm = false;
  return {
    measureTurns,
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };

  /** Asks `turns` questions, the first time after a warm-up. */
  async function measureTurns(clips: readonly QuestionClip[], turns: number) {
    if (!isWarm) await measureQuestion(clips.at(-1));
    isWarm = true;
    const asked: Awaited<ReturnType<typeof measureQuestion>>[] = [];
    for (let n = 0; n < turns; n++)
      asked.push(await measureQuestion(clips[n % clips.length]));
    const answered = asked.flatMap(({ turn }) => turn ?? []);
    const idealMs = hasIdeal(row.pipeline) ? asked.map((one) => one.idealMs) : [];
    return { row, turns: answered, missed: turns - answered.length, idealMs };
  }

  async function measureQuestion(clip: QuestionClip | undefined) {
    if (!clip) throw new Error('There is nothing to say.');
    const turn = await askQuestion(clip);
    // Also the pause before the next question.
    const idealMs = await measureIdealTurn(mock.baseUrl, clip, row.pipeline);
    return { turn, idealMs };
  }

  /** Undefined when no answer came. */
  async function askQuestion(clip: QuestionClip) {
    const before = mock.requests.length;
    const responsesBefore = listResponses().length;
    const said = await sandbox.sendRequest<SpokenTimes>({
      do: 'say',
      person: askingPerson,
      wav: clip.path,
    });
    const { firstPacketAtMs: sinceMs, lastVoicedAtMs } = said;
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
      const requests = mock.requests.slice(before);
      const responses = listResponses().slice(responsesBefore);
      const instants = { lastVoicedAtMs, firstAudibleAtMs };
      const seen = { text: clip.text, ...instants, answered, requests, responses };
      return measureTurn(seen);
    } catch {
      return undefined;
    }
  }

  /** Responses of all Realtime conversations, oldest first. */
  function listResponses() {
    const all = mock.talk.calls.flatMap(({ responses }) => responses);
    return all.toSorted((a, b) => a.atMs - b.atMs);
  }
}
