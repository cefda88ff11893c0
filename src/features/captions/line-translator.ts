import { createDeadlineSignal } from '#src/base/bounded-wait.ts';
import { BotError, createDeadlineError } from '#src/base/errors.ts';
import type { GuildId } from '#src/base/ids.ts';
import { isSameLanguage } from '#src/base/language/expected-language.ts';
import { getEnglishLanguageName } from '#src/base/language-name.ts';
import type { ChannelNotices } from '#src/notices/channel-notices.ts';
import {
  createTranslationPrompt,
  parseTranslations,
} from '#src/pipeline/translation-prompt.ts';
import { completeForMoney } from '#src/spending/paid-completion.ts';
import { splitIntoSearchWords } from '#src/stores/transcripts/transcript-tables.ts';
import { toVisibleLine } from '#src/texts/plain-text.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { CaptionDeps } from './transcripts/transcript-stores.ts';

const translationTimeoutMs = 30_000;
/** The oldest line above this limit stays untranslated. */
const maxWaitingLines = 20;
const lateText = `A translation took longer than ${translationTimeoutMs / 1000} s.`;
const malformedReplyText =
  'The chat model translated no line of a request for translations.';

type TranslatorDeps = Pick<CaptionDeps, 'chat' | 'clock' | 'spending'>;

/** Words of a person in one language (BCP 47), if that is known. */
type SpokenLine = { readonly text: string; readonly language?: string | undefined };

/** The lines of a session, as their translator asks for them. */
type TranslatedLines<Line> = {
  /** Tests whether a line and its translation may still be shown. */
  readonly mayShowLine: (line: Line) => boolean;
  readonly showTranslation: (line: Line, text: string) => void;
  /** Tells the channel once that lines stay untranslated. */
  readonly failureLine: TextLine;
};

/** Translates finished lines of a session, several with one request. Never throws. */
export class LineTranslator<Line extends SpokenLine> {
  readonly #guildId: GuildId;
  readonly #notices: Pick<ChannelNotices, 'post' | 'reportFailure'>;
  readonly #deps: TranslatorDeps;
  readonly #shown: TranslatedLines<Line>;
  #language: string | undefined;
  #waitingLines: readonly Line[] = [];
  #work = Promise.resolve();
  #isReported = false;

  constructor(
    guildId: GuildId,
    notices: Pick<ChannelNotices, 'post' | 'reportFailure'>,
    deps: TranslatorDeps,
    shown: TranslatedLines<Line>,
  ) {
    this.#guildId = guildId;
    this.#notices = notices;
    this.#deps = deps;
    this.#shown = shown;
  }

  /** Target language (BCP 47). Undefined while nothing is translated. */
  get language(): string | undefined {
    return this.#language;
  }

  /** Sets the target language (BCP 47). Undefined ends translation. */
  setLanguage(tag: string | undefined): void {
    this.#waitingLines = [];
    this.#language = tag;
  }

  /** Has a line translated, unless it is empty or in the target language. */
  addLine(line: Line): void {
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
      if (!this.#isReported) this.#notices.post(this.#shown.failureLine);
      this.#isReported = true;
    }
  }

  async #requestTranslations(lines: readonly Line[], language: string) {
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
      return new Map<Line, string>();
    }
    const translations = parseTranslations(reply, lines);
    if (translations.size > 0) return translations;
    throw new BotError('answer.malformed', true, malformedReplyText);
  }

  #showTranslations(translations: ReadonlyMap<Line, string>) {
    for (const [line, text] of translations) {
      const isOther =
        splitIntoSearchWords(text).join() !== splitIntoSearchWords(line.text).join();
      if (isOther && this.#shown.mayShowLine(line))
        this.#shown.showTranslation(line, text);
    }
  }
}
