import { listenRateHz, speakRateHz } from '#src/audio/pcm.ts';
import { Resampler } from '#src/audio/resample.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { controllerUnder, unlessAborted, within } from '#src/base/waiting.ts';
import type { ServedBy } from '#src/provider/models/served-by.ts';
import type { Listening, OnPartial, OnResent, Transcript } from '#src/speech/ports.ts';
import { shortPauseMs } from '#src/speech/short-pause.ts';
import { UtteranceSound } from '#src/speech/utterance-sound.ts';
import { TranscriptParts } from './realtime-parts.ts';
import type { RealtimePool } from './realtime-pool.ts';
import type { RealtimeSession, TranscriptionEvent } from './realtime-session.ts';

export type RealtimeListeningOptions = {
  readonly pool: RealtimePool;
  readonly clock: Clock;
  readonly settleMs: number;
  readonly language: string | undefined;
  /** Words that are likely to be said. */
  readonly hints: readonly string[];
  readonly by: ServedBy;
  readonly onResent?: OnResent;
};

/** Servers refuse to transcribe less. */
const shortestSamples = speakRateHz / 10;
const rateRatio = speakRateHz / listenRateHz;

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
  #session: RealtimeSession | undefined;
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
    const { hints, pool } = this.#options;
    const attempt = ++this.#attempt;
    try {
      const session = await pool.lease(hints);
      if (this.#signal.aborted || attempt !== this.#attempt) {
        return pool.giveBack(session, true);
      }
      this.#session = session;
      this.#resampler = new Resampler(listenRateHz, speakRateHz);
      this.#sentTo = this.#parts.resend();
      session.attach((event) => this.#hear(event));
      this.#flow();
    } catch (error) {
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
    const session = this.#session;
    if (!session) return;
    for (const part of this.#parts.waiting()) {
      this.#send(session, part.toSample);
      const rest = this.#resampler.flush();
      const missing = shortestSamples - (part.toSample - part.fromSample) * rateRatio;
      session.append(rest);
      if (missing > 0) session.append(new Int16Array(missing));
      session.commit(part.eventId);
      part.state = 'sent';
    }
    this.#send(session, this.#sound.length);
  }

  #send(session: RealtimeSession, toSample: number): void {
    const fresh = this.#sound.between(this.#sentTo, toSample);
    const again = Math.min(this.#sentTo + fresh.length, this.#everSent) - this.#sentTo;
    this.#sentTo = toSample;
    this.#everSent = Math.max(this.#everSent, toSample);
    const { onResent, by } = this.#options;
    if (again > 0) onResent?.((again / listenRateHz) * 1_000, by);
    if (fresh.length > 0) session.append(this.#resampler.push(fresh));
  }

  #hear(event: TranscriptionEvent): void {
    if (event.kind === 'lost') this.#lose(event.error);
    else if (!this.#parts.hear(event) && event.kind === 'failed') {
      const error = this.#session?.refusal(event);
      if (error) this.#fail(error);
    }
  }

  #lose(error: BotError): void {
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

  #release(reusable: boolean): void {
    const session = this.#session;
    this.#session = undefined;
    if (session) this.#options.pool.giveBack(session, reusable);
  }
}

const lateMessage = 'The transcription server did not send the words of an utterance in time.';
