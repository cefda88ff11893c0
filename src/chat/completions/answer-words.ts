import type { ChatPart, ToolCall } from '#src/chat/chat-model.ts';
import { createCallId } from '#src/provider/call-id.ts';
import { AnswerText, type AnswerTextOptions, type TextFault } from './answer-text.ts';

/** So many characters of the base64 alphabet without a space are no words of any language. */
const minEncodedChars = 200;
/** Base64 is written in lines of 64 or 76 characters, or in one. */
const minLineChars = 60;

/** Kinds of parts that hold words of a model. */
export type WordKind = 'text' | 'transcript';

/**
 * The words of one answer, of any pipeline: what is written, and the transcript of what is spoken. No words of a model
 * pass beside this place.
 *
 * @example
 * import { AnswerWords } from '#src/chat/completions/answer-words.ts';
 *
 * const words = new AnswerWords({ tools: [], ownNames: ['Nova'], people: ['Ben'], isThinking: false });
 * [...words.push('text', 'It is four.<|im_'), ...words.release(false)]; // [{ kind: 'text', text: 'It is four.' }]
 */
export class AnswerWords {
  readonly #textByKind: Readonly<Record<WordKind, AnswerText>>;
  readonly #filterByKind: Readonly<Record<WordKind, EncodedTextFilter>> = {
    text: new EncodedTextFilter(1),
    // A transcript keeps up with its sound.
    transcript: new EncodedTextFilter(minLineChars / 2),
  };
  #hasWords = false;

  /** `spokenTools` are those that a transcript may call in writing. */
  constructor(options: AnswerTextOptions, spokenTools: readonly string[] = []) {
    const spoken = { ...options, tools: spokenTools, onJudged: undefined };
    this.#textByKind = {
      text: new AnswerText(options),
      transcript: new AnswerText(spoken),
    };
  }

  /** Whether any words were yielded, or a judgement was read. */
  get hasWords(): boolean {
    return this.#hasWords || this.#textByKind.text.hasJudgement;
  }

  /** Whether the written answer has ended, whatever follows. */
  get hasEnded(): boolean {
    return this.#textByKind.text.hasEnded;
  }

  /** Whether so much came after the end that the stream need not be read on. */
  get isOver(): boolean {
    return this.#textByKind.text.isOver;
  }

  /** Faults of the server that show in the words so far. */
  get faults(): readonly TextFault[] {
    const { text, transcript } = this.#textByKind;
    const hasEncoded = Object.values(this.#filterByKind).some(
      ({ hasDropped }) => hasDropped,
    );
    const encodedFaults: TextFault[] = hasEncoded ? [{ unknownMark: 'base64' }] : [];
    return [...text.faults, ...transcript.faults, ...encodedFaults];
  }

  /** Lists the calls that the model wrote as text, each with a new id. Complete after `release`. */
  listCalls(): readonly ToolCall[] {
    const { text, transcript } = this.#textByKind;
    return [...text.calls, ...transcript.calls].map((call) => ({
      ...call,
      id: createCallId(),
    }));
  }

  /** Yields the words that a piece of text completes. */
  *push(kind: WordKind, text: string): Generator<ChatPart> {
    const words = this.#textByKind[kind].push(text);
    yield* this.#show(kind, this.#filterByKind[kind].push(words));
  }

  /** Yields the words held back. `isCut` means that the answer broke off here. */
  *release(isCut: boolean): Generator<ChatPart> {
    for (const kind of ['text', 'transcript'] as const) {
      const filter = this.#filterByKind[kind];
      const words = filter.push(this.#textByKind[kind].flush(isCut));
      yield* this.#show(kind, words + filter.flush());
    }
  }

  *#show(kind: WordKind, text: string): Generator<ChatPart> {
    if (text === '') return;
    this.#hasWords = true;
    yield { kind, text };
  }
}

/**
 * Leaves sound and pictures in base64 out of a text that comes in any pieces. A last word from `minHeldChars` on is
 * held back until it ends.
 */
class EncodedTextFilter {
  /** Whether anything was left out. */
  hasDropped = false;
  /** The last word so far, or several lines that may be encoded. */
  #held = '';
  /** So much of that was returned already. */
  #shownChars = 0;
  #heldChars = 0;
  #lineChars = 0;
  #isDropping = false;
  readonly #minHeldChars: number;
  /** A long address is no encoded text. */
  #isAddress = false;
  #isBehindColon = false;

  constructor(minHeldChars: number) {
    this.#minHeldChars = minHeldChars;
  }

  /** Adds text, and returns the words before the last one. */
  push(text: string): string {
    let words = '';
    for (const character of text) {
      if (isEncoded(character)) this.#hold(character);
      else if (/[\r\n]/.test(character) && this.#lineChars >= minLineChars)
        this.#breakLine(character);
      else words += this.#endWord(character);
    }
    return words + this.#showShortWord();
  }

  #showShortWord() {
    if (this.#held.length >= this.#minHeldChars || this.#isDropping) return '';
    const word = this.#held.slice(this.#shownChars);
    this.#shownChars = this.#held.length;
    return word;
  }

  /** Returns the last word. */
  flush(): string {
    return this.#endWord('');
  }

  #hold(character: string) {
    this.#lineChars++;
    if (this.#isDropping && this.#held === '') return;
    this.#held += character;
    this.#heldChars++;
    if (this.#heldChars < minEncodedChars && !this.#continuesEncodedLines()) return;
    if (this.#isInAddress || !/[A-Za-z0-9]/.test(this.#held)) return;
    this.#isDropping = true;
    this.hasDropped = true;
    this.#clearHeld();
  }

  #clearHeld() {
    this.#held = '';
    this.#heldChars = 0;
    this.#shownChars = 0;
  }

  #continuesEncodedLines() {
    return this.#isDropping && this.#lineChars >= minLineChars;
  }

  #breakLine(character: string) {
    this.#lineChars = character === '\r' ? this.#lineChars : 0;
    this.#held += character;
  }

  #endWord(character: string) {
    // The last line of encoded text is short, and nothing stands behind it on the line.
    const isLastLine = this.#isDropping && /^[\r\n]?$/.test(character);
    const word = isLastLine ? '' : this.#held.slice(this.#shownChars);
    this.#isAddress = this.#isInAddress && !/\s/.test(character);
    this.#isBehindColon = character === ':';
    this.#clearHeld();
    this.#lineChars = 0;
    this.#isDropping = false;
    return word + character;
  }

  get #isInAddress() {
    return this.#isAddress || (this.#isBehindColon && this.#held.startsWith('//'));
  }
}

function isEncoded(character: string) {
  return /[A-Za-z0-9+/_=-]/.test(character);
}
