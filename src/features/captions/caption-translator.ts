import { createDeadlineSignal } from '#src/base/bounded-wait.ts';
import { BotError } from '#src/base/errors.ts';
import type { GuildId } from '#src/base/ids.ts';
import { isSameLanguage } from '#src/base/language/expected-language.ts';
import { getEnglishLanguageName } from '#src/base/language-name.ts';
import type { ChannelNotices } from '#src/notices/channel-notices.ts';
import {
  createTranslationPrompt,
  parseTranslations,
} from '#src/pipeline/translation-prompt.ts';
import { createDeadlineError } from '#src/ports/failure-event.ts';
import { completeForMoney } from '#src/spending/paid-completion.ts';
import type { TranscriptLine } from '#src/stores/transcripts/transcript-line.ts';
import { splitIntoSearchWords } from '#src/stores/transcripts/transcript-tables.ts';
import { toVisibleLine } from '#src/texts/visible-line.ts';
import type { CaptionDeps } from './transcripts/transcript-stores.ts';

const translationTimeoutMs = 30_000;
/** The oldest line above this limit stays untranslated. */
const maxWaitingLines = 20;
const lateText = `A translation took longer than ${translationTimeoutMs / 1000} s.`;
const malformedReplyText =
  'The chat model translated no line of a request for translations.';

type TranslatorDeps = Pick<CaptionDeps, 'chat' | 'clock' | 'spending'>;

/** The lines of a session, as their translator asks for them. */
type TranslatedLines = {
  /** Tests whether a line and its translation may still be shown. */
  readonly mayShowLine: (line: TranscriptLine) => boolean;
  readonly setTranslation: (number: number, text: string) => void;
};

/** Translates finished lines of a session, several with one request. Never throws. */
export class CaptionTranslator {
  readonly #guildId: GuildId;
  readonly #notices: Pick<ChannelNotices, 'post' | 'reportFailure'>;
  readonly #deps: TranslatorDeps;
  readonly #shown: TranslatedLines;
  #language: string | undefined;
  #waitingLines: readonly TranscriptLine[] = [];
  #work = Promise.resolve();
  #isReported = false;

  constructor(
    guildId: GuildId,
    notices: Pick<ChannelNotices, 'post' | 'reportFailure'>,
    deps: TranslatorDeps,
    shown: TranslatedLines,
  ) {
    this.#guildId = guildId;
    this.#notices = notices;
    this.#deps = deps;
    this.#shown = shown;
  }

  /** Sets the target language (BCP 47). Undefined ends translation. */
  setLanguage(tag: string | undefined): void {
    this.#waitingLines = [];
    this.#language = tag;
  }

  /** Has a line translated, unless it is empty or in the target language. */
  addLine(line: TranscriptLine): void {
    if (this.#language === undefined || toVisibleLine(line.text) === '') return;
    if (line.language && isSameLanguage(line.language, this.#language)) return;
    this.#waitingLines = [...this.#waitingLines, line].slice(-maxWaitingLines);
    this.#work = this.#work.then(() => this.#translateWaiting());
  }

  async #translateWaiting() {
    const lines = this.#waitingLines.filter(this.#shown.mayShowLine);
    this.#waitingLines = [];
    const language = this.#language;
    if (language === undefined || lines.length === 0) return;
    try {
      const translations = await this.#requestTranslations(lines, language);
      if (language === this.#language) this.#showTranslations(translations);
    } catch (error) {
      this.#notices.reportFailure(error, 'think');
      if (!this.#isReported) this.#notices.post({ id: 'captions.translate.off' });
      this.#isReported = true;
    }
  }

  async #requestTranslations(lines: readonly TranscriptLine[], language: string) {
    const prompt = createTranslationPrompt(lines, getEnglishLanguageName(language));
    const order = {
      guildId: this.#guildId,
      kind: 'translation',
    } as const;
    using deadline = createDeadlineSignal(translationTimeoutMs, this.#deps.clock, () =>
      createDeadlineError('think', lateText),
    );
    const { signal } = deadline;
    const reply = await completeForMoney(
      order,
      prompt,
      this.#deps,
      signal,
      ({ news }) => {
        if (news) this.#notices.post(news);
      },
    );
    if (typeof reply !== 'string') {
      if (reply.isNews()) this.#notices.post(reply.line);
      return new Map<TranscriptLine, string>();
    }
    const translations = parseTranslations(reply, lines);
    if (translations.size > 0) return translations;
    throw new BotError('answer.malformed', true, malformedReplyText);
  }

  #showTranslations(translations: ReadonlyMap<TranscriptLine, string>) {
    for (const [line, text] of translations) {
      const isOther =
        splitIntoSearchWords(text).join() !== splitIntoSearchWords(line.text).join();
      if (isOther && this.#shown.mayShowLine(line))
        this.#shown.setTranslation(line.number, text);
    }
  }
}
