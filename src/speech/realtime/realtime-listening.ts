import { listenRateHz } from '#src/audio/pcm.ts';
import { Resampler } from '#src/audio/resampler.ts';
import { createChildController, waitUnlessAborted } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { JsonEvent } from '#src/provider/json-socket.ts';
import type { ServedBy } from '#src/provider/models/standard-models.ts';
import { createRealtimeError } from '#src/provider/realtime/realtime-faults.ts';
import {
  isSessionEvent,
  type RealtimeLink,
} from '#src/provider/realtime/realtime-link.ts';
import type {
  RealtimePool,
  RealtimeSocketOptions,
} from '#src/provider/realtime/realtime-pool.ts';
import type { RealtimeSessionSettings } from '#src/provider/realtime/realtime-session.ts';
import { shortPauseMs, UtteranceSound } from '#src/speech/listen.ts';
import type { Listening, OnPartial, Transcript } from '#src/speech/speech-engine.ts';
import { findFailure, TranscriptAssembler } from './transcript-assembler.ts';

/**
 * Hints of a recogniser, shared by all of its connections. Once a server rejects hints, or closes the connection at
 * them, it gets none any more.
 */
export type TranscriptionHints = {
  areRefused: boolean;
  readonly createSettings: (hints: readonly string[]) => RealtimeSessionSettings;
};

/** The connections and hints that an utterance is recognised with. */
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
const minCommitSeconds = 0.1;

const commitType = 'input_audio_buffer.commit';

/** A connection, and the change of rate that its session needs. */
type Connection = { readonly link: RealtimeLink; readonly resampler: Resampler };

/** One utterance over a connection of its own. A pause commits its sound. A failure is final. */
export class RealtimeListening implements Listening {
  readonly #options: RealtimeListeningOptions;
  readonly #ending: AbortController;
  readonly #signal: AbortSignal;
  readonly #sound = new UtteranceSound();
  readonly #transcripts: TranscriptAssembler;
  #connection: Connection | undefined;
  /** The server got hints, and may still reject them. */
  #awaitsHints = false;
  #sentTo = 0;
  /** The server has the beginning of the open segment. */
  #isBegun = false;

  constructor(
    options: RealtimeListeningOptions,
    onPartial: OnPartial,
    signal: AbortSignal,
  ) {
    this.#options = options;
    this.#ending = createChildController(signal);
    this.#signal = this.#ending.signal;
    this.#transcripts = new TranscriptAssembler((text) => {
      if (!this.#signal.aborted) onPartial(text);
    });
    this.#signal.addEventListener('abort', () => this.#releaseSocket());
    if (!this.#signal.aborted) void this.#openConnection();
  }

  /** Adds sound, which is sent at once if the connection is open. */
  push(samples: Int16Array): void {
    if (this.#signal.aborted) return;
    this.#sound.push(samples);
    this.#sendWaiting();
  }

  /** Commits the sound so far after a short pause, and waits for its words. */
  async settle(signal: AbortSignal): Promise<Transcript> {
    const either = AbortSignal.any([this.#signal, signal]);
    either.throwIfAborted();
    const { by, clock, language } = this.#options;
    await clock.sleep(shortPauseMs, either);
    if (!this.#sound.endsSilently(this.#transcripts.openStart))
      this.#transcripts.endSegment(this.#sound.length);
    this.#sendWaiting();
    await waitUnlessAborted(this.#transcripts.waitUntilDone(), either);
    return this.#transcripts.getTranscript(language, by);
  }

  /** Closes the connection and drops the sound. */
  [Symbol.dispose](): void {
    this.#ending.abort(new Error('not listened to any more'));
    this.#sound.dropSound();
  }

  /** Never throws. */
  async #openConnection() {
    const { hints, pool, hintState } = this.#options;
    try {
      const link = await pool.lease(this.#signal);
      const resampler = new Resampler(listenRateHz, link.inputRateHz);
      this.#connection = { link, resampler };
      link.attach({
        onEvent: (event) => this.#onEvent(event),
        onLost: (error) => this.#onLost(error),
      });
      this.#awaitsHints =
        hints.length > 0 && !hintState.areRefused && link.form !== 'flat';
      if (this.#awaitsHints)
        link.updateSession(hintState.createSettings(hints), hintsEventId);
      this.#sendWaiting();
    } catch (error) {
      if (this.#signal.aborted) return;
      if (!(error instanceof BotError)) throw error;
      this.#failSegments(error);
    }
  }

  #sendWaiting() {
    const connection = this.#connection;
    if (!connection) return;
    for (const segment of this.#transcripts.listWaiting()) {
      if (!this.#mayBegin(connection)) return;
      const { eventId, fromSample, toSample } = segment;
      this.#sendSound(connection, toSample);
      const { link, resampler } = connection;
      const { inputRateHz } = link;
      const seconds = (toSample - fromSample) / listenRateHz;
      const missing = Math.ceil((minCommitSeconds - seconds) * inputRateHz);
      link.appendSound(resampler.flush());
      if (missing > 0) link.appendSound(new Int16Array(missing));
      const isLast = link.form === 'flat' && { final: true };
      link.send({ type: commitType, event_id: eventId, ...isLast });
      this.#isBegun = false;
      segment.state = 'sent';
    }
    if (this.#mayBegin(connection)) this.#sendSound(connection, this.#sound.length);
  }

  /** A server with the flat form drops the sound of a segment that comes before the words of the last one. */
  #mayBegin({ link }: Connection) {
    return link.form !== 'flat' || !this.#transcripts.isAwaiting;
  }

  #sendSound({ link, resampler }: Connection, toSample: number) {
    const unsent = this.#sound.viewSamples(this.#sentTo, toSample);
    this.#sentTo = toSample;
    if (unsent.length === 0) return;
    // vLLM begins to recognise at a first commit, and ends at the one that is final.
    if (link.form === 'flat' && !this.#isBegun) link.send({ type: commitType });
    this.#isBegun = true;
    link.appendSound(resampler.push(unsent));
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
    if (!failure) {
      this.#transcripts.handleEvent(event);
      if (this.#connection?.link.form === 'flat') this.#sendWaiting();
    } else if (!this.#transcripts.canForgive(failure))
      this.#failSegments(createRealtimeError(failure, this.#options));
  }

  #onLost(error: BotError) {
    if (this.#awaitsHints) this.#options.hintState.areRefused = true;
    this.#failSegments(error);
  }

  #failSegments(error: BotError) {
    this.#releaseSocket();
    this.#transcripts.failSegments(error);
  }

  #releaseSocket() {
    const { link } = this.#connection ?? {};
    this.#connection = undefined;
    if (link) this.#options.pool.endLease(link, false);
  }
}
