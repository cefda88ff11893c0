import { listenRateHz, speakRateHz } from '#src/audio/pcm.ts';
import { Resampler } from '#src/audio/resample.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { controllerUnder, unlessAborted } from '#src/base/waiting.ts';
import type { JsonEvent, JsonSocket } from '#src/provider/json-socket.ts';
import type { ServedBy } from '#src/provider/models/models.ts';
import {
  isOfSession,
  type LinkOptions,
  type RealtimePool,
  refusalOf,
} from '#src/provider/realtime-pool.ts';
import type { Listening, OnPartial, Transcript } from '#src/speech/ports.ts';
import { shortPauseMs, UtteranceSound } from '#src/speech/utterance-sound.ts';
import { failureIn, TranscriptParts } from './realtime-parts.ts';

/** Shared by all connections of a recogniser. Once a server rejects hints, or ends there, it gets none any more. */
export type TranscriptionHints = {
  areRefused: boolean;
  readonly updateOf: (hints: readonly string[]) => object;
};

export type RealtimeListeningOptions = Pick<LinkOptions, 'apiKey' | 'baseUrl'> & {
  readonly pool: RealtimePool;
  readonly clock: Clock;
  readonly language: string | undefined;
  readonly told: TranscriptionHints;
  readonly hints: readonly string[];
  readonly by: ServedBy;
};

/** A server names this event when it rejects hints. */
const hintsEventId = 'hints';
/** Servers reject less sound. */
const shortestSamples = speakRateHz / 10;
const rateRatio = speakRateHz / listenRateHz;

/**
 * One utterance over a connection of its own. Sound leaves as it comes, and a pause commits it. A failure is final.
 */
export class RealtimeListening implements Listening {
  readonly #options;
  readonly #over;
  readonly #signal;
  readonly #sound = new UtteranceSound();
  readonly #parts;
  readonly #resampler = new Resampler(listenRateHz, speakRateHz);
  #link: JsonSocket | undefined;
  /** The server got hints, and may still reject them. */
  #awaitsHints = false;
  #sentTo = 0;

  constructor(options: RealtimeListeningOptions, onPartial: OnPartial, signal: AbortSignal) {
    this.#options = options;
    this.#over = controllerUnder(signal);
    this.#signal = this.#over.signal;
    this.#parts = new TranscriptParts((text) => {
      if (!this.#signal.aborted) onPartial(text);
    });
    this.#signal.addEventListener('abort', () => this.#release());
    if (!this.#signal.aborted) void this.#connect();
  }

  push(samples: Int16Array): void {
    if (this.#signal.aborted) return;
    this.#sound.push(samples);
    this.#flow();
  }

  async settle(signal: AbortSignal): Promise<Transcript> {
    const either = AbortSignal.any([this.#signal, signal]);
    either.throwIfAborted();
    const { by, clock, language } = this.#options;
    await clock.sleep(shortPauseMs, either);
    if (!this.#sound.isSilentFrom(this.#parts.openFrom)) this.#parts.cut(this.#sound.length);
    this.#flow();
    await unlessAborted(this.#parts.done(), either);
    return this.#parts.transcript(language, by);
  }

  [Symbol.dispose](): void {
    this.#over.abort(new Error('not listened to any more'));
    this.#sound.drop();
  }

  /** Never throws. */
  async #connect(): Promise<void> {
    const { hints, pool, told } = this.#options;
    try {
      const link = await pool.lease(this.#signal);
      this.#link = link;
      link.attach({ hear: (event) => this.#hear(event), lost: (error) => this.#lose(error) });
      this.#awaitsHints = hints.length > 0 && !told.areRefused;
      if (this.#awaitsHints) link.send({ ...told.updateOf(hints), event_id: hintsEventId });
      this.#flow();
    } catch (error) {
      if (this.#signal.aborted) return;
      if (!(error instanceof BotError)) throw error;
      this.#fail(error);
    }
  }

  #flow(): void {
    const link = this.#link;
    if (!link) return;
    for (const part of this.#parts.waiting()) {
      this.#send(link, part.toSample);
      const rest = this.#resampler.flush();
      const missing = shortestSamples - (part.toSample - part.fromSample) * rateRatio;
      link.append(rest);
      if (missing > 0) link.append(new Int16Array(missing));
      link.send({ type: 'input_audio_buffer.commit', event_id: part.eventId });
      part.state = 'sent';
    }
    this.#send(link, this.#sound.length);
  }

  #send(link: JsonSocket, toSample: number): void {
    const fresh = this.#sound.between(this.#sentTo, toSample);
    this.#sentTo = toSample;
    if (fresh.length > 0) link.append(this.#resampler.push(fresh));
  }

  #hear(event: JsonEvent): void {
    const failure = failureIn(event);
    if (this.#awaitsHints) {
      const isUnnamed = failure && !failure.eventId && !failure.itemId;
      const isRefusal = isUnnamed || failure?.eventId === hintsEventId;
      if (isRefusal) this.#options.told.areRefused = true;
      this.#awaitsHints = !isRefusal && !isOfSession(event, 'updated');
      if (isRefusal) return;
    }
    if (!failure) this.#parts.hear(event);
    else if (!this.#parts.forgives(failure))
      this.#fail(refusalOf(failure.words, failure.code, this.#options));
  }

  #lose(error: BotError): void {
    if (this.#awaitsHints) this.#options.told.areRefused = true;
    this.#fail(error);
  }

  #fail(error: BotError): void {
    this.#release();
    this.#parts.fail(error);
  }

  #release(): void {
    const link = this.#link;
    this.#link = undefined;
    if (link) this.#options.pool.giveBack(link, false);
  }
}
