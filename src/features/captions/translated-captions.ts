import type { SessionContext } from '#src/conversation/session-context.ts';
import type { LiveCaptions } from '#src/features/captions/live/live-captions.ts';
import { CaptionTranslator } from './caption-translator.ts';
import { peopleIn, type TranscriptLine } from './transcript-line.ts';
import type { TranscriptRecorder } from './transcript-recorder.ts';

export type TranslatedCaptionsOptions = {
  readonly live: LiveCaptions;
  readonly recorder: TranscriptRecorder;
};

/** Translations of the captions of one session, below their line. They are shown, and not kept. Never throws. */
export class TranslatedCaptions {
  readonly #context: SessionContext;
  readonly #options: TranslatedCaptionsOptions;
  #language: string | undefined;
  #translator: CaptionTranslator | undefined;

  constructor(context: SessionContext, options: TranslatedCaptionsOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** Language into which what is said from now on is translated, BCP 47; undefined: into none. */
  into(language: string | undefined): void {
    if (language === this.#language) return;
    this.#language = language;
    void this.close(0);
    if (language !== undefined) this.#translator = this.#newTranslator(language);
  }

  /** A line is over. */
  add(line: TranscriptLine): void {
    this.#translator?.add(line);
  }

  /** Lines are forgotten, and their translations with them. */
  remove(numbers: readonly number[]): void {
    this.#translator?.drop(numbers);
  }

  /** Resolves when what was said is translated and shown, or after `ms`. */
  async close(ms: number): Promise<void> {
    const translator = this.#translator;
    this.#translator = undefined;
    await translator?.close(ms);
  }

  #newTranslator(language: string): CaptionTranslator {
    const { channel, gate, notice, parts } = this.#context;
    const { live, recorder } = this.#options;
    return new CaptionTranslator({
      guildId: channel.guildId,
      parts,
      language,
      mayShow: ({ number, speaker }) =>
        recorder.line(number) !== undefined && peopleIn(speaker).every((id) => gate.mayWrite(id)),
      onTranslated: (line, said) => {
        if (language === this.#language) live.translate(line.number, said);
      },
      notice,
    });
  }
}
