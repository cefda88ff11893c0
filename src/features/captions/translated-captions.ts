import type { SessionContext } from '#src/conversation/session-context.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { CaptionMessages } from './caption-messages.ts';
import { CaptionTranslator } from './caption-translator.ts';
import { peopleIn, type TranscriptLine } from './transcript-line.ts';
import type { TranscriptRecorder } from './transcript-recorder.ts';
import { shownLine } from './utterance-lines.ts';

export type TranslatedCaptionsOptions = {
  readonly live: CaptionMessages;
  readonly recorder: TranscriptRecorder;
  readonly onTranslated: (number: number, text: string, language: string) => void;
  /** Lines are not translated into a language of readers, for this reason. */
  readonly onUntranslated: (language: string, line: TextLine) => void;
};

/** Texts that say why nothing is translated. */
const failures: ReadonlySet<string> = new Set([
  'captions.translate.off',
  'captions.translate.none',
]);

/**
 * Translations of the captions of one session: below their line, and for readers of pages, each in their own language. They are
 * shown, and not kept. Never throws.
 */
export class TranslatedCaptions {
  readonly #context: SessionContext;
  readonly #options: TranslatedCaptionsOptions;
  /** Language of the chat. */
  #language: string | undefined;
  /** Languages of readers. */
  #others: ReadonlySet<string> = new Set();
  readonly #translators = new Map<string, CaptionTranslator>();

  constructor(context: SessionContext, options: TranslatedCaptionsOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** Language into which what is said from now on is translated, BCP 47; undefined: into none. */
  into(language: string | undefined): void {
    if (language === this.#language) return;
    this.#language = language;
    this.#languagesChanged();
  }

  /** Languages into which readers have what is said from now on translated. */
  alsoInto(languages: ReadonlySet<string>): void {
    this.#others = languages;
    this.#languagesChanged();
  }

  /** A line is over. */
  add(line: TranscriptLine): void {
    for (const translator of this.#translators.values()) translator.add(line);
  }

  /** Lines are forgotten, and their translations with them. */
  remove(numbers: readonly number[]): void {
    for (const translator of this.#translators.values()) translator.drop(numbers);
  }

  /** Resolves when what was said is translated and shown, or after `ms`. */
  async close(ms: number): Promise<void> {
    const translators = [...this.#translators.values()];
    this.#translators.clear();
    await Promise.all(translators.map((translator) => translator.close(ms)));
  }

  #languagesChanged(): void {
    const own = this.#language === undefined ? [] : [this.#language];
    const wanted = new Set([...own, ...this.#others]);
    for (const [language, translator] of this.#translators) {
      if (wanted.has(language)) continue;
      this.#translators.delete(language);
      void translator.close(0);
    }
    for (const language of wanted) {
      if (!this.#translators.has(language))
        this.#translators.set(language, this.#newTranslator(language));
    }
  }

  #newTranslator(language: string): CaptionTranslator {
    const { channel, gate, notice, parts } = this.#context;
    return new CaptionTranslator({
      guildId: channel.guildId,
      parts,
      language,
      mayShow: ({ number, speaker }) =>
        this.#options.recorder.line(number) !== undefined &&
        peopleIn(speaker).every((id) => gate.mayWrite(id)),
      onTranslated: (line, said) => this.#show(line, said, language),
      notice: (line) => {
        // The channel reads of its budget, whoever uses it; that a reader's translation fails is for that reader.
        if (language === this.#language || !failures.has(line.id)) notice(line);
        this.#options.onUntranslated(language, line);
      },
    });
  }

  #show(line: TranscriptLine, said: string, language: string): void {
    const { live, onTranslated } = this.#options;
    onTranslated(line.number, said, language);
    if (language === this.#language) live.translate({ ...shownLine(line), translation: said });
  }
}
