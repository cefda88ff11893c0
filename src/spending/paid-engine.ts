import { getDurationMs } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import type { ChatModel } from '#src/chat/chat-model.ts';
import { withMeter } from '#src/chat/metered-chat.ts';
import { createTextPipeline } from '#src/pipeline/chained-pipeline.ts';
import type {
  AnswerHost,
  Pipeline,
  PipelineRegistry,
  ReplyPart,
  Turn,
} from '#src/pipeline/pipeline.ts';
import {
  isUnpaid,
  type RequestReservation,
  runReserved,
} from '#src/provider/models/request-reservation.ts';
import { withVoiceMeter } from '#src/speech/fallbacks/metered-voice.ts';
import type {
  EngineUsage,
  Listening,
  Synthesizer,
  Transcriber,
  Transcript,
} from '#src/speech/speech-engine.ts';
import type { Reservation, SoundMeter } from './reservation.ts';

const heardRateHz = 16_000;
/** Sound of a stream for which money is set aside at once, and the least that is worth sending, in ms. */
const [reservedMs, leastMs] = [30_000, 1_000];

/**
 * A recogniser for one utterance with its requests counted, whole or cut short, also one that is made
 * beside another or in its place, unless the server refused it.
 */
export function meterTranscriber(
  transcriber: Transcriber,
  meter: SoundMeter,
): Transcriber {
  const meterEngine = (engine: Transcriber) => meterSingle(engine, meter);
  return transcriber.wrapEach?.(meterEngine) ?? meterEngine(transcriber);
}

function meterSingle(transcriber: Transcriber, meter: SoundMeter): Transcriber {
  const { listen } = transcriber;
  return {
    transcribe(pcm, signal, asked) {
      const ms = getDurationMs(pcm);
      let usage: EngineUsage | undefined;
      return runReserved(
        {
          reserve: () => meter.holdSound?.(ms),
          ask: () => transcriber.transcribe(pcm, signal, asked),
          isOutput: (update) => {
            if (update.kind === 'final') usage = update.transcript.usage;
            return false;
          },
          onEnd: () => meter.onRecognised(ms, usage),
        },
        signal,
      );
    },
    listen:
      listen &&
      ((onPartial, signal, asked) =>
        new MeteredListening(
          listen.call(transcriber, onPartial, signal, asked),
          meter,
          signal,
        )),
  };
}

/** Sound that streams counts once, whatever is asked about it: when its words come, or with the end. */
class MeteredListening implements Listening {
  readonly #inner;
  readonly #meter;
  readonly #signal;
  /** Transcripts that several wait for come more than once. */
  readonly #counted = new WeakSet<EngineUsage>();
  readonly #held: RequestReservation[] = [];
  /** Sound that waits until money for it is set aside. */
  #waiting: Int16Array[] = [];
  #reserving: Promise<void> | undefined;
  /** Sound that is paid for, in samples. */
  #mostPushed = 0;
  #pushed = 0;
  #paid = 0;
  /** True while the request counts as refused, which costs nothing: it has no words yet. */
  #isRefused = false;
  #isOver = false;

  constructor(inner: Listening, meter: SoundMeter, signal: AbortSignal) {
    this.#inner = inner;
    this.#meter = meter;
    this.#signal = signal;
    signal.addEventListener('abort', this.#end, { once: true });
  }

  /** Drops the sound once nothing more is paid for. */
  push(sound: Int16Array): void {
    this.#waiting.push(sound);
    if (this.#reserving === undefined) this.#sendSound();
  }

  async settle(signal: AbortSignal): Promise<Transcript> {
    while (this.#reserving !== undefined) await this.#reserving;
    const upTo = this.#pushed;
    const transcript = await this.#inner.settle(signal).catch((error: unknown) => {
      if (!signal.aborted) this.#isRefused = isUnpaid(error);
      throw error;
    });
    this.#isRefused = false;
    if (!this.#isOver) this.#paySound(upTo, transcript.usage);
    return transcript;
  }

  [Symbol.dispose](): void {
    this.#signal.removeEventListener('abort', this.#end);
    this.#end();
    this.#inner[Symbol.dispose]();
  }

  #sendSound() {
    for (let [sound] = this.#waiting; sound; [sound] = this.#waiting) {
      if (this.#meter.holdSound && this.#pushed + sound.length > this.#mostPushed) {
        this.#reserving = this.#reserveSound();
        return;
      }
      this.#waiting.shift();
      this.#pushed += sound.length;
      this.#inner.push(sound);
    }
  }

  /** Sets money aside for more sound, and goes on with it; where it is refused, the sound is dropped. */
  async #reserveSound() {
    const held = await this.#meter
      .holdSound?.(reservedMs, leastMs)
      ?.catch((error: unknown) => {
        if (error instanceof BotError) return 'refused' as const;
        throw error;
      });
    this.#reserving = undefined;
    if (this.#isOver || held === 'refused') this.#waiting = [];
    if (held === 'refused') return;
    if (this.#isOver) held?.release();
    else if (held) this.#held.push(held);
    this.#mostPushed += held
      ? Math.floor((held.maxUnits * heardRateHz) / 1_000)
      : Infinity;
    this.#sendSound();
  }

  readonly #end = () => {
    if (!this.#isOver && !this.#isRefused) this.#paySound(this.#pushed);
    this.#isOver = true;
    for (const held of this.#held.splice(0)) held.release();
  };

  #paySound(upTo: number, usage?: EngineUsage) {
    const ms = (Math.max(0, upTo - this.#paid) / heardRateHz) * 1_000;
    this.#paid = Math.max(this.#paid, upTo);
    const isNews = usage?.count !== undefined && !this.#counted.has(usage);
    if (usage) this.#counted.add(usage);
    if (isNews) this.#meter.onRecognised(ms, usage);
    else if (ms > 0) this.#meter.onRecognised(ms, usage?.by && { by: usage.by });
  }
}

/** An engine that costs money. It can be asked with a reservation only, to which every request is counted. */
export class PaidEngine<Engine extends object> {
  readonly #engine;
  readonly #metered;

  constructor(
    engine: Engine,
    metered: (engine: Engine, reservation: Reservation) => Engine,
  ) {
    this.#engine = engine;
    this.#metered = metered;
  }

  /** The engine, for the work that this reservation was made for. */
  paidBy(reservation: Reservation): Engine {
    return this.#metered(this.#engine, reservation);
  }

  has(ability: keyof Engine): boolean {
    return this.#engine[ability] !== undefined;
  }
}

export function createPaidChat(chat: ChatModel): PaidEngine<ChatModel> {
  return new PaidEngine(chat, withMeter);
}

export function createPaidVoice(voice: Synthesizer): PaidEngine<Synthesizer> {
  return new PaidEngine(voice, withVoiceMeter);
}

export function createPaidRecogniser(recogniser: Transcriber): PaidEngine<Transcriber> {
  return new PaidEngine(recogniser, meterTranscriber);
}

/** Requests that a running answer may make to the channel; its usage goes to its reservation. */
export type ReplyHost = Pick<AnswerHost, 'run'>;

/** No tool runs for it. */
export const silentHost: ReplyHost = {
  run: async () => ({ content: 'There is no such tool.' }),
};

/** Answering, paid by one reservation. */
export type Answering = {
  /** Same as `Pipeline.answer`. */
  answer(turn: Turn, host: ReplyHost, signal: AbortSignal): AsyncIterable<ReplyPart>;
};

/** A pipeline that costs money: it is used with a reservation only, which pays for all requests of an answer. */
export class PaidPipeline {
  readonly #pipeline;

  constructor(pipeline: Pipeline) {
    this.#pipeline = pipeline;
  }

  paidBy(reservation: Reservation): Answering {
    return {
      answer: (turn, { run }, signal) =>
        this.#pipeline.answer(turn, { run, meter: reservation }, signal),
    };
  }
}

/** Same as `PipelineRegistry`, of those that cost money. */
export type PaidPipelineRegistry = Omit<PipelineRegistry, 'open'> & {
  open(...way: Parameters<PipelineRegistry['open']>): PaidPipeline;
  /** The chat model; its words are not spoken. */
  textOnly(): PaidPipeline;
};

/** Engines as they are opened. */
export type RawEngines = {
  readonly chat: ChatModel;
  readonly transcriber: Transcriber;
  readonly synthesizer: Synthesizer;
  readonly pipelines: PipelineRegistry;
};

/** Engines of sessions: each request needs a reservation. */
export type PaidEngines = {
  /** For questions answered in writing. */
  readonly chat: PaidEngine<ChatModel>;
  readonly transcriber: PaidEngine<Transcriber>;
  /** For texts that are read out, and the few fixed sentences the bot says of itself. */
  readonly synthesizer: PaidEngine<Synthesizer>;
  readonly pipelines: PaidPipelineRegistry;
};

/** Engines that can be asked with a reservation only. */
export function createPaidEngines({
  chat,
  pipelines,
  synthesizer,
  transcriber,
}: RawEngines): PaidEngines {
  return {
    chat: createPaidChat(chat),
    transcriber: createPaidRecogniser(transcriber),
    synthesizer: createPaidVoice(synthesizer),
    pipelines: createPaidPipelines(pipelines, chat),
  };
}

function createPaidPipelines(
  pipelines: PipelineRegistry,
  chat: ChatModel,
): PaidPipelineRegistry {
  return {
    names: pipelines.names,
    getEngineNames: (name) => pipelines.getEngineNames(name),
    open: (name) => new PaidPipeline(pipelines.open(name)),
    textOnly: () => new PaidPipeline(createTextPipeline(chat)),
  };
}
