import { listenRateHz, speakRateHz } from '#src/audio/pcm.ts';
import { Resampler } from '#src/audio/resample.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { controllerUnder, unlessAborted, within } from '#src/base/waiting.ts';
import type { JsonEvent } from '#src/provider/json-socket.ts';
import type { ServedBy } from '#src/provider/models/served-by.ts';
import {
  isOfSession,
  type LinkOptions,
  type RealtimeLink,
  refusalOf,
} from '#src/provider/realtime-link.ts';
import type { RealtimePool } from '#src/provider/realtime-pool.ts';
import type { Listening, OnPartial, OnResent, Transcript } from '#src/speech/ports.ts';
import { shortPauseMs } from '#src/speech/short-pause.ts';
import { UtteranceSound } from '#src/speech/utterance-sound.ts';
import { readHeard } from './realtime-events.ts';
import { TranscriptParts } from './realtime-parts.ts';
import { hintsEventId, type TranscriptionHints } from './transcription-hints.ts';

export type RealtimeListeningOptions = Pick<LinkOptions, 'apiKey' | 'baseUrl'> & {
  readonly pool: RealtimePool;
  readonly clock: Clock;
  readonly settleMs: number;
  readonly language: string | undefined;
  readonly told: TranscriptionHints;
  /** Words that are likely to be said. */
  readonly hints: readonly string[];
  readonly by: ServedBy;
  readonly onResent?: OnResent;
};

/** Servers refuse to transcribe less. */
const shortestSamples = speakRateHz / 10;
const rateRatio = speakRateHz / listenRateHz;
const clearMs = 1000;

/**
 * One utterance over one connection: sound leaves as it comes, a pause commits it.
 *
 * A lost connection is replaced once, and sound that it had not transcribed is sent again; a settle after a failed one
 * does the same.
 */
export class RealtimeListening implements Listening {
  readonly #options: RealtimeListeningOptions;
  readonly #over: AbortController;
  readonly #signal: AbortSignal;
  readonly #sound = new UtteranceSound();
  readonly #parts: TranscriptParts;
  #link: RealtimeLink | undefined;
  /** The server was told hints, and may still refuse them. */
  #awaitsHints = false;
  #resampler = new Resampler(listenRateHz, speakRateHz);
  #sentTo = 0;
  /** Samples that have left once. */
  #everSent = 0;
  #spares = 1;
  #failed = false;
  /** Only the latest may give a connection. */
  #attempt = 0;

  constructor(options: RealtimeListeningOptions, onPartial: OnPartial, signal: AbortSignal) {
    this.#options = options;
    this.#over = controllerUnder(signal);
    this.#signal = this.#over.signal;
    this.#parts = new TranscriptParts((text) => {
      if (!this.#signal.aborted) onPartial(text);
    });
    this.#signal.addEventListener('abort', () => this.#leave());
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
    await this.#options.clock.sleep(shortPauseMs, either);
    if (this.#failed) this.#revive();
    if (!this.#sound.isSilentFrom(this.#parts.openFrom)) this.#parts.cut(this.#sound.length);
    this.#flow();
    const { by, clock, settleMs, language } = this.#options;
    const late = new BotError('provider.late', true, lateMessage);
    try {
      await within(unlessAborted(this.#parts.done(), either), settleMs, clock, () => late);
    } catch (cause) {
      if (cause === late) this.#fail(late);
      throw cause;
    }
    return this.#parts.transcript(language, by);
  }

  [Symbol.dispose](): void {
    this.#over.abort(new Error('not listened to any more'));
    this.#sound.drop();
  }

  /** Never throws. */
  async #connect(): Promise<void> {
    const { hints, pool, told } = this.#options;
    const attempt = ++this.#attempt;
    try {
      const link = await pool.lease(this.#signal);
      if (attempt !== this.#attempt) return pool.giveBack(link, true);
      this.#link = link;
      this.#resampler = new Resampler(listenRateHz, speakRateHz);
      this.#sentTo = this.#parts.resend();
      this.#awaitsHints = told.tell(link, hints);
      link.attach({ hear: (event) => this.#hear(event), lost: (error) => this.#lose(error) });
      this.#flow();
    } catch (error) {
      if (this.#signal.aborted) return;
      if (!(error instanceof BotError)) throw error;
      if (attempt === this.#attempt) this.#lose(error);
    }
  }

  #revive(): void {
    this.#failed = false;
    this.#parts.resend();
    void this.#connect();
  }

  /** Sends the sound that has not left yet. */
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

  #send(link: RealtimeLink, toSample: number): void {
    const fresh = this.#sound.between(this.#sentTo, toSample);
    const again = Math.min(this.#sentTo + fresh.length, this.#everSent) - this.#sentTo;
    this.#sentTo = toSample;
    this.#everSent = Math.max(this.#everSent, toSample);
    const { onResent, by } = this.#options;
    if (again > 0) onResent?.((again / listenRateHz) * 1_000, by);
    if (fresh.length > 0) link.append(this.#resampler.push(fresh));
  }

  #hear(event: JsonEvent): void {
    const heard = readHeard(event);
    if (this.#awaitsHints) {
      const isUnnamed = heard?.kind === 'failed' && !heard.eventId && !heard.itemId;
      const isRefusal = heard?.kind === 'failed' && (heard.eventId === hintsEventId || isUnnamed);
      if (isRefusal) this.#options.told.areRefused = true;
      this.#awaitsHints = !isRefusal && !isOfSession(event, 'updated');
      if (isRefusal) return;
    }
    if (!heard || this.#parts.hear(heard) || heard.kind !== 'failed') return;
    this.#fail(refusalOf(heard.words, heard.code, this.#options));
  }

  #lose(error: BotError): void {
    if (this.#awaitsHints) this.#options.told.areRefused = true;
    this.#awaitsHints = false;
    this.#release(false);
    if (this.#signal.aborted) return;
    if (this.#spares-- > 0) void this.#connect();
    else this.#fail(error);
  }

  #fail(error: BotError): void {
    this.#failed = true;
    this.#attempt++;
    this.#release(false);
    this.#parts.fail(error);
  }

  #leave(): void {
    this.#release(this.#parts.allDone);
  }

  /** `reusable`: nothing the server may still say about it is outstanding. */
  #release(reusable: boolean): void {
    const link = this.#link;
    this.#link = undefined;
    if (link) this.#options.pool.giveBack(link, reusable && this.#clear(link));
  }

  /** Makes the server forget sound that was not committed; false if it does not confirm that. Never rejects. */
  async #clear(link: RealtimeLink): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const hear = ({ type }: JsonEvent) => {
      if (type === 'input_audio_buffer.cleared') resolve(true);
    };
    link.attach({ hear, lost: () => resolve(false) });
    link.send({ type: 'input_audio_buffer.clear' });
    const late = () => new Error('it was not cleared in time');
    return await within(promise, clearMs, this.#options.clock, late).catch(() => false);
  }
}

const lateMessage = 'The transcription server did not send the words of an utterance in time.';
