import type { LiveSound } from '#src/audio/live-sound.ts';
import { getDurationMs, type SoundPiece } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import type { ChatModel } from '#src/chat/chat-model.ts';
import { withMeter } from '#src/chat/metered-chat.ts';
import { createTextPipeline } from '#src/pipeline/chained-pipeline.ts';
import type {
  AnswerHost,
  Pipeline,
  PipelineName,
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
} from '#src/speech/speech-engine.ts';
import type { Reservation, SoundMeter } from './reservation.ts';

const heardRateHz = 16_000;
/** Sound reserved at once, and the least worth sending. */
const [reservedMs, leastMs] = [30_000, 1_000];

/** Counts recognition, including parallel and fallback requests, unless refused. */
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

class MeteredListening implements Listening {
  readonly #inner;
  readonly #meter;
  readonly #signal;
  /** Several callers may get the same transcript. */
  readonly #counted = new WeakSet<EngineUsage>();
  readonly #held: RequestReservation[] = [];
  /** Sound waiting for a reservation. */
  #waiting: SoundPiece[] = [];
  #reserving: Promise<void> | undefined;
  /** Paid samples. */
  #mostPushed = 0;
  #pushed = 0;
  #paid = 0;
  #isRefused = false;
  #isOver = false;

  constructor(inner: Listening, meter: SoundMeter, signal: AbortSignal) {
    this.#inner = inner;
    this.#meter = meter;
    this.#signal = signal;
    signal.addEventListener('abort', this.#end, { once: true });
  }

  /** Drops sound after a refusal. */
  push(samples: Int16Array, opus?: Uint8Array) {
    this.#waiting.push({ samples, ...(opus && { opus }) });
    if (this.#reserving === undefined) this.#sendSound();
  }

  async settle(signal: AbortSignal) {
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

  [Symbol.dispose]() {
    this.#signal.removeEventListener('abort', this.#end);
    this.#end();
    this.#inner[Symbol.dispose]();
  }

  #sendSound() {
    for (let [sound] = this.#waiting; sound; [sound] = this.#waiting) {
      const { opus, samples } = sound;
      if (this.#meter.holdSound && this.#pushed + samples.length > this.#mostPushed) {
        this.#reserving = this.#reserveSound();
        return;
      }
      this.#waiting.shift();
      this.#pushed += samples.length;
      this.#inner.push(samples, opus);
    }
  }

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

  /** Returns the engine for this reservation. */
  paidBy(reservation: Reservation): Engine {
    return this.#metered(this.#engine, reservation);
  }

  has(ability: keyof Engine): boolean {
    return this.#engine[ability] !== undefined;
  }
}

export function createPaidChat(chat: ChatModel) {
  return new PaidEngine(chat, withMeter);
}

export function createPaidVoice(voice: Synthesizer) {
  return new PaidEngine(voice, withVoiceMeter);
}

export function createPaidRecogniser(recogniser: Transcriber) {
  return new PaidEngine(recogniser, meterTranscriber);
}

export type ReplyHost = Pick<AnswerHost, 'run'>;

export const silentHost: ReplyHost = {
  run: async () => ({ content: 'There is no such tool.' }),
};

export type Answering = {
  answer(turn: Turn, host: ReplyHost, signal: AbortSignal): AsyncIterable<ReplyPart>;
};

/** A pipeline that works with a reservation only. */
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

  /** Costs nothing until an answer is requested. */
  feed(sound: LiveSound) {
    this.#pipeline.feed?.(sound);
  }
}

/** Engines before metering. */
export type RawEngines = {
  readonly chat: ChatModel;
  readonly transcriber: Transcriber;
  readonly synthesizer: Synthesizer;
  readonly pipelines: PipelineRegistry;
};

export type PaidEngines = Readonly<ReturnType<typeof createPaidEngines>>;

/** Wraps engines so that each request needs a reservation. */
export function createPaidEngines({
  chat,
  pipelines,
  synthesizer,
  transcriber,
}: RawEngines) {
  return {
    chat: createPaidChat(chat),
    transcriber: createPaidRecogniser(transcriber),
    synthesizer: createPaidVoice(synthesizer),
    pipelines: createPaidPipelines(pipelines, chat),
  };
}

function createPaidPipelines(pipelines: PipelineRegistry, chat: ChatModel) {
  return {
    names: pipelines.names,
    getEngineNames: (name: PipelineName) => pipelines.getEngineNames(name),
    open: (name: PipelineName) => new PaidPipeline(pipelines.open(name)),
    textOnly: () => new PaidPipeline(createTextPipeline(chat)),
  };
}
