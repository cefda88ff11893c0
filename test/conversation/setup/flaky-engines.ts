import type { OpusCodec } from '#src/audio/opus/opus.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { ChatMessage, ChatModel } from '#src/chat/ports.ts';
import { chained } from '#src/pipeline/chained.ts';
import type { Pipeline, Turn, TurnUtterance } from '#src/pipeline/pipeline.ts';
import type {
  Listening,
  OnPartial,
  Synthesizer,
  Transcriber,
  Transcript,
  TranscriptUpdate,
} from '#src/speech/ports.ts';
import { type ChatStep, FakeChat } from '#test/fakes/chat.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';

/** Behaviour of one request, or of all about one utterance; those of a kind take turns. */
export type Mood = {
  readonly tookMs: number;
  readonly end: 'fine' | 'empty' | 'error';
};

const out = (name: string) => new BotError('provider.refused', true, `No ${name} today.`);
const moodOf = (moods: readonly Mood[], call: number): Mood =>
  moods[call % moods.length] ?? { tookMs: 0, end: 'fine' };

/** Understands other words in each utterance, so that nothing can be counted as something else. */
export class FlakyRecogniser implements Transcriber {
  /** Utterances listened to now, and ever. */
  open = 0;
  opened = 0;
  readonly #moods: readonly Mood[];
  readonly #clock: Clock;
  readonly #start: string;
  #calls = 0;

  /** `start` begins every text. */
  constructor(moods: readonly Mood[], clock: Clock, start = '') {
    this.#moods = moods;
    this.#clock = clock;
    this.#start = start;
  }

  /** Recognises whole files. */
  async *transcribe(_pcm: Pcm, signal: AbortSignal): AsyncGenerator<TranscriptUpdate> {
    yield { kind: 'final', transcript: await this.#recognise(this.#calls++, signal) };
  }

  listen(onPartial: OnPartial, signal: AbortSignal): Listening {
    const id = this.opened++;
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    this.open++;
    either.addEventListener('abort', () => this.open--, { once: true });
    let packets = 0;
    return {
      push: () => {
        if (!either.aborted && ++packets % 25 === 0) onPartial(this.#words(id));
      },
      settle: (ask) => this.#recognise(id, AbortSignal.any([either, ask])),
      [Symbol.dispose]: () => over.abort(new Error('not listened to any more')),
    };
  }

  async #recognise(id: number, signal: AbortSignal): Promise<Transcript> {
    signal.throwIfAborted();
    const { tookMs, end } = moodOf(this.#moods, id);
    await this.#clock.sleep(tookMs, signal);
    if (end === 'error') throw out('recogniser');
    return { text: end === 'empty' ? '' : this.#words(id) };
  }

  #words(id: number): string {
    return `${this.#start}tell me about the thing called t${id}.`;
  }
}

/** The recogniser without `listen`, as servers that take files. */
export function filesOnly(recogniser: FlakyRecogniser): Transcriber {
  return { transcribe: (pcm, signal) => recogniser.transcribe(pcm, signal) };
}

export type AskedAt = {
  readonly atMs: number;
  readonly messages: readonly ChatMessage[];
  /** Words that it was asked to answer, without the history. */
  readonly said: readonly { readonly speakerId: string; readonly text: string }[];
};

const requests = 400;

/** Answers each request with other words. */
export class MoodyModel {
  readonly asked: AskedAt[] = [];
  readonly #chat: FakeChat;
  readonly #clock: Clock;

  constructor(moods: readonly Mood[], clock: Clock) {
    const rounds = Array.from({ length: requests }, (_, n) => roundOf(n, moodOf(moods, n)));
    this.#chat = new FakeChat(rounds, clock);
    this.#clock = clock;
  }

  get running(): number {
    return this.#chat.running;
  }

  /** Answers with this voice. */
  with(synthesizer: Synthesizer): Pipeline {
    return {
      answer: (turn, host, signal) =>
        chained({ chat: this.#for(turn), synthesizer }).answer(turn, host, signal),
    };
  }

  #for(turn: Turn): ChatModel {
    const { asked } = this;
    const [chat, clock] = [this.#chat, this.#clock];
    return {
      async *reply(messages, tools, signal) {
        const wait = async ({ speakerId, transcript }: TurnUtterance) => {
          const { text } = await transcript();
          return { speakerId, text };
        };
        const said = await Promise.all(turn.said.map(wait));
        signal.throwIfAborted();
        asked.push({ atMs: clock.nowMs(), messages, said });
        yield* chat.reply(messages, tools, signal);
      },
    };
  }
}

function roundOf(n: number, { tookMs, end }: Mood): ChatStep[] {
  if (end === 'empty') return [{ waitMs: tookMs }];
  const half = `This is answer number ${n}.`;
  if (end === 'error') return [{ waitMs: tookMs }, half, { error: out('model') }];
  return [{ waitMs: tookMs }, half, ' There is not much more.'];
}

/** Which answer such words are of. */
export function answerNumber(words: string): number | undefined {
  const [, n] = /answer number (\d+)/.exec(words) ?? [];
  return n === undefined ? undefined : Number(n);
}

const firstLevel = 1_000;
const levelStep = 100;

/** A voice of another loudness for each text; some cannot be spoken. */
export class MoodyVoice implements Synthesizer {
  readonly #voice: FakeSynthesizer;

  constructor(moods: readonly Mood[], clock: Clock) {
    const fault = ({ length }: string) => {
      const { end } = moodOf(moods, length);
      return end === 'error' ? { afterPieces: 1, error: out('voice') } : undefined;
    };
    this.#voice = new FakeSynthesizer({ clock, pieces: 6, firstMs: moods[0]?.tookMs ?? 0, fault });
  }

  get running(): number {
    return this.#voice.running;
  }

  /** Every text it was given, with the manner in which it was to be said. */
  get asked(): FakeSynthesizer['asked'] {
    return this.#voice.asked;
  }

  async *synthesize(...call: Parameters<Synthesizer['synthesize']>): AsyncGenerator<Pcm> {
    for await (const pcm of this.#voice.synthesize(...call)) {
      const level = firstLevel + levelStep * ((pcm.samples[0] ?? 0) - 4001);
      yield { ...pcm, samples: new Int16Array(pcm.samples.length).fill(level) };
    }
  }

  /** The text that sounds in such a frame. */
  textAt(level: number): string {
    return this.#voice.asked[Math.round((level - firstLevel) / levelStep)]?.text ?? '?';
  }
}

/** A codec that tells how loud each frame is that leaves. */
export function overheard(codec: OpusCodec, onFrame: (level: number) => void): OpusCodec {
  return {
    name: codec.name,
    decoder: (rateHz) => codec.decoder(rateHz),
    stereoDecoder: () => codec.stereoDecoder(),
    stereoEncoder: () => codec.stereoEncoder(),
    encoder: (rateHz) => {
      const encoder = codec.encoder(rateHz);
      return {
        encode: (samples) => {
          onFrame(samples[samples.length >> 1] ?? 0);
          return encoder.encode(samples);
        },
        free: () => encoder.free(),
      };
    },
  };
}
