import { listenRateHz, speakRateHz } from '#src/audio/pcm.ts';
import { Resampler } from '#src/audio/resampler.ts';
import { createChildController, waitUnlessAborted } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { JsonEvent, JsonSocket } from '#src/provider/json-socket.ts';
import type { ServedBy } from '#src/provider/models/standard-models.ts';
import {
  createRealtimeError,
  isSessionEvent,
  type RealtimePool,
  type RealtimeSocketOptions,
} from '#src/provider/realtime-pool.ts';
import type { Listening, OnPartial, Transcript } from '#src/speech/speech-engine.ts';
import { createUtteranceSound, shortPauseMs } from '#src/speech/utterance-sound.ts';
import { createTranscriptAssembler, findFailure } from './transcript-assembler.ts';

/** Shared by all connections of a recogniser. Once a server rejects hints, or ends there, it gets none any more. */
export type TranscriptionHints = {
  areRefused: boolean;
  readonly createUpdate: (hints: readonly string[]) => object;
};

export type RealtimeListeningOptions = Pick<
  RealtimeSocketOptions,
  'apiKey' | 'baseUrl'
> & {
  readonly pool: RealtimePool;
  readonly clock: Clock;
  readonly language: string | undefined;
  readonly hintState: TranscriptionHints;
  readonly hints: readonly string[];
  readonly by: ServedBy;
};

/** A server names this event when it rejects hints. */
const hintsEventId = 'hints';
/** Servers reject less sound. */
const minCommitSamples = speakRateHz / 10;
const rateRatio = speakRateHz / listenRateHz;

/** One utterance over a connection of its own. A pause commits its sound. A failure is final. */
export class RealtimeListening implements Listening {
  readonly #options;
  readonly #over;
  readonly #signal;
  readonly #sound = createUtteranceSound();
  readonly #parts;
  readonly #resampler = new Resampler(listenRateHz, speakRateHz);
  #socket: JsonSocket | undefined;
  /** The server got hints, and may still reject them. */
  #awaitsHints = false;
  #sentTo = 0;

  constructor(
    options: RealtimeListeningOptions,
    onPartial: OnPartial,
    signal: AbortSignal,
  ) {
    this.#options = options;
    this.#over = createChildController(signal);
    this.#signal = this.#over.signal;
    this.#parts = createTranscriptAssembler((text) => {
      if (!this.#signal.aborted) onPartial(text);
    });
    this.#signal.addEventListener('abort', () => this.#release());
    if (!this.#signal.aborted) void this.#connect();
  }

  push(samples: Int16Array) {
    if (this.#signal.aborted) return;
    this.#sound.push(samples);
    this.#sendWaiting();
  }

  async settle(signal: AbortSignal): Promise<Transcript> {
    const either = AbortSignal.any([this.#signal, signal]);
    either.throwIfAborted();
    const { by, clock, language } = this.#options;
    await clock.sleep(shortPauseMs, either);
    if (!this.#sound.endsSilently(this.#parts.openStart))
      this.#parts.endSegment(this.#sound.length);
    this.#sendWaiting();
    await waitUnlessAborted(this.#parts.waitUntilDone(), either);
    return this.#parts.getTranscript(language, by);
  }

  [Symbol.dispose]() {
    this.#over.abort(new Error('not listened to any more'));
    this.#sound.drop();
  }

  /** Never throws. */
  async #connect() {
    const { hints, pool, hintState } = this.#options;
    try {
      const link = await pool.lease(this.#signal);
      this.#socket = link;
      link.attach({
        onEvent: (event) => this.#onEvent(event),
        onLost: (error) => this.#onLost(error),
      });
      this.#awaitsHints = hints.length > 0 && !hintState.areRefused;
      if (this.#awaitsHints)
        link.send({ ...hintState.createUpdate(hints), event_id: hintsEventId });
      this.#sendWaiting();
    } catch (error) {
      if (this.#signal.aborted) return;
      if (!(error instanceof BotError)) throw error;
      this.#fail(error);
    }
  }

  #sendWaiting() {
    const link = this.#socket;
    if (!link) return;
    for (const part of this.#parts.listWaiting()) {
      this.#send(link, part.toSample);
      const rest = this.#resampler.flush();
      const missing = minCommitSamples - (part.toSample - part.fromSample) * rateRatio;
      link.appendRealtimeSound(rest);
      if (missing > 0) link.appendRealtimeSound(new Int16Array(missing));
      link.send({ type: 'input_audio_buffer.commit', event_id: part.eventId });
      part.state = 'sent';
    }
    this.#send(link, this.#sound.length);
  }

  #send(link: JsonSocket, toSample: number) {
    const fresh = this.#sound.view(this.#sentTo, toSample);
    this.#sentTo = toSample;
    if (fresh.length > 0) link.appendRealtimeSound(this.#resampler.push(fresh));
  }

  #onEvent(event: JsonEvent) {
    const failure = findFailure(event);
    if (this.#awaitsHints) {
      const isUnnamed = failure && !failure.eventId && !failure.itemId;
      const isRefusal = isUnnamed || failure?.eventId === hintsEventId;
      if (isRefusal) this.#options.hintState.areRefused = true;
      this.#awaitsHints = !isRefusal && !isSessionEvent(event, 'updated');
      if (isRefusal) return;
    }
    if (!failure) this.#parts.handleEvent(event);
    else if (!this.#parts.canForgive(failure))
      this.#fail(createRealtimeError(failure.message, failure.code, this.#options));
  }

  #onLost(error: BotError) {
    if (this.#awaitsHints) this.#options.hintState.areRefused = true;
    this.#fail(error);
  }

  #fail(error: BotError) {
    this.#release();
    this.#parts.fail(error);
  }

  #release() {
    const link = this.#socket;
    this.#socket = undefined;
    if (link) this.#options.pool.endLease(link, false);
  }
}
