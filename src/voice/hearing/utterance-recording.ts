import type { LiveSound } from '#src/audio/live-sound.ts';
import { listenRateHz, type SoundPiece } from '#src/audio/pcm.ts';
import { waitUnlessAborted, withTimeout } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { createDeadlineError } from '#src/ports/failure-event.ts';
import type {
  UtteranceContent,
  UtteranceFollower,
} from '#src/ports/feature-session.ts';
import type { HeldListening } from '#src/speech/listen.ts';
import type { Transcript } from '#src/speech/speech-engine.ts';
import type { Utterance } from './speaker-input.ts';

/** Longer than any deadline of an engine. */
const maxRecogniseMs = 310_000;

type RecordingOptions = {
  readonly id: number;
  readonly speakerId: PersonId;
  readonly name: string;
  readonly listening: HeldListening;
  readonly clock: Clock;
  readonly follower: UtteranceFollower | undefined;
  readonly onDecided: (meant: boolean) => void;
};

/** Sound of one utterance and the request for its words. */
export class UtteranceRecording {
  readonly id;
  readonly speakerId;
  readonly name;
  getSoundSoFar: (() => Utterance) | undefined;
  wholeSound: Utterance | undefined;
  /** A model hears it while it is spoken. */
  live: LiveSound | undefined;
  readonly #options;
  #follower: UtteranceFollower | undefined;
  #isSettled = false;
  #lastSoundAtMs: number;
  #soundMs = 0;
  #openedRequest:
    | {
        readonly text: Promise<Transcript>;
        readonly stop: AbortController;
      }
    | undefined;
  #transcript: Transcript | undefined;

  constructor(options: RecordingOptions) {
    this.#options = options;
    this.id = options.id;
    this.speakerId = options.speakerId;
    this.name = options.name;
    this.#follower = options.follower;
    this.#lastSoundAtMs = options.clock.nowMs();
  }

  get isFollowed(): boolean {
    return this.#follower !== undefined;
  }

  get soundMs(): number {
    return this.#soundMs;
  }

  get transcript(): Transcript | undefined {
    return this.#transcript;
  }

  startListening() {
    this.#options.listening.begin();
  }

  addSound(pieces: readonly SoundPiece[]) {
    this.#lastSoundAtMs = this.#options.clock.nowMs();
    for (const { opus, samples } of pieces) {
      this.#soundMs += (samples.length / listenRateHz) * 1_000;
      this.#options.listening.push(samples, opus);
      this.live?.push(samples);
    }
  }

  /** Passes words to captions. `isWhole`: all words up to a pause. */
  captionWords(text: string, isWhole: boolean) {
    if (isWhole) this.#follower?.onWhole(text);
    else this.#follower?.onPartial(text);
  }

  /** Requests the transcript, once for all calls. Errors: as `Listening.settle`. */
  requestTranscript(): Promise<Transcript> {
    if (this.#isSettled && !this.#openedRequest && this.wholeSound)
      return Promise.resolve({ text: '' });
    this.#openedRequest ??= this.#openRequest();
    return this.#openedRequest.text;
  }

  isLatestRequest(text: Promise<Transcript>): boolean {
    return this.#openedRequest?.text === text;
  }

  cancelRequest() {
    this.#openedRequest?.stop.abort(new Error('the speaker went on'));
    this.#openedRequest = undefined;
    this.#transcript = undefined;
  }

  /** Ends the recording with its content. Only the first call counts. */
  settle(content: UtteranceContent, meant: boolean) {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#options.onDecided(meant);
    this.#follower?.onEnded({
      ...content,
      toMs: this.wholeSound?.toMs ?? this.#lastSoundAtMs,
    });
    this.#follower = undefined;
    this.#options.listening[Symbol.dispose]();
  }

  #openRequest() {
    const stop = new AbortController();
    const late = () => {
      const seconds = maxRecogniseMs / 1_000;
      const error = createDeadlineError(
        'recognise',
        `The recogniser returned no text in ${seconds} s.`,
      );
      stop.abort(error);
      return error;
    };
    const settled = waitUnlessAborted(
      this.#options.listening.settle(stop.signal),
      stop.signal,
    );
    const text = withTimeout(settled, maxRecogniseMs, this.#options.clock, late);
    text.then(
      (transcript) => {
        if (this.isLatestRequest(text)) this.#transcript = transcript;
      },
      () => undefined, // The caller handles a failure.
    );
    return { text, stop };
  }
}
