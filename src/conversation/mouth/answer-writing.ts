import type { PersonId } from '#src/base/ids.ts';
import type { SessionConsent } from '#src/conversation/consent/session-consent.ts';
import type { ConversationLoop } from '#src/conversation/conversation-loop.ts';
import type { Mouth } from '#src/conversation/mouth/mouth.ts';
import type {
  AnswerProgress,
  PendingAnswer,
} from '#src/conversation/mouth/pending-answer.ts';
import type { Session, SessionChannel } from '#src/conversation/session.ts';
import {
  type ChannelNotices,
  writeUnspeakableWords,
} from '#src/notices/channel-notices.ts';
import { type Owned, toOpenText } from '#src/people/owned.ts';
import { getLanguageName } from '#src/texts/language-names.ts';
import { findLocale, formatText } from '#src/texts/texts.ts';
import { writePrivately } from './answer-delivery.ts';

/** The one place in which an answer stands in writing. */
type WrittenPlace = 'private' | 'reply' | 'mention' | 'chat';

type WrittenAnswer = {
  readonly askerId: PersonId;
  readonly progress: AnswerProgress;
  readonly pending: Pick<
    PendingAnswer,
    'isTold' | 'isWritten' | 'language' | 'onlyFor' | 'toOwnedText'
  >;
  /** The answer stands in the reply to a typed question. */
  readonly isReplied: boolean;
  /** Person who gets the answer in writing, with a mention. Undefined: nobody. */
  readonly readerId: PersonId | undefined;
};

type WritingSession = {
  readonly consent: SessionConsent;
  readonly loop: ConversationLoop;
  readonly notices: ChannelNotices;
  readonly mouth: Mouth;
  readonly tools: Session['tools'];
  readonly voiceChannel: SessionChannel;
};

/** Chooses where an answer is written. Undefined: nowhere, since it was said, or the chat was told its words by a change. */
function choosePlace({
  isReplied,
  pending,
  progress,
  readerId,
}: WrittenAnswer): WrittenPlace | undefined {
  if (pending.onlyFor !== undefined) return 'private';
  if (isReplied) return 'reply';
  if (pending.isTold(progress.text)) return undefined;
  if (readerId !== undefined) return 'mention';
  return progress.unspoken ? 'chat' : undefined;
}

/**
 * Writes an answer in one place, unless it stands in writing or was said: whole and once, also where only a part of it
 * had no sound. Why it had none is told apart from it. Nothing else writes an answer of a conversation.
 */
export function writeAnswerOnce(answer: WrittenAnswer, session: WritingSession): void {
  const { askerId, pending, progress, readerId } = answer;
  const { missingLanguage, unspoken } = progress;
  const text = progress.text.trim();
  if (text === '' || progress.isWritten) return;
  if (missingLanguage !== undefined)
    tellMissingVoice(missingLanguage, askerId, session, pending.language);
  const place = choosePlace(answer);
  writeInPlace(place, pending.toOwnedText(text), answer, session);
  progress.isMessage = place !== undefined || pending.isTold(text);
  progress.isWritten =
    readerId !== undefined || unspoken !== undefined || pending.isWritten;
}

function writeInPlace(
  place: WrittenPlace | undefined,
  words: Owned<string>,
  { askerId, pending, progress, readerId }: WrittenAnswer,
  session: WritingSession,
) {
  const { loop, notices, voiceChannel } = session;
  const hasFailed = progress.unspoken === 'failed';
  if (place === 'private') {
    const id = pending.onlyFor ?? askerId;
    void writePrivately({ id, name: voiceChannel.getName(id) }, words, session);
  }
  if (place === 'mention') notices.writeWords(words, readerId);
  if (place === 'chat' && hasFailed) writeUnspeakableWords(words, session);
  if (place === 'chat' && !hasFailed) notices.writeWords(words);
  // The reply has the words already, so only the reason is news.
  if (place === 'reply' && hasFailed && loop.beginFailure('speak'))
    notices.post({ id: 'fail.tts' });
}

const maxNoticeWaitMs = 60_000;

/**
 * Tells a person once a session that no voice speaks a language, and the way out: in writing in the person's language,
 * and aloud in one that the voice speaks. `personId` is absent for a text to everybody. `personLanguage` is the one of
 * the answer, as typed words show a language for one answer only.
 */
export function tellMissingVoice(
  language: string,
  personId: PersonId | undefined,
  {
    loop,
    notices,
    mouth,
    voiceChannel,
  }: {
    readonly loop: ConversationLoop;
    readonly notices: ChannelNotices;
    readonly mouth: Mouth;
    readonly voiceChannel: SessionChannel;
  },
  personLanguage: string | undefined = personId &&
    voiceChannel.languages.find(personId),
): void {
  const listener = personId ?? 'everybody';
  if (!loop.beginFailure(`no voice for ${language} to ${listener}`)) return;
  const spokenLocale = notices.getSpokenLocale(language);
  const locale = findLocale(personLanguage) ?? notices.getWrittenLocale();
  const values = {
    language: getLanguageName(language, locale),
    spoken: getLanguageName(spokenLocale, locale),
  };
  const written = formatText('voice.language.written', values, locale);
  notices.writeWords(toOpenText(written));
  // Where the languages of the voice are unknown, this sentence would have no voice either.
  if (findLocale(language) === spokenLocale) return;
  const spokenLine = {
    id: 'voice.language.spoken',
    with: { language: getLanguageName(language, spokenLocale) },
  } as const;
  mouth.requests.queueNotice({
    language: spokenLocale,
    personId,
    maxWaitMs: maxNoticeWaitMs,
    getText: () => notices.formatSpokenText(spokenLine, spokenLocale),
    onEnded: () => undefined,
  });
}
