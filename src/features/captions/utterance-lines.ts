import { finalLine } from '#src/features/captions/live/line-rendering.ts';
import type { LiveCaptions } from '#src/features/captions/live/live-captions.ts';
import type {
  BegunUtterance,
  SpokenSegment,
  UtteranceFollower,
  UtteranceResult,
} from '#src/ports/feature-session.ts';
import type { Transcript } from '#src/speech/ports.ts';
import type { TranscriptLine, TranscriptSpeaker } from './transcript-line.ts';
import type { TranscriptRecorder } from './transcript-recorder.ts';

export type UtteranceLinesOptions = {
  readonly recorder: TranscriptRecorder;
  readonly live: LiveCaptions;
  /** Instant of the notice, in ms of the monotonic clock: utterances that began earlier are not written. */
  readonly fromMs: number;
  readonly botName: string;
  /** Whether what this person says may be written now. */
  readonly mayWrite: (personId: string) => boolean;
  /** Whether their yes is for this session only. */
  readonly isBrief: (personId: string) => boolean;
  /** A line is final. */
  readonly onFinal: (line: TranscriptLine) => void;
};

/** Follower of what is not written. */
export const unwritten: UtteranceFollower = {
  partial: () => undefined,
  whole: () => undefined,
  resumed: () => undefined,
  ended: () => undefined,
};

/** Shortest time, in ms, between two changes of the line of what the bot is saying. */
const sayingMs = 1_500;

/** Makes lines of what people and the bot say: shown while they speak, kept once they have ended. */
export class UtteranceLines {
  readonly #options: UtteranceLinesOptions;
  /** Utterances that go on, by the number of their line. */
  readonly #open = new Map<number, BegunUtterance>();
  readonly #sayings = new Map<object, { readonly number: number; shownAtMs: number }>();

  constructor(options: UtteranceLinesOptions) {
    this.#options = options;
  }

  /** Handles an utterance that begins; one that began before the notice is not written. */
  began(begun: BegunUtterance): UtteranceFollower | undefined {
    const { fromMs, recorder } = this.#options;
    if (begun.fromMs < fromMs) return undefined;
    const number = recorder.nextNumber();
    this.#open.set(number, begun);
    return {
      partial: (text) => this.#show(number, text, 'partial'),
      whole: (text) => this.#show(number, text, 'whole'),
      resumed: () => undefined,
      ended: (result) => this.#ended(number, result),
    };
  }

  /** Writes the words of the bot, unless it speaks to a person who is left out. */
  said(words: SpokenSegment, atMs: number): void {
    const { botName, live, mayWrite, recorder } = this.#options;
    if (words.text === '' || words.fromMs < this.#options.fromMs) return;
    if (!words.answeredIds.every(mayWrite)) {
      this.#unsay(words);
      return;
    }
    const saying = this.#sayings.get(words.key) ?? {
      number: recorder.nextNumber(),
      shownAtMs: Number.NEGATIVE_INFINITY,
    };
    this.#sayings.set(words.key, saying);
    const { number } = saying;
    const { answeredIds } = words;
    const speaker = { kind: 'bot', name: botName, answeredIds } as const;
    const startMs = recorder.sessionMs(words.fromMs);
    if (words.isOver) {
      this.#sayings.delete(words.key);
      const endMs = Math.max(startMs, recorder.sessionMs(words.toMs));
      const sessionId = recorder.session.id;
      const { text, isCut } = words;
      const line = { sessionId, number, speaker, startMs, endMs, text };
      this.#keep({ ...line, ...(isCut && { isCut }), ...this.#brief(answeredIds) });
    } else if (atMs - saying.shownAtMs >= sayingMs) {
      saying.shownAtMs = atMs;
      live.put({ number, speaker, startMs, text: words.text, state: 'partial' });
    }
  }

  /** Removes the line that showed these words while the bot said them. */
  #unsay({ key }: SpokenSegment): void {
    const saying = this.#sayings.get(key);
    this.#sayings.delete(key);
    if (saying) this.#options.live.remove([saying.number]);
  }

  /** Nothing more is written of what this person is saying. */
  drop(personId: string): void {
    for (const [number, { speakerId }] of this.#open) {
      if (speakerId !== personId) continue;
      this.#open.delete(number);
      this.#options.live.remove([number]);
    }
  }

  #ended(number: number, result: UtteranceResult): void {
    const begun = this.#open.get(number);
    this.#open.delete(number);
    if (!begun) return;
    const { live, mayWrite } = this.#options;
    const isWanted = result.kind !== 'withdrawn' && mayWrite(begun.speakerId);
    if (isWanted && result.kind !== 'no-words') this.#keep(this.#lineOf(number, begun, result));
    else live.remove([number]);
  }

  #show(number: number, text: string, state: 'partial' | 'whole'): void {
    const open = this.#open.get(number);
    if (!open || !this.#options.mayWrite(open.speakerId)) return;
    const { live, recorder } = this.#options;
    const startMs = recorder.sessionMs(open.fromMs);
    live.put({ number, speaker: speakerOf(open), startMs, text, state });
  }

  #lineOf(number: number, begun: BegunUtterance, result: UtteranceResult): TranscriptLine {
    const { recorder } = this.#options;
    const startMs = recorder.sessionMs(result.fromMs);
    const transcript: Transcript = result.kind === 'text' ? result.transcript : { text: '' };
    const line = {
      sessionId: recorder.session.id,
      number,
      speaker: speakerOf(begun),
      startMs,
      endMs: Math.max(startMs, recorder.sessionMs(result.toMs)),
      text: transcript.text.trim(),
      ...this.#brief([begun.speakerId]),
    };
    const { language, confidence, words } = transcript;
    return {
      ...line,
      language,
      confidence,
      words: words?.map((word) => within(word, line)),
    };
  }

  #keep(line: TranscriptLine): void {
    const { live, onFinal, recorder } = this.#options;
    recorder.put({ ...line, post: live.placeOf(line.number) });
    live.put(finalLine(line));
    onFinal(line);
  }

  #brief(personIds: readonly string[]): { readonly isBrief?: true } {
    return personIds.some(this.#options.isBrief) ? { isBrief: true } : {};
  }
}

function speakerOf({ speakerId, name }: BegunUtterance): TranscriptSpeaker {
  return { kind: 'person', personId: speakerId, name };
}

type Word = NonNullable<Transcript['words']>[number];

/** A word in ms of the session, within its line. */
function within(word: Word, { startMs, endMs }: { startMs: number; endMs: number }): Word {
  const at = (ms: number) => Math.min(endMs, startMs + Math.round(ms));
  return { ...word, startMs: at(word.startMs), endMs: at(word.endMs) };
}
