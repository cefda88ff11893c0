import {
  liveWaitMs,
  openRealtimeWithStandIn,
} from '#src/app/engines/engine-fallbacks.ts';
import { LiveSound } from '#src/audio/live-sound.ts';
import { listenRateHz } from '#src/audio/pcm.ts';
import { toChannelId } from '#src/base/ids.ts';
import type { Secret } from '#src/base/secret.ts';
import type { ChatModel, ToolCall } from '#src/chat/chat-model.ts';
import { LiveConversation } from '#src/chat/live/live-conversation.ts';
import {
  type AskedAnswer,
  createAudioModelPipeline,
} from '#src/pipeline/audio-model/audio-model-pipeline.ts';
import { createAudioModelStandIn } from '#src/pipeline/audio-model/audio-model-stand-in.ts';
import type { ReplyPart, Turn, TurnUtterance } from '#src/pipeline/pipeline.ts';
import type { OpenSocket } from '#src/provider/json-socket.ts';
import { readGoodSettings } from '#test/config/read-settings.ts';
import {
  FakeHost,
  joinTexts,
  makeTurn,
  toUtterance,
} from '#test/contracts/pipeline-contract.ts';
import { FakeSynthesizer } from '#test/fakes/fake-speech.ts';
import type { LiveModelSettings } from '#test/fakes/providers/live-model.ts';
import { MemoryLiveServer } from '#test/fakes/providers/live-sockets.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const lounge = toChannelId('lounge');
const packetSamples = listenRateHz / 50;

type LiveOptions = LiveModelSettings & {
  /** The chat model that works for the live one. Default: it says that it cannot. */
  readonly worker?: ChatModel;
  readonly maxSilenceMs?: number;
  /** The chat model that answers in place of the live one. Default: none does. */
  readonly standIn?: ChatModel;
  /** Default: gpt-live-1, of `server`. */
  readonly model?: string;
  readonly apiKey?: Secret;
  readonly openSocket?: OpenSocket;
};

export type OpenedLive = ReturnType<typeof openLive>;

/** A pipeline before a live model without a network, in virtual time. */
export function openLive(options: LiveOptions, clock = new VirtualClock(undefined, 4)) {
  const server = new MemoryLiveServer(options);
  const worker = createAudioModelStandIn(options.worker ?? writeScript(['I cannot.']));
  const talk = new LiveConversation({
    baseUrl: 'ws://live.test/v1',
    model: options.model ?? 'gpt-live-1',
    ...(options.apiKey && { apiKey: options.apiKey }),
    voice: 'marin',
    worker,
    maxSilenceMs: options.maxSilenceMs ?? 10_000,
    clock,
    openSocket: options.openSocket ?? server.openSocket,
  });
  const toPlace = ({ meter, turn }: AskedAnswer) => ({
    talk: turn.channelId ?? '',
    instructions: turn.style.instructions,
    meter,
    until: turn.until ?? new AbortController().signal,
  });
  const withStandIn = openStandIn(options, clock);
  const pipeline = createAudioModelPipeline({
    open: (signal, answer) =>
      withStandIn(talk.openAnswer(toPlace(answer), signal), answer.onLiveTurn),
    feed: (messages, tools, sound, voice, answer) =>
      talk.feed(toPlace(answer), messages, tools, sound, voice),
    synthesizer: new FakeSynthesizer(),
    input: 'audio',
  });
  return {
    clock,
    server,
    talk,
    pipeline,
    /** Lets time pass until the work is over. */
    async runWork<T>(work: Promise<T>, maxMs = 60_000) {
      let isOver = false;
      const noted = work.finally(() => {
        isOver = true;
      });
      noted.catch(() => undefined);
      for (let ms = 0; !isOver && ms < maxMs; ms += 20) await clock.advance(20);
      expect(isOver).toBe(true);
      return await noted;
    },
    /** Somebody speaks at the pace of speech, while it is sent ahead. */
    async speakTurn(turn: Turn, sound: LiveSound, samples: Int16Array, host: FakeHost) {
      pipeline.feed?.(turn, sound, host.meter);
      for (let at = 0; at < samples.length; at += packetSamples) {
        sound.push({ samples: samples.subarray(at, at + packetSamples) });
        await clock.advance(20);
      }
    },
    [Symbol.dispose]: () => talk[Symbol.dispose](),
  };
}

function openStandIn({ standIn }: LiveOptions, clock: VirtualClock) {
  if (!standIn) return (model: ChatModel) => model;
  const { engines } = readGoodSettings({
    CHAT_COMPLETION_BASE_URL: 'http://chat.test/v1',
    CHAT_COMPLETION_MODEL: 'writes',
  });
  const server = { baseUrl: 'ws://live.test/v1', model: 'gpt-live-1' };
  const roles = { chat: () => standIn };
  const waits = { clock, partMs: liveWaitMs };
  return openRealtimeWithStandIn(server, engines, roles, () => undefined, waits);
}

export function makeReleasedHost() {
  const host = new FakeHost();
  host.release();
  return host;
}

/** So many ms of a voice. */
function makeVoice(ms: number) {
  return Int16Array.from({ length: ms * 16 }, (_, n) => 6000 * Math.sin(n / 5));
}

/** Ana says something for so many ms, in the lounge. */
export function makeSpokenTurn(
  text: string,
  ms = 1_000,
  overrides: Partial<Turn> = {},
  live?: LiveSound,
): Turn {
  const utterance: TurnUtterance = {
    ...toUtterance(text),
    pcm: { samples: makeVoice(ms), rateHz: 16_000, channels: 1 },
    live,
  };
  return { ...makeTurn(utterance), channelId: lounge, ...overrides };
}

/** Reads the whole answer, with its error. */
export async function readAnswer(
  { pipeline }: Pick<OpenedLive, 'pipeline'>,
  turn: Turn,
  host = makeReleasedHost(),
  signal = new AbortController().signal,
) {
  const replyParts: ReplyPart[] = [];
  let error: unknown;
  try {
    for await (const part of pipeline.answer(turn, host, signal)) replyParts.push(part);
  } catch (cause) {
    error = cause;
  }
  return { parts: replyParts, text: joinTexts(replyParts), error };
}

/** Asks, and reads the answer, while time passes. */
export async function askLive(
  opened: OpenedLive,
  turn: Turn,
  host = makeReleasedHost(),
) {
  return await opened.runWork(readAnswer(opened, turn, host));
}

/** A chat model that answers by a script: words, or a call. */
export function writeScript(
  answers: readonly (string | ToolCall)[],
): ChatModel & { readonly asked: string[] } {
  const questions: string[] = [];
  let n = 0;
  return {
    asked: questions,
    async *reply(messages) {
      questions.push(messages.map(({ content }) => content).join(' | '));
      const answer = answers[n++] ?? 'No more.';
      if (typeof answer === 'string') yield { kind: 'text', text: answer };
      else yield { kind: 'tool', call: answer };
    },
  };
}

/** Sound of a reply in ms. */
export function measureSoundMs(replyParts: readonly ReplyPart[]) {
  const samples = replyParts.reduce(
    (sum, part) => sum + (part.kind === 'audio' ? part.pcm.samples.length : 0),
    0,
  );
  return samples / 24;
}

/** A sound that is spoken, and its samples. */
export function makeLiveSound(ms: number) {
  return { sound: new LiveSound(), samples: makeVoice(ms) };
}
