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
  type TryCount,
} from '#src/provider/models/request-reservation.ts';
import { withVoiceMeter } from '#src/speech/fallbacks/speech-chains.ts';
import type {
  EngineUsage,
  Listening,
  Synthesizer,
  Transcriber,
  Transcript,
  TranscriptUpdate,
} from '#src/speech/speech-engine.ts';
import { type Reservation, type SoundMeter, toModelRequest } from './reservation.ts';

const heardRateHz = 16_000;
/** Sound reserved at once, and the least worth sending. */
const [reservedMs, minReservedMs] = [30_000, 1_000];

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
    transcribe(pcm, signal, options) {
      const ms = getDurationMs(pcm);
      const { guildId, isLive } = meter;
      return runReserved(
        {
          reserve: () => meter.holdSound?.(ms),
          ask: (tries) =>
            transcriber.transcribe(pcm, signal, { ...options, guildId, isLive, tries }),
          createCount: () => createRecognitionCount(ms, meter),
        },
        signal,
      );
    },
    listen:
      listen &&
      ((onPartial, signal, options) =>
        new MeteredListening(
          listen.call(transcriber, onPartial, signal, options),
          meter,
          signal,
        )),
  };
}

function createRecognitionCount(
  ms: number,
  meter: SoundMeter,
): TryCount<TranscriptUpdate> {
  let usage: EngineUsage | undefined;
  return {
    isOutput: (update) => {
      if (update.kind === 'final') usage = update.transcript.usage;
      return false;
    },
    onEnd: () => meter.onRecognised(ms, usage),
  };
}

/** Reserves sound before it is sent on, and pays for it when it is settled or over. */
class MeteredListening implements Listening {
  readonly #inner: Listening;
  readonly #meter: SoundMeter;
  readonly #signal: AbortSignal;
  readonly #onAbort = () => this.#endListening();
  /** Several callers may get the same transcript. */
  readonly #counted = new WeakSet<EngineUsage>();
  readonly #holds: RequestReservation[] = [];
  #waiting: SoundPiece[] = [];
  #reserving: Promise<void> | undefined;
  #maxPushed = 0;
  #pushed = 0;
  #paid = 0;
  #isRefused = false;
  #isOver = false;

  constructor(inner: Listening, meter: SoundMeter, signal: AbortSignal) {
    this.#inner = inner;
    this.#meter = meter;
    this.#signal = signal;
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Sends sound, and drops it after a refusal. */
  push(samples: Int16Array, opus?: Uint8Array): void {
    this.#waiting.push({ samples, ...(opus && { opus }) });
    if (this.#reserving === undefined) this.#sendSound();
  }

  /** Waits for money, then for the transcript of everything sent, and pays for that sound. */
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

  /** Pays for sound that was sent and not settled, and frees the money set aside. */
  [Symbol.dispose](): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#endListening();
    this.#inner[Symbol.dispose]();
  }

  #endListening() {
    if (!this.#isOver && !this.#isRefused) this.#paySound(this.#pushed);
    this.#isOver = true;
    for (const hold of this.#holds.splice(0)) hold.release();
  }

  #sendSound() {
    for (let [sound] = this.#waiting; sound; [sound] = this.#waiting) {
      const { opus, samples } = sound;
      if (this.#meter.holdSound && this.#pushed + samples.length > this.#maxPushed) {
        this.#reserving = this.#reserveSound();
        return;
      }
      this.#waiting.shift();
      this.#pushed += samples.length;
      this.#inner.push(samples, opus);
    }
  }

  async #reserveSound() {
    const hold = await this.#meter
      .holdSound?.(reservedMs, minReservedMs)
      ?.catch((error: unknown) => {
        if (error instanceof BotError) return 'refused' as const;
        throw error;
      });
    this.#reserving = undefined;
    if (this.#isOver || hold === 'refused') this.#waiting = [];
    if (hold === 'refused') return;
    if (this.#isOver) hold?.release();
    else if (hold) this.#holds.push(hold);
    this.#maxPushed += hold
      ? Math.floor((hold.maxUnits * heardRateHz) / 1_000)
      : Infinity;
    this.#sendSound();
  }

  #paySound(upTo: number, usage?: EngineUsage) {
    const ms = (Math.max(0, upTo - this.#paid) / heardRateHz) * 1_000;
    this.#paid = Math.max(this.#paid, upTo);
    const isNews = usage?.count !== undefined && !this.#counted.has(usage);
    if (usage) this.#counted.add(usage);
    if (isNews) this.#meter.onRecognised(ms, usage);
    else if (ms > 0) this.#meter.onRecognised(ms, usage?.by && { by: usage.by });
  }
}

/** An engine that takes no request before a reservation is shown. */
export class PaidEngine<Engine extends object> {
  readonly #engine: Engine;
  readonly #meterEngine: (engine: Engine, reservation: Reservation) => Engine;

  constructor(
    engine: Engine,
    meterEngine: (engine: Engine, reservation: Reservation) => Engine,
  ) {
    this.#engine = engine;
    this.#meterEngine = meterEngine;
  }

  /** Returns the engine for requests that this reservation pays. */
  withReservation(reservation: Reservation): Engine {
    return this.#meterEngine(this.#engine, reservation);
  }

  /** Whether the engine has an optional ability, such as `listen`. */
  has(ability: keyof Engine): boolean {
    return this.#engine[ability] !== undefined;
  }
}

/** Makes a chat model take requests with a reservation only. */
export function createPaidChat(chat: ChatModel): PaidEngine<ChatModel> {
  return new PaidEngine(chat, withMeter);
}

/** Makes a voice take requests with a reservation only. */
export function createPaidVoice(voice: Synthesizer): PaidEngine<Synthesizer> {
  return new PaidEngine(voice, withVoiceMeter);
}

/** Makes a recogniser take requests with a reservation only. */
export function createPaidRecogniser(recogniser: Transcriber): PaidEngine<Transcriber> {
  return new PaidEngine(recogniser, meterTranscriber);
}

/** The session's side of an answer, without the meter, which is the reservation. */
export type ReplyHost = Omit<AnswerHost, 'meter'>;

/** The host of an answer without tools. */
export const silentHost: ReplyHost = {
  run: async () => ({ content: 'There is no such tool.' }),
};

/** A pipeline for one answer. */
export type Answering = {
  /** Yields the parts of the reply to a turn, paid by one reservation. Throws as the pipeline does. */
  answer(turn: Turn, host: ReplyHost, signal: AbortSignal): AsyncIterable<ReplyPart>;
  /**
   * Passes a turn and its sound on while that is spoken, which ends where no money is left for it. The reservation is closed
   * at the end of the sound. Never throws.
   */
  feed(turn: Turn, sound: LiveSound): void;
};

/** A pipeline that works with a reservation only. */
export interface PaidPipeline {
  /** Returns the pipeline for one answer that this reservation pays. */
  withReservation(reservation: Reservation): Answering;
  /** Reads ahead what later turns begin with, by an engine that costs nothing: all others let nothing be made. Never throws. */
  prepare(create: () => Turn): void;
}

/** An utterance ends before. */
const maxSoundAheadMs = 65_000;

function createPaidPipeline(pipeline: Pipeline): PaidPipeline {
  return {
    withReservation: (reservation) => ({
      answer: (turn, answerHost, signal) =>
        pipeline.answer(turn, { ...answerHost, meter: reservation }, signal),
      feed: (turn, sound) => void feedPipeline(pipeline, turn, sound, reservation),
    }),
    prepare: (create) => pipeline.prepare?.(create),
  };
}

/** Sets money aside for a turn and its sound, and then passes both on. */
async function feedPipeline(
  pipeline: Pipeline,
  turn: Turn,
  sound: LiveSound,
  reservation: Reservation,
) {
  const end = () => reservation.close();
  // Whoever speaks on after the money for it is used begins the turn anew, with sound that has ended.
  if (sound.signal.aborted) return end();
  sound.signal.addEventListener('abort', end, { once: true });
  try {
    const hold = await reservation.reserveSoundAhead(
      toModelRequest(turn),
      maxSoundAheadMs,
    );
    sound.signal.addEventListener('abort', () => hold?.release(), { once: true });
    if (hold) sound.limit(hold.maxUnits);
    if (sound.signal.aborted) hold?.release();
    else pipeline.feed?.(turn, sound, reservation);
  } catch (error) {
    end();
    // The answer is asked for with the whole sound, and says why there is none.
    if (!(error instanceof BotError)) throw error;
  }
}

/** Engines before metering. */
export type RawEngines = {
  readonly chat: ChatModel;
  readonly transcriber: Transcriber;
  readonly synthesizer: Synthesizer;
  readonly pipelines: PipelineRegistry;
};

/** The pipelines of a bot, each of which works with a reservation only. */
export interface PaidPipelines {
  /** Names that `open` takes. The first is used by servers that have chosen none. */
  readonly names: readonly PipelineName[];
  /** Names the engines of a pipeline, for people. Throws for a name that is not in `names`. */
  getEngineNames(name: PipelineName): string;
  /** Gets a pipeline. Throws for a name that is not in `names`. */
  open(name: PipelineName): PaidPipeline;
  /** Gets a pipeline that writes with the chat model, and neither hears nor speaks. */
  textOnly(): PaidPipeline;
}

/** Engines that take no request without a reservation. */
export interface PaidEngines {
  readonly chat: PaidEngine<ChatModel>;
  readonly transcriber: PaidEngine<Transcriber>;
  readonly synthesizer: PaidEngine<Synthesizer>;
  readonly pipelines: PaidPipelines;
}

/** Wraps engines so that each request needs a reservation. */
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
): PaidPipelines {
  return {
    names: pipelines.names,
    getEngineNames: (name) => pipelines.getEngineNames(name),
    open: (name) => createPaidPipeline(pipelines.open(name)),
    textOnly: () => createPaidPipeline(createTextPipeline(chat)),
  };
}
