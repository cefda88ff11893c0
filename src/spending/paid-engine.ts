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
        createMeteredListening(
          listen.call(transcriber, onPartial, signal, asked),
          meter,
          signal,
        )),
  };
}

function createMeteredListening(
  inner: Listening,
  meter: SoundMeter,
  signal: AbortSignal,
): Listening {
  /** Several callers may get the same transcript. */
  const counted = new WeakSet<EngineUsage>();
  const holds: RequestReservation[] = [];
  let waiting: SoundPiece[] = [];
  let reserving: Promise<void> | undefined;
  let mostPushed = 0;
  let pushed = 0;
  let paid = 0;
  let isRefused = false;
  let isOver = false;
  const endListening = () => {
    if (!isOver && !isRefused) paySound(pushed);
    isOver = true;
    for (const held of holds.splice(0)) held.release();
  };
  signal.addEventListener('abort', endListening, { once: true });

  function sendSound() {
    for (let [sound] = waiting; sound; [sound] = waiting) {
      const { opus, samples } = sound;
      if (meter.holdSound && pushed + samples.length > mostPushed) {
        reserving = reserveSound();
        return;
      }
      waiting.shift();
      pushed += samples.length;
      inner.push(samples, opus);
    }
  }

  async function reserveSound() {
    const held = await meter
      .holdSound?.(reservedMs, leastMs)
      ?.catch((error: unknown) => {
        if (error instanceof BotError) return 'refused' as const;
        throw error;
      });
    reserving = undefined;
    if (isOver || held === 'refused') waiting = [];
    if (held === 'refused') return;
    if (isOver) held?.release();
    else if (held) holds.push(held);
    mostPushed += held ? Math.floor((held.maxUnits * heardRateHz) / 1_000) : Infinity;
    sendSound();
  }

  function paySound(upTo: number, usage?: EngineUsage) {
    const ms = (Math.max(0, upTo - paid) / heardRateHz) * 1_000;
    paid = Math.max(paid, upTo);
    const isNews = usage?.count !== undefined && !counted.has(usage);
    if (usage) counted.add(usage);
    if (isNews) meter.onRecognised(ms, usage);
    else if (ms > 0) meter.onRecognised(ms, usage?.by && { by: usage.by });
  }

  return {
    /** Sends sound, and drops it after a refusal. */
    push(samples, opus?: Uint8Array) {
      waiting.push({ samples, ...(opus && { opus }) });
      if (reserving === undefined) sendSound();
    },

    async settle(signal) {
      while (reserving !== undefined) await reserving;
      const upTo = pushed;
      const transcript = await inner.settle(signal).catch((error: unknown) => {
        if (!signal.aborted) isRefused = isUnpaid(error);
        throw error;
      });
      isRefused = false;
      if (!isOver) paySound(upTo, transcript.usage);
      return transcript;
    },

    [Symbol.dispose]() {
      signal.removeEventListener('abort', endListening);
      endListening();
      inner[Symbol.dispose]();
    },
  };
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

  withReservation(reservation: Reservation): Engine {
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

export type ReplyHost = Omit<AnswerHost, 'meter'>;

export const silentHost: ReplyHost = {
  run: async () => ({ content: 'There is no such tool.' }),
};

export type Answering = {
  answer(turn: Turn, host: ReplyHost, signal: AbortSignal): AsyncIterable<ReplyPart>;
};

export type PaidPipeline = ReturnType<typeof createPaidPipeline>;

/** A pipeline that works with a reservation only. */
export function createPaidPipeline(pipeline: Pipeline) {
  return {
    withReservation(reservation: Reservation): Answering {
      return {
        answer: (turn, host, signal) =>
          pipeline.answer(turn, { ...host, meter: reservation }, signal),
      };
    },
    /** Passes a turn and its sound on, at no cost until an answer is requested. */
    feed(turn: Turn, sound: LiveSound) {
      pipeline.feed?.(turn, sound);
    },
  };
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
    open: (name: PipelineName) => createPaidPipeline(pipelines.open(name)),
    textOnly: () => createPaidPipeline(createTextPipeline(chat)),
  };
}
