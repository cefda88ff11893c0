import { createDeadlineSignal } from '#src/base/bounded-wait.ts';
import { BotError } from '#src/base/errors.ts';
import { getEnglishLanguageName } from '#src/base/language-name.ts';
import type { ChannelNotices } from '#src/notices/channel-notices.ts';
import {
  createTranslationPrompt,
  parseTranslations,
} from '#src/pipeline/translation-prompt.ts';
import { createDeadlineError } from '#src/ports/failure-event.ts';
import { toBaseLanguage } from '#src/speech/hints.ts';
import { completeForMoney } from '#src/spending/paid-completion.ts';
import { toVisibleLine } from '#src/texts/visible-line.ts';
import type { CaptionDeps } from './store/transcript-stores.ts';
import { splitIntoSearchWords } from './store/word-index.ts';
import type { TranscriptLine } from './transcript-line.ts';
import type { TranscriptRecorder } from './transcript-recorder.ts';

const translationTimeoutMs = 30_000;
/** The oldest line above this limit stays untranslated. */
const maxWaitingLines = 20;
const malformedReplyText =
  'The chat model translated no line of a request for translations.';

/**
 * Shows translations below captions. They are not kept. `/audio/translations` only gives English,
 * so the chat model translates. Never throws.
 */
export class CaptionTranslator {
  readonly #guildId;
  readonly #notices;
  readonly #deps;
  readonly #recorder;
  #language: string | undefined;
  #waiting: readonly TranscriptLine[] = [];
  #working = Promise.resolve();
  #isReported = false;

  constructor(
    guildId: GuildId,
    notices: ChannelNotices,
    deps: Pick<CaptionDeps, 'chat' | 'clock' | 'spending'>,
    recorder: TranscriptRecorder,
  ) {
    this.#guildId = guildId;
    this.#notices = notices;
    this.#deps = deps;
    this.#recorder = recorder;
  }

  /** BCP 47. Undefined ends translation. */
  setLanguage(language: string | undefined) {
    this.#waiting = [];
    this.#language = language;
  }

  addLine(line: TranscriptLine) {
    const language = this.#language;
    if (language === undefined || toVisibleLine(line.text) === '') return;
    if (line.language && toBaseLanguage(line.language) === toBaseLanguage(language))
      return;
    this.#waiting = [...this.#waiting, line].slice(-maxWaitingLines);
    this.#working = this.#working.then(() => this.#translateWaiting());
  }

  /** Lines of a failed request stay as they are. Never throws. */
  async #translateWaiting() {
    const notices = this.#notices;
    const batch = this.#waiting.filter((line) => this.#recorder.mayShowLine(line));
    this.#waiting = [];
    const language = this.#language;
    if (language === undefined || batch.length === 0) return;
    const prompt = createTranslationPrompt(batch, getEnglishLanguageName(language));
    const order = {
      guildId: this.#guildId,
      kind: 'translation',
      personId: '',
    } as const;
    const late = `A translation took longer than ${translationTimeoutMs / 1000} s.`;
    using deadline = createDeadlineSignal(translationTimeoutMs, this.#deps.clock, () =>
      createDeadlineError('think', late),
    );
    try {
      const reply = await completeForMoney(
        order,
        prompt,
        this.#deps,
        deadline.signal,
        ({ news }) => {
          if (news) notices.post(news);
        },
      );
      if (typeof reply !== 'string') {
        if (reply.isNews()) notices.post(reply.line);
        return;
      }
      const translated = parseTranslations(reply, batch);
      if (translated.size === 0)
        throw new BotError('answer.malformed', true, malformedReplyText);
      if (language === this.#language) this.#showTranslations(translated);
    } catch (error) {
      notices.reportFailure(error, 'think');
      if (!this.#isReported) notices.post({ id: 'captions.translate.off' });
      this.#isReported = true;
    }
  }

  #showTranslations(translated: ReadonlyMap<TranscriptLine, string>) {
    for (const [line, text] of translated) {
      const isOther =
        splitIntoSearchWords(text).join() !== splitIntoSearchWords(line.text).join();
      if (isOther && this.#recorder.mayShowLine(line))
        this.#recorder.live.setTranslation(line.number, text);
    }
  }
}
