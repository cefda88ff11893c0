import { listenRateHz } from '#src/audio/pcm.ts';
import type { Clock } from '#src/base/clock.ts';
import { unlessAborted, within } from '#src/base/waiting.ts';
import { deadlineError } from '#src/conversation/alerts/answer-deadline-watchdog.ts';
import type { PendingAnswer } from '#src/conversation/engines/pending-answer.ts';
import type { QueuedQuestion } from '#src/conversation/queue/queued-turn.ts';
import type { TurnUtterance } from '#src/pipeline/pipeline.ts';
import type { HeldListening } from '#src/speech/held-listening.ts';
import type { Transcript } from '#src/speech/ports.ts';
import { shiftTranscript } from '#src/speech/word-times.ts';
import { contentOf } from '#src/turn/answerable.ts';
import type { Evidence } from '#src/turn/evidence.ts';
import { sameWords } from '#src/turn/same-words.ts';
import type { Utterance } from './speaker-input.ts';
import type { UtteranceContent, UtteranceFollower } from './utterance-observer.ts';

/** Receiver of an utterance's sound while it is spoken, for models that hear. Never throws. */
export type LiveAudio = {
  readonly hear: (sound: Int16Array) => void;
  /** Drops the sound: the utterance is not going to be answered. */
  readonly forget: () => void;
  /** Frees the money that was set aside for it. */
  readonly close: () => void;
};

export type OpenUtteranceOptions = {
  readonly speakerId: string;
  readonly name: string;
  readonly fromMs: number;
  /** True where no other person was there when it began. */
  readonly isAlone: boolean;
  /** Begins when the words are needed. */
  readonly listening: HeldListening;
  readonly clock: Clock;
  /** Same as `fromMs`, without the jitter of the network. */
  readonly spokenFromMs: number;
  /** Length, in ms, of its sound before the voice. */
  readonly leadMs: number;
  /** Told of its words, whomever they are for. */
  readonly follower: UtteranceFollower | undefined;
  /** Told once whether it was for the bot. */
  readonly onDecided: (meant: boolean) => void;
  /** Words that its recogniser was given to expect. */
  readonly hints: readonly string[];
  /** Question of the same person shortly before, of which this may be the rest. */
  readonly before?: QueuedQuestion;
};

/** Longest time, in ms, until the words of a pause are there, whatever engines do; and for each ms of their sound. */
const [longestRecogniseMs, recogniseShare] = [20_000, 0.5];
/** Earlier utterances kept of a speaker who never stops talking. */
const mostEarlier = 5;

/** A transcript, and when it came. */
export type TimedTranscript = Transcript & { readonly atMs: number };

type TranscriptRequest = {
  readonly text: Promise<Transcript>;
  readonly stop: AbortController;
  words?: TimedTranscript;
};

/** Utterance that one person has not finished. */
export class OpenUtterance implements Disposable {
  readonly speakerId: string;
  readonly name: string;
  readonly fromMs: number;
  /** True when no other person was in the channel; newcomers do not change for whom it is. */
  readonly isAlone: boolean;
  /** Words that its recogniser was given to expect. */
  readonly hints: readonly string[];
  /** The answer to it, where one is being prepared. */
  pending: PendingAnswer | undefined;
  /** The words it rests on, while those of the recogniser were not final. */
  guess: string | undefined;
  /** The bot was speaking meanwhile. */
  overlaps = false;
  /** Something else could be heard meanwhile: the bot, a track, or another person. */
  isAmongSounds = false;
  /** Where its sound goes besides, as it comes. */
  live: LiveAudio | undefined;
  /** Latest partial of a streaming recogniser. */
  partial: string | undefined;
  /** Voice evidence up to its latest pause. */
  evidence: Evidence | undefined;
  /** The latest text of it, which may still change. */
  understood: string | undefined;
  #follower: UtteranceFollower | undefined;
  #isDecided = false;
  readonly #spokenFromMs: number;
  readonly #leadMs: number;
  readonly #onDecided: (meant: boolean) => void;
  #lastSoundAtMs: number;
  #before: QueuedQuestion | undefined;
  readonly #listening: HeldListening;
  readonly #clock: Clock;
  #soundMs = 0;
  #asked: TranscriptRequest | undefined;

  constructor({
    speakerId,
    name,
    fromMs,
    isAlone,
    listening,
    clock,
    before,
    spokenFromMs,
    leadMs,
    follower,
    onDecided,
    hints,
  }: OpenUtteranceOptions) {
    this.hints = hints;
    this.speakerId = speakerId;
    this.name = name;
    this.fromMs = fromMs;
    this.isAlone = isAlone;
    this.#listening = listening;
    this.#clock = clock;
    this.#before = before;
    this.#spokenFromMs = spokenFromMs;
    this.#leadMs = leadMs;
    this.#follower = follower;
    this.#onDecided = onDecided;
    this.#lastSoundAtMs = clock.nowMs();
  }

  /** Whether its words are wanted whomever they are for. */
  get isFollowed(): boolean {
    return this.#follower !== undefined;
  }

  /** Whether its sound goes to a recogniser. */
  get isRecognised(): boolean {
    return this.#listening.hasBegun;
  }

  get soundMs(): number {
    return this.#soundMs;
  }

  /** From its first voice to its latest sound, without the jitter of the network at its beginning. */
  get spokenSoFar(): { readonly fromMs: number; readonly toMs: number } {
    return { fromMs: this.#spokenFromMs, toMs: this.#lastSoundAtMs };
  }

  /** Sends its sound to the recogniser, from its beginning on, as its words are needed. */
  recognise(): void {
    this.#listening.begin();
  }

  /** Question that this continues: said just before, not answered to its end, and meant for the bot as far as is known. */
  get before(): QueuedQuestion | undefined {
    const before = this.#before;
    const dropped = before?.handle.dropped;
    const isOpen = dropped === undefined || dropped === 'continued';
    return isOpen && before?.isMeant !== false ? before : undefined;
  }

  /** True when it is decided whether the utterance before, which this one goes on with, was meant. */
  get isSettled(): boolean {
    const { before } = this;
    return before === undefined || before.isMeant !== undefined;
  }

  /** Sets the utterance that this one goes on with, if any. */
  goOnWith(before: QueuedQuestion | undefined): void {
    this.#before = before;
  }

  /** Earlier utterances for the bot that are answered together with it, oldest first. */
  get earlier(): readonly TurnUtterance[] {
    const { before } = this;
    if (!before?.isMeant) return [];
    const said = before.words ? before.said : wordless(before.said);
    return [...before.earlier, said].slice(-mostEarlier);
  }

  hear(sound: Int16Array): void {
    this.#soundMs += (sound.length / listenRateHz) * 1_000;
    this.#lastSoundAtMs = this.#clock.nowMs();
    this.#listening.push(sound);
    this.live?.hear(sound);
  }

  /** Result of `text` in this pause, once there is one. */
  get words(): TimedTranscript | undefined {
    return this.#asked?.words;
  }

  /** Whether its words up to this pause, or its end, were asked for. */
  get isAsked(): boolean {
    return this.#asked !== undefined;
  }

  /** All words so far, which may still change. */
  heardPartly(text: string): void {
    this.understood = text;
    this.#follower?.partial(text);
  }

  /** Content of the utterance; without `evidence` its words alone decide. */
  content(evidence: Evidence | undefined): UtteranceContent {
    const { words } = this;
    const held = evidence
      ? contentOf({ evidence, text: words?.text, hints: this.hints })
      : contentOfWords(words);
    return held === 'words' && words
      ? { kind: 'text', transcript: shiftTranscript(words, -this.#leadMs) }
      : asContent(held);
  }

  /** Ends it, and reports its words and for whom they were. Only the first call counts. */
  ended(
    content: UtteranceContent,
    spoken: { readonly fromMs: number; readonly toMs: number },
    meant: boolean,
  ): void {
    if (this.#isDecided) return;
    this.#isDecided = true;
    this.#onDecided(meant);
    this.#follower?.ended({ ...content, ...spoken, meant });
    this.#follower = undefined;
  }

  /** Everything up to this pause as it is understood; recognised once a pause. Errors: as `Listening.settle`. */
  text(): Promise<Transcript> {
    if (this.#isDecided && !this.#asked) return Promise.resolve({ text: '' }); // its words were not needed
    this.#asked ??= this.#ask();
    return this.#asked.text;
  }

  /** Whether the words its answer was begun on are not those it turned out to be; to be asked once those are there, or failed. */
  get isGuessWrong(): boolean {
    return this.guess !== undefined && !sameWords(this.guess, this.words?.text ?? '');
  }

  /** Whether this text is still that of the pause. */
  isAsking(text: Promise<Transcript>): boolean {
    return this.#asked?.text === text;
  }

  /** The pause was none: what was made of it is void. */
  goOn(): void {
    this.#asked?.stop.abort(new Error('the speaker went on'));
    this.#asked = undefined;
    this.#follower?.resumed();
    this.forgetAnswer();
  }

  forgetAnswer(): void {
    this.pending?.discard();
    this.pending = undefined;
    this.guess = undefined;
  }

  [Symbol.dispose](): void {
    this.live?.close();
    this.forgetAnswer();
    this.#before = undefined;
    const isKnown = this.understood !== undefined && this.understood.trim() !== '';
    const transcript = { text: this.understood ?? '' };
    this.ended(
      isKnown ? { kind: 'text', transcript } : { kind: 'not-understood' },
      this.spokenSoFar,
      false,
    );
    this.#listening[Symbol.dispose]();
  }

  #heardWholly({ text }: Transcript): void {
    this.understood = text;
    if (this.content(this.evidence).kind === 'text') this.#follower?.whole(text);
  }

  #ask(): TranscriptRequest {
    const stop = new AbortController();
    const longestMs = longestRecogniseMs + recogniseShare * this.#soundMs;
    const late = () => {
      const error = deadlineError(
        'recognise',
        `The recogniser returned no text in ${Math.round(longestMs / 1_000)} s.`,
      );
      stop.abort(error);
      return error;
    };
    const settled = unlessAborted(this.#listening.settle(stop.signal), stop.signal);
    const asked: TranscriptRequest = { text: within(settled, longestMs, this.#clock, late), stop };
    asked.text.then(
      (words) => {
        asked.words = { ...words, atMs: this.#clock.nowMs() };
        if (this.#asked === asked) this.#heardWholly(words);
      },
      () => undefined, // whoever answers asks again and tells
    );
    return asked;
  }
}

function contentOfWords(words: Transcript | undefined): ReturnType<typeof contentOf> {
  if (!words) return 'not-understood';
  return words.text.trim() === '' ? 'no-words' : 'words';
}

function asContent(held: ReturnType<typeof contentOf>): UtteranceContent {
  return { kind: held === 'no-words' ? held : 'not-understood' };
}

/** An utterance whose recogniser failed, with empty text: a model that hears may still take it. */
function wordless(said: TurnUtterance): TurnUtterance {
  return { ...said, transcript: async () => ({ text: '' }) };
}

/** An utterance in the form of a pipeline. */
export function said(
  { fromMs, toMs, pcm }: Utterance,
  speakerId: string,
  name: string,
  transcript: () => Promise<Transcript>,
): TurnUtterance {
  return { speakerId, name, fromMs, toMs, pcm, transcript };
}
