import { piecesIn } from '#bench/manners/marks.ts';
import { HonestRecogniser } from '#bench/manners/minds.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import type { Transcriber, TranscriptUpdate } from '#src/speech/ports.ts';

type RecogniserParts = ConstructorParameters<typeof HonestRecogniser>;

export type LanguageRecogniserOptions = {
  /** Language of an utterance, by its number. */
  readonly languageOf: (utterance: number) => string | undefined;
  /** It tells the language of what it hears; otherwise words alone. */
  readonly reports: boolean;
  /** Languages it was told before it heard an utterance, by its number. */
  readonly hints: Map<number, string>;
};

/** A recogniser without mistakes that takes a hint of the language, and may tell it. */
export class LanguageRecogniser implements Transcriber {
  readonly #parts: RecogniserParts;
  readonly #options: LanguageRecogniserOptions;
  readonly #hint: string | undefined;

  constructor(parts: RecogniserParts, options: LanguageRecogniserOptions, hint?: string) {
    this.#parts = parts;
    this.#options = options;
    this.#hint = hint;
  }

  inLanguage(language: string): Transcriber {
    return new LanguageRecogniser(this.#parts, this.#options, language);
  }

  async *transcribe(pcm: Pcm, signal: AbortSignal): AsyncGenerator<TranscriptUpdate> {
    const { languageOf, reports, hints } = this.#options;
    const utterance = piecesIn(pcm.samples)[0]?.utterance ?? 0;
    if (this.#hint !== undefined) hints.set(utterance, this.#hint);
    const language = reports ? languageOf(utterance) : undefined;
    for await (const update of new HonestRecogniser(...this.#parts).transcribe(pcm, signal)) {
      if (update.kind === 'partial' || language === undefined) yield update;
      else yield { kind: 'final', transcript: { ...update.transcript, language } };
    }
  }
}
