import { createDeadlineSignal } from '#src/base/bounded-wait.ts';
import { BotError } from '#src/base/errors.ts';
import type { GuildId } from '#src/base/ids.ts';
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
const lateText = `A translation took longer than ${translationTimeoutMs / 1000} s.`;
const malformedReplyText =
  'The chat model translated no line of a request for translations.';

export type CaptionTranslator = ReturnType<typeof createCaptionTranslator>;

export function createCaptionTranslator(
  guildId: GuildId,
  notices: Pick<ChannelNotices, 'post' | 'reportFailure'>,
  deps: Pick<CaptionDeps, 'chat' | 'clock' | 'spending'>,
  recorder: Pick<TranscriptRecorder, 'live' | 'mayShowLine'>,
) {
  let language: string | undefined;
  let waiting: readonly TranscriptLine[] = [];
  let working = Promise.resolve();
  let isReported = false;

  async function translateWaiting() {
    const batch = waiting.filter((line) => recorder.mayShowLine(line));
    waiting = [];
    const wanted = language;
    if (wanted === undefined || batch.length === 0) return;
    try {
      const translated = await requestTranslations(batch, wanted);
      if (wanted === language) showTranslations(translated);
    } catch (error) {
      notices.reportFailure(error, 'think');
      if (!isReported) notices.post({ id: 'captions.translate.off' });
      isReported = true;
    }
  }

  async function requestTranslations(batch: readonly TranscriptLine[], wanted: string) {
    const prompt = createTranslationPrompt(batch, getEnglishLanguageName(wanted));
    const order = { guildId, kind: 'translation' } as const;
    using deadline = createDeadlineSignal(translationTimeoutMs, deps.clock, () =>
      createDeadlineError('think', lateText),
    );
    const { signal } = deadline;
    const reply = await completeForMoney(order, prompt, deps, signal, ({ news }) => {
      if (news) notices.post(news);
    });
    if (typeof reply !== 'string') {
      if (reply.isNews()) notices.post(reply.line);
      return new Map<TranscriptLine, string>();
    }
    const translated = parseTranslations(reply, batch);
    if (translated.size > 0) return translated;
    throw new BotError('answer.malformed', true, malformedReplyText);
  }

  function showTranslations(translated: ReadonlyMap<TranscriptLine, string>) {
    for (const [line, text] of translated) {
      const isOther =
        splitIntoSearchWords(text).join() !== splitIntoSearchWords(line.text).join();
      if (isOther && recorder.mayShowLine(line))
        recorder.live.setTranslation(line.number, text);
    }
  }

  return {
    /** Sets the target language (BCP 47). Undefined ends translation. */
    setLanguage(tag: string | undefined) {
      waiting = [];
      language = tag;
    },
    addLine(line: TranscriptLine) {
      if (language === undefined || toVisibleLine(line.text) === '') return;
      if (line.language && toBaseLanguage(line.language) === toBaseLanguage(language))
        return;
      waiting = [...waiting, line].slice(-maxWaitingLines);
      working = working.then(translateWaiting);
    },
  };
}
