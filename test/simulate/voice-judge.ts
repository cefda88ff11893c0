import type { Hold } from './simulated-step.ts';

/** Sentences in a row that fail before the rest of an answer is only written. */
const maxFailed = 2;
/** Latest sentences whose end may not be known yet, as they are made ahead. */
const unknownSentences = 2;

/** Judges that a voice which has failed is not asked again and again. */
export class VoiceJudge {
  readonly #hold;
  /** Sentences of each answer, in the order in which the voice was asked for them, and whether it failed. */
  readonly #sentences = new Map<string, Map<string, boolean>>();

  constructor(hold: Hold) {
    this.#hold = hold;
  }

  /** The voice is asked for a text. */
  checkAsked(text: string): void {
    const sentences = this.#findSentences(text);
    if (!sentences || sentences.has(text)) return;
    const known = [...sentences.values()].slice(0, -unknownSentences);
    const latest = known.slice(-maxFailed);
    const isDead =
      latest.length === maxFailed && latest.every((hasFailed) => hasFailed);
    this.#hold(118, !isDead, text);
    sentences.set(text, false);
  }

  /** The voice has ended a text, or failed. Another engine may have said it then. */
  noteOver(text: string, hasFailed: boolean): void {
    this.#findSentences(text)?.set(text, hasFailed);
  }

  /** Sentences of the answer that a text belongs to; undefined: of none, or it does not tell. */
  #findSentences(text: string) {
    const [answer] = text.match(/^Answer \d+/) ?? [];
    if (answer === undefined) return undefined;
    const sentences = this.#sentences.get(answer) ?? new Map<string, boolean>();
    this.#sentences.set(answer, sentences);
    return sentences;
  }
}
