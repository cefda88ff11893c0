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

export type UtteranceRecording = ReturnType<typeof createUtteranceRecording>;

export function createUtteranceRecording(options: RecordingOptions) {
  const { clock, id, listening, name, speakerId } = options;
  let { follower } = options;
  let isSettled = false;
  let lastSoundAtMs = clock.nowMs();
  let openedRequest: ReturnType<typeof openRequest> | undefined;
  let transcript: Transcript | undefined;

  function isLatestRequest(text: Promise<Transcript>): boolean {
    return openedRequest?.text === text;
  }

  function openRequest(): {
    readonly text: Promise<Transcript>;
    readonly stop: AbortController;
  } {
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
    const settled = waitUnlessAborted(listening.settle(stop.signal), stop.signal);
    const text = withTimeout(settled, maxRecogniseMs, clock, late);
    text.then(
      (heard) => {
        if (isLatestRequest(text)) transcript = heard;
      },
      () => undefined, // The caller handles a failure.
    );
    return { text, stop };
  }

  const recording = {
    id,
    speakerId,
    name,
    getSoundSoFar: undefined as (() => Utterance) | undefined,
    wholeSound: undefined as Utterance | undefined,
    /** A model hears it while it is spoken. */
    live: undefined as LiveSound | undefined,
    get isFollowed(): boolean {
      return follower !== undefined;
    },
    get transcript(): Transcript | undefined {
      return transcript;
    },
    startListening() {
      listening.begin();
    },
    addSound(pieces: readonly SoundPiece[]) {
      lastSoundAtMs = clock.nowMs();
      for (const piece of pieces) {
        const { opus, samples } = piece;
        listening.push(samples, opus);
        recording.live?.push(piece);
      }
    },
    /** `isWhole`: all words up to a pause. */
    captionWords(text: string, isWhole: boolean) {
      if (isWhole) follower?.onWhole(text);
      else follower?.onPartial(text);
    },
    /** Requests the transcript, once for all calls. Errors: as `Listening.settle`. */
    requestTranscript(): Promise<Transcript> {
      if (isSettled && !openedRequest && recording.wholeSound)
        return Promise.resolve({ text: '' });
      openedRequest ??= openRequest();
      return openedRequest.text;
    },
    isLatestRequest,
    cancelRequest() {
      openedRequest?.stop.abort(new Error('the speaker went on'));
      openedRequest = undefined;
      transcript = undefined;
    },
    /** Only the first call counts. */
    settle(content: UtteranceContent, meant: boolean) {
      if (isSettled) return;
      isSettled = true;
      options.onDecided(meant);
      follower?.onEnded({
        ...content,
        toMs: recording.wholeSound?.toMs ?? lastSoundAtMs,
      });
      follower = undefined;
      listening[Symbol.dispose]();
    },
  };
  return recording;
}
