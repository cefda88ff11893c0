import { BotError } from '#src/base/errors.ts';
import { englishLanguageName } from '#src/base/language-name.ts';
import { deadlineSignal } from '#src/base/waiting.ts';
import type { ChannelNotices } from '#src/notices/notice.ts';
import { readTranslations, translationPrompt } from '#src/pipeline/translation-prompt.ts';
import { deadlineError } from '#src/ports/failure-event.ts';
import { baseLanguage } from '#src/speech/hints.ts';
import { paidCompletion } from '#src/spending/paid-completion.ts';
import { visibleLine } from '#src/texts/visible-line.ts';
import type { CaptionDeps } from './store/transcript-ports.ts';
import { wordsOf } from './store/word-index.ts';
import type { TranscriptLine } from './transcript-line.ts';
import type { TranscriptRecorder } from './transcript-recorder.ts';

/** Longest time, in ms, for one request. */
const longestMs = 30_000;
/** Lines that wait, and are translated together then; the oldest are given up first. */
const mostWaiting = 20;
const malformed = 'The chat model translated no line of a request for translations.';

/**
 * Translations of the captions of one session, below their line, shown and not kept. The chat model translates one request at a time,
 * with all lines that wait for it: `/audio/translations` of speech servers knows only English. Never throws.
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

  /** Language into which speech from now on is translated, BCP 47; undefined: into none. */
  into(language: string | undefined): void {
    this.#waiting = [];
    this.#language = language;
  }

  /** Takes a line that is over; one that has no words or is in that language already stays as it is. */
  add(line: TranscriptLine): void {
    const language = this.#language;
    if (language === undefined || visibleLine(line.text) === '') return;
    if (line.language && baseLanguage(line.language) === baseLanguage(language)) return;
    this.#waiting = [...this.#waiting, line].slice(-mostWaiting);
    this.#working = this.#working.then(() => this.#translate());
  }

  /** Translates the lines that wait; those of a request that fails stay as they were said. Never throws. */
  async #translate() {
    const notices = this.#notices;
    const batch = this.#waiting.filter((line) => this.#recorder.mayShow(line));
    this.#waiting = [];
    const language = this.#language;
    if (language === undefined || batch.length === 0) return;
    const prompt = translationPrompt(batch, englishLanguageName(language));
    const order = { guildId: this.#guildId, kind: 'translation', personId: '' } as const;
    const late = `A translation took longer than ${longestMs / 1000} s.`;
    using deadline = deadlineSignal(longestMs, this.#deps.clock, () =>
      deadlineError('think', late),
    );
    try {
      const reply = await paidCompletion(order, prompt, this.#deps, deadline.signal, ({ news }) => {
        if (news) notices.post(news);
      });
      if (typeof reply !== 'string') {
        if (reply.isNews()) notices.post(reply.line);
        return;
      }
      const translated = readTranslations(reply, batch);
      if (translated.size === 0) throw new BotError('answer.malformed', true, malformed);
      if (language === this.#language) this.#show(translated);
    } catch (error) {
      notices.reportFailure(error, 'think');
      if (!this.#isReported) notices.post({ id: 'captions.translate.off' });
      this.#isReported = true;
    }
  }

  #show(translated: ReadonlyMap<TranscriptLine, string>) {
    for (const [line, text] of translated) {
      const isOther = wordsOf(text).join() !== wordsOf(line.text).join();
      if (isOther && this.#recorder.mayShow(line)) this.#recorder.live.translate(line.number, text);
    }
  }
}
