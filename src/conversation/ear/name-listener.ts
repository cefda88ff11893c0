import { listenRateHz, type SoundPiece } from '#src/audio/pcm.ts';
import { createChildController, withTimeout } from '#src/base/bounded-wait.ts';
import type { GuildId } from '#src/base/ids.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import { UtteranceSound } from '#src/speech/listen.ts';
import type { Transcript, TranscriptionOptions } from '#src/speech/speech-engine.ts';
import { holdsName } from '#src/turn/addressing/addressing.ts';

/** Sound of the first look, which runs while the person still speaks: a greeting and the name. */
const firstSamples = 2 * listenRateHz;
/** New sound of each later look, while the person still speaks. */
const stepSamples = 4 * listenRateHz;
/** Longest sound of one look. It takes 0.9 s of one core: `src/speech/local/jobs/admit-job.ts`. */
const maxLookSamples = 5 * listenRateHz;
/** Sound that two looks share, so that no name is cut. */
const sharedSamples = listenRateHz;
/** A look that takes longer, its wait included, leaves the words to the usual recogniser. */
const maxLookMs = 1_500;
/** After a failed or late look the usual recogniser gets all sound for this time, so that a slow machine is not kept busy. */
const restMs = 30_000;

/** The result of looks at the sound of an utterance. */
export type NameJudgement = {
  /** The bot is named, or the local recogniser cannot tell. False once all sound was heard. */
  readonly mayBeNamed: boolean;
  /** The words of the latest look. Absent where it failed. */
  readonly transcript?: Transcript | undefined;
  /** These are all words of the utterance. */
  readonly isWhole: boolean;
};

/** The name to listen for, and who takes what was heard. */
export type NameListenerOptions = {
  readonly guildId: GuildId;
  readonly names: readonly string[];
  /** Names of people in the channel. Their words are no misspelt name of the bot. */
  readonly present: readonly string[];
  readonly transcription: Pick<TranscriptionOptions, 'hints' | 'language'>;
  /** Aborts when this person may not be heard any more. */
  readonly signal: AbortSignal;
  /** Called at most once. */
  readonly onJudged: (judgement: NameJudgement) => void;
  /** Called with the words up to a pause that do not name the bot. */
  readonly onPause: (transcript: Transcript) => void;
};

/** The local recogniser of a session, as long as it listens for the name of the bot within its time. */
export class NameEars {
  readonly #deps: Deps<'clock' | 'localRecogniser'>;
  #restUntilMs = Number.NEGATIVE_INFINITY;

  constructor(deps: Deps<'clock' | 'localRecogniser'>) {
    this.#deps = deps;
  }

  /** False where no local recogniser is there, and for a while after one was late. */
  get isAwake(): boolean {
    const { clock, localRecogniser } = this.#deps;
    return localRecogniser.isAvailable && clock.nowMs() >= this.#restUntilMs;
  }

  /** Begins to listen to one utterance. */
  listen(options: NameListenerOptions): NameListener {
    const onFailed = () => {
      this.#restUntilMs = this.#deps.clock.nowMs() + restMs;
    };
    return new NameListener(this.#deps, options, onFailed);
  }
}

/**
 * Listens for the name of the bot in one utterance by the local recogniser: at its begin while the person still speaks, then
 * in every few seconds of it, and in each pause. So all of it is heard, and a name at the begin is known before the end.
 */
export class NameListener implements Disposable {
  readonly #deps: Deps<'clock' | 'localRecogniser'>;
  readonly #options: NameListenerOptions;
  readonly #onFailed: () => void;
  readonly #sound = new UtteranceSound();
  readonly #ending: AbortController;
  /** Samples that were looked at. */
  #heardLength = 0;
  #isLooking = false;
  /** The end that is awaited: none, that of a pause, or that of the utterance. */
  #awaited: 'nothing' | 'pause' | 'verdict' = 'nothing';
  #transcript: Transcript | undefined;

  constructor(
    deps: Deps<'clock' | 'localRecogniser'>,
    options: NameListenerOptions,
    onFailed: () => void,
  ) {
    this.#deps = deps;
    this.#options = options;
    this.#onFailed = onFailed;
    this.#ending = createChildController(options.signal);
  }

  /** Adds sound, and looks at it if it is time. */
  push(pieces: readonly SoundPiece[]): void {
    if (this.#isOver) return;
    for (const { samples } of pieces) this.#sound.push(samples);
    const unheard = this.#sound.length - this.#heardLength;
    if (unheard >= (this.#heardLength === 0 ? firstSamples : stepSamples))
      void this.#look();
  }

  /** Looks at the rest of the sound, as the person pauses, or is done where `isEnded`. */
  pause(isEnded: boolean): void {
    if (this.#isOver) return;
    this.#awaited = isEnded ? 'verdict' : 'pause';
    void this.#look();
  }

  /** Stops listening, and drops the sound. */
  [Symbol.dispose](): void {
    this.#ending.abort(new Error('nobody listens for the name any more'));
    this.#sound.dropSound();
  }

  get #isOver() {
    return this.#ending.signal.aborted;
  }

  /** Never rejects. */
  async #look() {
    if (this.#isLooking) return;
    this.#isLooking = true;
    do await this.#hearNext();
    while (this.#awaited !== 'nothing' && this.#hasUnheard);
    this.#isLooking = false;
    if (!this.#isOver) this.#tellAwaited();
  }

  /** Hears the next part of the sound, if there is one, and judges it where it names the bot or cannot be heard. */
  async #hearNext() {
    if (!this.#hasUnheard) return;
    const from = this.#findStart();
    const to = Math.min(this.#sound.length, from + maxLookSamples);
    const transcript = await this.#recognise(from, to);
    if (this.#isOver) return;
    this.#heardLength = to;
    this.#transcript = transcript;
    const { names, present } = this.#options;
    if (!transcript || holdsName(transcript.text, names, present))
      this.#judge({ mayBeNamed: true, transcript, isWhole: false });
  }

  #tellAwaited() {
    const transcript = this.#transcript ?? { text: '' };
    const isWhole = this.#sound.length <= maxLookSamples;
    if (this.#awaited === 'verdict')
      this.#judge({ mayBeNamed: false, transcript, isWhole });
    if (this.#awaited === 'pause') this.#options.onPause(transcript);
    this.#awaited = 'nothing';
  }

  get #hasUnheard() {
    return !this.#isOver && !this.#sound.endsSilently(this.#heardLength);
  }

  /** Short speech is heard whole each time, as all its words are understood better than some. */
  #findStart() {
    if (this.#sound.length <= maxLookSamples) return 0;
    return Math.max(0, this.#heardLength - sharedSamples);
  }

  /** Recognises a part of the sound. Undefined if the recogniser fails, or is late. */
  async #recognise(from: number, to: number): Promise<Transcript | undefined> {
    const { clock, localRecogniser } = this.#deps;
    const { guildId, transcription } = this.#options;
    const samples = this.#sound.viewSamples(from, to).slice();
    const pcm = { samples, rateHz: listenRateHz, channels: 1 } as const;
    const look = createChildController(this.#ending.signal);
    try {
      const options = { ...transcription, guildId, isLive: true };
      const work = localRecogniser.recognise(pcm, look.signal, options);
      return await withTimeout(work, maxLookMs, clock, () => new Error('it was late'));
    } catch {
      if (!this.#isOver) this.#onFailed();
      return undefined;
    } finally {
      look.abort(new Error('this look is over'));
    }
  }

  #judge(judgement: NameJudgement) {
    this[Symbol.dispose]();
    this.#options.onJudged(judgement);
  }
}
