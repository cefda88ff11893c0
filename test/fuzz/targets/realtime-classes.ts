import { writeWav } from '#src/audio/formats/wav.ts';
import { BotError } from '#src/base/errors.ts';
import type { ChatMessage } from '#src/chat/chat-model.ts';
import { RealtimeConversation } from '#src/chat/realtime/realtime-conversation.ts';
import { RealtimeSynthesizer } from '#src/speech/realtime/realtime-synthesizer.ts';
import { RealtimeTranscriber } from '#src/speech/realtime/realtime-transcriber.ts';
import { passRounds, VirtualClock } from '#test/fakes/virtual-clock.ts';
import {
  FakeServer,
  makeServerScripts,
  type ServerScript,
} from '#test/fuzz/fake-socket.ts';
import { makeAsyncTarget } from '#test/fuzz/make-target.ts';
import { fc } from '#test/properties.ts';
import { realtimeEvents, transcriptionEvents } from './realtime-samples.ts';

/** Longer than any request may take that is asked for twice, behind another one. */
const longestMs = 600_000;
const baseUrl = 'http://a.example/v1';
const model = 'm';

const makeRefusal = (eventId: string, code = 'x') => ({
  type: 'error',
  error: { code, message: 'no', event_id: eventId },
});
/** More than a second of sound. */
const overlong = 'AAAA'.repeat(17_000);
const ofSecond = { response_id: 'r2', item_id: 'i2' };
const talkEvents = [
  ...realtimeEvents,
  makeRefusal('ask_1'),
  { type: 'response.created', response: { id: 'r2' } },
  { type: 'response.output_audio.delta', ...ofSecond, delta: overlong },
  { type: 'conversation.item.added', item: { id: 'u1', role: 'user' } },
  { type: 'response.done', response: { id: 'r2', status: 'cancelled', output: [] } },
];
const speechEvents = [
  ...realtimeEvents,
  makeRefusal('say_1', 'conversation_already_has_active_response'),
  { type: 'response.created', response: { id: 'r1', metadata: { utterance: '1' } } },
  { type: 'response.created', response: { id: 'r2', metadata: { utterance: '2' } } },
  { type: 'response.output_audio.delta', ...ofSecond, delta: 'AAAAAAA' },
  { type: 'response.output_audio.delta', ...ofSecond, delta: overlong },
  { type: 'response.done', response: { id: 'r2', status: 'completed', output: [] } },
];

/** Counts the ends of each piece of work; anything but a BotError or the caller's own reason is a finding. */
class Endings {
  readonly #counts: number[] = [];
  readonly #strange: unknown[] = [];

  add(work: () => Promise<void>, reason: unknown) {
    const at = this.#counts.push(0) - 1;
    const countCall = () => {
      this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    };
    work().then(countCall, (error: unknown) => {
      countCall();
      if (!(error instanceof BotError) && error !== reason) this.#strange.push(error);
    });
  }

  get areAll() {
    return this.#counts.every((count) => count > 0);
  }

  check() {
    if (this.#strange.length > 0) throw this.#strange[0];
    if (this.#counts.some((count) => count !== 1))
      throw new Error(`Of the work, so often each ended: ${this.#counts.join(', ')}.`);
  }
}

type Client = Disposable & {
  /** Begins its work, which ends by itself or by `signal`. */
  begin(endings: Endings, signal: AbortSignal): void;
  /** Actions of its user between two events. */
  between(seed: number): void;
};

type Case = {
  readonly script: ServerScript;
  /** Actions of the user, each after the event of its place. */
  readonly actions: readonly number[];
  readonly leavesAt: number;
};

const left = new Error('left');
/** A place after every script. */
const never = 99;

function casesOf(events: readonly object[]) {
  return fc.record({
    script: makeServerScripts(...events),
    actions: fc.array(fc.nat(9), { maxLength: 14 }),
    leavesAt: fc.oneof(
      { weight: 3, arbitrary: fc.constant(never) },
      { weight: 1, arbitrary: fc.nat(14) },
    ),
  });
}

/** The whole script, and then silence until everything must have ended. */
async function playScript(
  { script, actions, leavesAt }: Case,
  open: (server: FakeServer, clock: VirtualClock) => Client,
) {
  const clock = new VirtualClock(0, 1);
  const server = new FakeServer(clock, script.welcomes);
  const leaving = new AbortController();
  const endings = new Endings();
  const client = open(server, clock);
  client.begin(endings, leaving.signal);
  await passRounds(1);
  for (const [at, step] of script.steps.entries()) {
    await server.play(step);
    if (at === leavesAt) leaving.abort(left);
    client.between(actions[at] ?? 0);
    await passRounds(1);
  }
  for (let ms = 0; ms < longestMs && !endings.areAll; ms += 20_000)
    await clock.advance(20_000);
  client[Symbol.dispose]();
  await passRounds(1);
  server.check();
  endings.check();
}

function openTalk(server: FakeServer, clock: VirtualClock): Client {
  const talk = new RealtimeConversation({
    baseUrl,
    model,
    clock,
    openSocket: server.openSocket,
  });
  const wav = writeWav({ samples: new Int16Array(1_600), rateHz: 16_000, channels: 1 });
  const messages: ChatMessage[] = [
    { role: 'system', content: 'x' },
    { role: 'assistant', content: 'Hi' },
    { role: 'user', name: 'Ann', content: '', wav, words: async () => 'hi' },
  ];
  return {
    begin(endings, signal) {
      for (const n of [0, 1]) {
        endings.add(async () => {
          for await (const _ of talk.openAnswer(signal).reply(messages, [], signal)) {
            if (n > 0) await clock.sleep(700, signal); // a slow reader
          }
        }, left);
      }
    },
    between(seed) {
      if (seed === 1) talk.warm();
    },
    [Symbol.dispose]: () => talk[Symbol.dispose](),
  };
}

const loud = Int16Array.from({ length: 3_200 }, (_, n) => 9_000 * Math.sin(n / 5));

function openTranscriber(server: FakeServer, clock: VirtualClock): Client {
  const { openSocket } = server;
  const transcriber = new RealtimeTranscriber({ baseUrl, model, clock, openSocket });
  const abort = new AbortController();
  const listening = transcriber.listen?.(() => {}, abort.signal);
  return {
    begin(endings, signal) {
      listening?.push(loud);
      endings.add(async () => void (await listening?.settle(signal)), left);
      endings.add(async () => {
        const pcm = { samples: loud, rateHz: 16_000, channels: 1 } as const;
        const kinds: string[] = [];
        for await (const { kind } of transcriber.transcribe(pcm, signal))
          kinds.push(kind);
        if (kinds.filter((kind) => kind === 'final').length !== 1)
          throw new Error(`${kinds}`);
      }, left);
    },
    between(seed) {
      if (seed === 1) listening?.push(loud);
    },
    [Symbol.dispose]() {
      abort.abort(left);
      transcriber[Symbol.dispose]();
    },
  };
}

function openSynthesizer(server: FakeServer, clock: VirtualClock): Client {
  const options = { baseUrl, model, clock, openSocket: server.openSocket, voice: 'v' };
  const synthesizer = new RealtimeSynthesizer(options);
  return {
    begin(endings, signal) {
      for (const text of ['Hello there.', 'And on.', 'Slowly.']) {
        endings.add(async () => {
          for await (const _ of synthesizer.synthesize(text, {}, signal)) {
            if (text === 'Slowly.') await clock.sleep(700, signal);
          }
        }, left);
      }
    },
    between(seed) {
      if (seed === 1) synthesizer.warm();
    },
    [Symbol.dispose]: () => synthesizer[Symbol.dispose](),
  };
}

/** Whole sequences of a hostile server through the classes that speak with it. */
export const realtimeClassTargets = [
  makeAsyncTarget('realtime-talk-class', casesOf(talkEvents), (entry) =>
    playScript(entry, openTalk),
  ),
  makeAsyncTarget('realtime-recogniser-class', casesOf(transcriptionEvents), (entry) =>
    playScript(entry, openTranscriber),
  ),
  makeAsyncTarget('realtime-synthesizer-class', casesOf(speechEvents), (entry) =>
    playScript(entry, openSynthesizer),
  ),
];
