import { listenRateHz } from '#src/audio/pcm.ts';
import type { Clock } from '#src/base/clock.ts';
import { unlessAborted, within } from '#src/base/waiting.ts';
import { deadlineError } from '#src/ports/failure-event.ts';
import type { UtteranceContent, UtteranceFollower } from '#src/ports/feature-session.ts';
import type { HeldListening } from '#src/speech/held-listening.ts';
import type { Transcript } from '#src/speech/ports.ts';
import type { Evidence } from '#src/turn/answerable.ts';
import { contentOf } from '#src/turn/answerable.ts';
import type { Utterance, UtteranceEnd } from './speaker-input.ts';

/** Longest time, in ms, until the words of a pause are there, whatever engines do: more than any of their own deadlines. */
const longestRecogniseMs = 310_000;

/** A transcript, and when it came. */
type TimedTranscript = Transcript & { readonly atMs: number };

/** Span of speech on the monotonic clock, in ms, without the jitter of the network. */
type SpokenSpan = { readonly fromMs: number; readonly toMs: number };

/** Request for the words up to one pause. */
type TranscriptRequest = {
  readonly text: Promise<Transcript>;
  readonly stop: AbortController;
};

type HeardUtteranceOptions = {
  readonly id: number;
  readonly speakerId: PersonId;
  readonly name: string;
  readonly fromMs: number;
  /** Words that its recogniser was given to expect. */
  readonly hints: readonly string[];
  /** Begins when the words are needed. */
  readonly listening: HeldListening;
  readonly clock: Clock;
  /** Told of its words, whomever they are for. */
  readonly follower: UtteranceFollower | undefined;
  /** Told once whether it was for the bot. */
  readonly onDecided: (meant: boolean) => void;
};

/** Sound and recogniser of one utterance, which the conversation knows by its id. */
export class HeardUtterance {
  readonly id: number;
  readonly speakerId: PersonId;
  readonly name: string;
  readonly fromMs: number;
  readonly hints: readonly string[];
  /** The bot was speaking meanwhile. */
  overlaps = false;
  /** Something else could be heard meanwhile: the bot, a track, or another person. */
  isAmongSounds = false;
  /** Latest partial of a streaming recogniser. */
  partial: string | undefined;
  /** Voice evidence up to its latest pause. */
  evidence: Evidence | undefined;
  /** Its sound up to its latest pause. */
  soFar: (() => Utterance) | undefined;
  end: UtteranceEnd | undefined;
  /** Pause whose words wait for its end, as there is no budget for an early look. */
  deferredPause: number | undefined;
  words: TimedTranscript | undefined;
  failure: unknown;
  readonly #options;
  #follower: UtteranceFollower | undefined;
  #isDecided = false;
  #understood: string | undefined;
  #lastSoundAtMs: number;
  #soundMs = 0;
  #requested: TranscriptRequest | undefined;

  constructor(options: HeardUtteranceOptions) {
    this.#options = options;
    this.id = options.id;
    this.speakerId = options.speakerId;
    this.name = options.name;
    this.fromMs = options.fromMs;
    this.hints = options.hints;
    this.#follower = options.follower;
    this.#lastSoundAtMs = options.clock.nowMs();
  }

  /** Whether captions want its words. */
  get isFollowed(): boolean {
    return this.#follower !== undefined;
  }

  /** Whether its sound goes to a recogniser. */
  get isRecognised(): boolean {
    return this.#options.listening.hasBegun;
  }

  /** Whether its words up to this pause, or its end, were requested. */
  get isRequested(): boolean {
    return this.#requested !== undefined;
  }

  get soundMs(): number {
    return this.#soundMs;
  }

  get spoken(): SpokenSpan {
    return { fromMs: this.fromMs, toMs: this.end?.whole.toMs ?? this.#lastSoundAtMs };
  }

  /** Sends its sound to the recogniser, from its beginning on. */
  listen(): void {
    this.#options.listening.begin();
  }

  hear(sound: Int16Array): void {
    this.#soundMs += (sound.length / listenRateHz) * 1_000;
    this.#lastSoundAtMs = this.#options.clock.nowMs();
    this.#options.listening.push(sound);
  }

  /** All words so far, which may still change. */
  heardPartly(text: string): void {
    this.#understood = text;
    this.#follower?.partial(text);
  }

  /** Words up to the latest pause, recognised once. Errors: as `Listening.settle`. */
  text(): Promise<Transcript> {
    if (this.#isDecided && !this.#requested && this.end) return Promise.resolve({ text: '' });
    this.#requested ??= this.#request();
    return this.#requested.text;
  }

  /** Whether this text is still that of the pause. */
  isLatest(text: Promise<Transcript>): boolean {
    return this.#requested?.text === text;
  }

  /** The pause was none: its words are void. */
  resume(): void {
    this.#requested?.stop.abort(new Error('the speaker went on'));
    this.#requested = undefined;
    this.deferredPause = undefined;
    this.words = undefined;
  }

  /** Content of the utterance; without `evidence` its words alone decide. */
  content(evidence = this.end?.heard): UtteranceContent {
    const { hints, words } = this;
    const held = evidence
      ? contentOf({ evidence, text: words?.text, hints })
      : contentOfWords(words);
    if (held === 'words' && words) return { kind: 'text', transcript: words };
    return { kind: held === 'no-words' ? held : 'not-understood' };
  }

  /** Reports its content and for whom it was. Only the first call counts. */
  decided(content: UtteranceContent, meant: boolean): void {
    if (this.#isDecided) return;
    this.#isDecided = true;
    this.#options.onDecided(meant);
    this.#follower?.ended({ ...content, toMs: this.spoken.toMs });
    this.#follower = undefined;
    this.#options.listening[Symbol.dispose]();
  }

  /** Ends it without a decision, if there is none. */
  close(): void {
    const text = this.#understood ?? '';
    const isKnown = text.trim() !== '';
    this.decided(
      isKnown ? { kind: 'text', transcript: { text } } : { kind: 'not-understood' },
      false,
    );
  }

  #request(): TranscriptRequest {
    const { clock, listening } = this.#options;
    const stop = new AbortController();
    const late = () => {
      const seconds = longestRecogniseMs / 1_000;
      const error = deadlineError('recognise', `The recogniser returned no text in ${seconds} s.`);
      stop.abort(error);
      return error;
    };
    const settled = unlessAborted(listening.settle(stop.signal), stop.signal);
    const text = within(settled, longestRecogniseMs, clock, late);
    text.then(
      (words) => {
        if (!this.isLatest(text)) return;
        this.words = { ...words, atMs: clock.nowMs() };
        this.#understood = words.text;
        if (this.content(this.evidence).kind === 'text') this.#follower?.whole(words.text);
      },
      (error: unknown) => {
        if (this.isLatest(text)) this.failure = error;
      },
    );
    return { text, stop };
  }
}

function contentOfWords(words: Transcript | undefined): ReturnType<typeof contentOf> {
  if (!words) return 'not-understood';
  return words.text.trim() === '' ? 'no-words' : 'words';
}
