import type { LiveSound } from '#src/audio/live-sound.ts';
import type { SoundPiece } from '#src/audio/pcm.ts';
import { waitUnlessAborted, withTimeout } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import type { PersonId } from '#src/base/ids.ts';
import { createDeadlineError } from '#src/ports/failure-event.ts';
import type {
  UtteranceContent,
  UtteranceFollower,
} from '#src/ports/feature-session.ts';
import type { HeldListening } from '#src/speech/listen.ts';
import type { Transcript } from '#src/speech/speech-engine.ts';
import type { Glimpses } from './glimpses.ts';
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
  /** Words so far for a page. Undefined where no page is open. */
  readonly glimpses?: Glimpses | undefined;
  /** Called once, as the utterance is settled. */
  readonly onDecided: (meant: boolean) => void;
};

type TranscriptRequest = {
  readonly text: Promise<Transcript>;
  readonly stop: AbortController;
};

/**
 * One utterance while it is spoken and recognised: its sound, its transcript, and the feature that shows its words
 * meanwhile. `startListening` opens the request, `requestTranscript` asks for words, and `settle` ends it.
 */
export class UtteranceRecording {
  readonly id: number;
  readonly speakerId: PersonId;
  readonly name: string;
  /** Copies the sound up to the latest pause. Undefined before the first pause. */
  getSoundSoFar: (() => Utterance) | undefined;
  /** Set once endpointing has ended the utterance. */
  wholeSound: Utterance | undefined;
  /** Sound for a model that hears the utterance while it is spoken. Undefined if no model does. */
  live: LiveSound | undefined;
  /** Whether a page shows words so far. */
  hasShownWords = false;
  readonly #options;
  #follower: UtteranceFollower | undefined;
  #isSettled = false;
  #lastSoundAtMs: number;
  #openedRequest: TranscriptRequest | undefined;
  #transcript: Transcript | undefined;

  constructor(options: RecordingOptions) {
    this.#options = options;
    this.id = options.id;
    this.speakerId = options.speakerId;
    this.name = options.name;
    this.#follower = options.follower;
    this.#lastSoundAtMs = options.clock.nowMs();
  }

  /** True until `settle`, if a feature shows the words of this utterance. */
  get isFollowed(): boolean {
    return this.#follower !== undefined;
  }

  /** Result of the latest request, once it has arrived. */
  get transcript(): Transcript | undefined {
    return this.#transcript;
  }

  /** Opens the recogniser's request, which sound is sent to from then on. */
  startListening(): void {
    this.#options.listening.begin();
  }

  /** Hands sound on to the recogniser, and to the model if there is a `live` one. */
  addSound(pieces: readonly SoundPiece[]): void {
    const { clock, listening } = this.#options;
    this.#lastSoundAtMs = clock.nowMs();
    this.#options.glimpses?.push(pieces);
    for (const piece of pieces) {
      const { opus, samples } = piece;
      listening.push(samples, opus);
      this.live?.push(piece);
    }
  }

  /** Shows words to the following feature. `isWhole`: all words up to a pause. */
  captionWords(text: string, isWhole: boolean): void {
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

  /** Tests whether `text` is of the latest request, and not of one that was cancelled. */
  isLatestRequest(text: Promise<Transcript>): boolean {
    return this.#openedRequest?.text === text;
  }

  /** Drops the request of a pause after which the speaker went on. */
  cancelRequest(): void {
    this.#openedRequest?.stop.abort(new Error('the speaker went on'));
    this.#openedRequest = undefined;
    this.#transcript = undefined;
  }

  /** Ends the recording, and tells the following feature its content. Only the first call counts. */
  settle(content: UtteranceContent, meant: boolean): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#options.onDecided(meant);
    this.#follower?.onEnded({
      ...content,
      toMs: this.wholeSound?.toMs ?? this.#lastSoundAtMs,
    });
    this.#follower = undefined;
    this.#options.glimpses?.[Symbol.dispose]();
    this.#options.listening[Symbol.dispose]();
  }

  #openRequest(): TranscriptRequest {
    const { clock, glimpses, listening } = this.#options;
    glimpses?.stop();
    const stop = new AbortController();
    const abortLate = () => {
      const seconds = maxRecogniseMs / 1_000;
      const error = createDeadlineError(
        'recognise',
        `The recogniser returned no text in ${seconds} s.`,
      );
      stop.abort(error);
      return error;
    };
    const settled = waitUnlessAborted(listening.settle(stop.signal), stop.signal);
    const text = withTimeout(settled, maxRecogniseMs, clock, abortLate);
    text.then(
      (transcript) => {
        if (this.isLatestRequest(text)) this.#transcript = transcript;
      },
      () => undefined, // The caller handles a failure.
    );
    return { text, stop };
  }
}
