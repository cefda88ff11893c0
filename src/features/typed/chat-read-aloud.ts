import { GuildTaskQueue } from '#src/base/loops/guild-task-queue.ts';
import { splitClauses } from '#src/chat/text/clause-splitter.ts';
import { hideSpoilers } from '#src/chat/text/speakable.ts';
import { getSpokenName, type NamedPerson } from '#src/conversation/output/answer-delivery.ts';
import type { QueuedAnnouncement } from '#src/conversation/queued-speech.ts';
import type { Owners } from '#src/conversation/session.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import { ConfidentialText } from '#src/people/confidential-text.ts';
import { addVoiceLanguage } from '#src/pipeline/prompt.ts';
import type { Asker } from '#src/ports/command-ports.ts';
import type { TypedMessage, TypedOutcome } from '#src/ports/typed-messages.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import { isSureLanguage } from '#src/turn/speaker-language/speaker-language.ts';
import { findReadingRefusal, queueReading, type SayOutcome } from './say-text.ts';

/** Longest time, in ms, after which a writer who goes on is not named again. */
const maxRunGapMs = 60_000;

/** A message as it was written. */
export type WrittenLine = {
  readonly messageId: MessageId;
  readonly author: Asker;
  /** Written by a program, or through a webhook. */
  readonly isBot: boolean;
} & Pick<TypedMessage, 'isForwarded' | 'text'>;

export type ReadingOutcome = Exclude<SayOutcome, { readonly kind: 'placed' }>;

/** Words of a line as they are spoken, with voice and speed. */
type LineSpeech = Pick<QueuedAnnouncement, 'clauses' | 'language' | 'speed' | 'voice'>;

export type ChatReadAloud = ReturnType<typeof createChatReadAloud>;

type ReadAloudDeps = Deps<'clock' | 'spending' | 'textLanguage'>;
type ReadingSession = Owners<'consent' | 'notices' | 'place' | 'speech'>;

/** Reads out what people have written, each in their own voice, behind all answers. */
export function createChatReadAloud(
  sessions: Pick<VoiceSessions, 'findSession'>,
  { clock, spending, textLanguage }: ReadAloudDeps,
) {
  /** Lines of one server keep their order. */
  const order = new GuildTaskQueue();

  /** Lines that are to be read out, by their message, until they were or are dropped. */
  const openLines = new Map<string, AbortController>();

  async function enqueueInOrder(
    session: ReadingSession,
    line: WrittenLine,
    owner: Asker,
  ): Promise<ReadingOutcome> {
    const onDeleted = new AbortController();
    openLines.set(line.messageId, onDeleted);
    const outcome = await order.run(session.place.channel.guildId, () =>
      enqueueLine(session, line, owner, onDeleted.signal),
    );
    const ended = outcome.kind === 'queued' ? outcome.ended : Promise.resolve();
    void ended.then(() => openLines.delete(line.messageId));
    return outcome;
  }

  async function enqueueLine(
    session: ReadingSession,
    line: WrittenLine,
    owner: Asker,
    onDeleted: AbortSignal,
  ): Promise<ReadingOutcome> {
    const { spoken, ...speech } = await toLineSpeech(line, session);
    if (onDeleted.aborted) return unreadOutcome;
    const refused = findReadingRefusal(spoken, session, spending);
    if (refused) return refused;
    const reading: QueuedAnnouncement = {
      kind: 'reading',
      ...speech,
      when: 'behind',
      owner,
      payer: owner,
      personId: line.author.id,
      isWrittenElsewhere: true,
      opening: () => findOpening(line.author, session, clock.nowMs()),
      signal: onDeleted,
    };
    return queueReading(reading, spoken, session, spending);
  }

  /** Speech for a line. */
  async function toLineSpeech(
    { author, isForwarded, text }: WrittenLine,
    { notices, place }: Owners<'notices' | 'place'>,
  ): Promise<LineSpeech & { readonly spoken: readonly string[] }> {
    const { channelId } = place.channel;
    const own = (await place.loadChoices(author.id)) ?? {};
    const found = await textLanguage.detect(text, place.getSettings().languages);
    const language = found && isSureLanguage(found) ? found.language : undefined;
    const likely = language ?? place.languages.find(author.id);
    const formatName = (id: 'read.link' | 'read.code' | 'read.rest' | 'read.forwarded') =>
      notices.formatSpokenText({ id }, likely);
    // Nobody takes what a person forwards for their own words.
    const line = isForwarded ? `${formatName('read.forwarded')}: ${text}` : text;
    const readMessage = toReadableLine(line, {
      link: formatName('read.link'),
      code: formatName('read.code'),
    });
    const voice = own.voice ?? addVoiceLanguage(likely, place.getStyle()).name;
    const spoken = takeFirstClauses(splitClauses(readMessage), formatName('read.rest'));
    return {
      spoken,
      clauses: spoken.map((clause) => new ConfidentialText(clause, { channelId })),
      voice,
      language,
      speed: own.speed,
    };
  }

  return {
    /** Reads out a message in its writer's voice, behind all answers, as a line of the asker. */
    async read(guildId: GuildId, line: WrittenLine, asker: Asker): Promise<ReadingOutcome> {
      const session = sessions.findSession(guildId);
      if (!session) return { kind: 'nowhere' };
      if (line.isBot || mayNotQuote(line.author.id, session)) return unreadOutcome;
      return await enqueueInOrder(session, line, asker);
    },

    /** Takes a line of the channel that a server has read out; undefined where it is none. Never throws. */
    async handleMessage(
      message: TypedMessage,
      session: ReadingSession,
    ): Promise<TypedOutcome | undefined> {
      const { notices, place } = session;
      const { author, channelId, isHidden, isWebhook: isBot } = message;
      if (place.getSettings().readChannelId !== channelId) return undefined;
      const objection = findReadObjection(message, session);
      if (objection === 'unread' && isHidden && place.isFirst('lines-hidden'))
        notices.post({ id: 'read.hidden' });
      if (objection) return objection;
      const reading = await enqueueInOrder(session, { ...message, isBot }, author);
      return toTypedOutcome(reading);
    },

    /** Nothing is read of a message that is gone. */
    deleted(messageIds: readonly MessageId[]) {
      for (const id of messageIds) openLines.get(id)?.abort(new Error('the message was deleted'));
    },
  };
}

/** Whether nothing of this person may be repeated: they said no, are blocked, or that is unknown. */
function mayNotQuote(personId: PersonId, { consent, place }: Owners<'consent' | 'place'>): boolean {
  const { isRead } = consent;
  return (
    !isRead || consent.hasSaidNo(personId) || place.getSettings().blockedIds.includes(personId)
  );
}

/** Why a line of the channel is not read out. */
function findReadObjection(
  { author, isWebhook, text }: TypedMessage,
  { consent, place }: Owners<'consent' | 'place'>,
): TypedOutcome | undefined {
  if (isWebhook) return 'webhook';
  if (author.isBot) return 'bot';
  const standing = consent.getStanding(author.id);
  if (standing === 'no') return 'refused';
  if (!place.findPerson(author.id)) return 'absent';
  if (standing !== 'yes') return 'unasked';
  if (consent.isPaused) return 'paused';
  return text === '' ? 'unread' : undefined;
}

/** It was written by a bot, or by a person who said no or is blocked, or was deleted meanwhile. */
const unreadOutcome: ReadingOutcome = { kind: 'refused', line: { id: 'read.refused' } };
const typedOutcomeByLine = new Map<string, TypedOutcome>([
  ['say.empty', 'empty'],
  ['read.refused', 'deleted'],
]);

function toTypedOutcome(reading: ReadingOutcome): TypedOutcome {
  if (reading.kind === 'refused') return typedOutcomeByLine.get(reading.line.id) ?? 'silent';
  if (reading.kind === 'queued') return 'read';
  return reading.kind === 'full' ? 'full' : 'elsewhere';
}

/** Words before a line: its writer, once for all that they wrote in a row. Undefined: it is not to be read any more. */
function findOpening(
  writer: NamedPerson,
  session: ReadingSession,
  nowMs: number,
): string | undefined {
  if (mayNotQuote(writer.id, session)) return undefined;
  const { latestHeard } = session.speech.requests;
  const isRun =
    latestHeard?.reading &&
    latestHeard.reading.when === 'behind' &&
    latestHeard.reading.personId === writer.id &&
    nowMs - latestHeard.atMs <= maxRunGapMs;
  const name = isRun ? '' : getSpokenName(writer, session.place);
  return name === '' ? '' : `${name}:`;
}

/** Most characters of a line that are read out, above the longest clause. */
const maxLineChars = 300;

/** Spoken substitutes for parts that cannot be heard. */
type LineWords = { readonly link: string; readonly code: string };

/** A line of a chat as it is read out: links, code and spoilers by their names. */
function toReadableLine(text: string, { link, code }: LineWords): string {
  const named = text
    .replace(/```[\s\S]*?(?:```|$)/g, ` ${code} `)
    .replace(/`[^`\n]+`/g, ` ${code} `)
    .replace(/\[([^[\]\n]*)\]\(<?https?:[^()\s]*\)/g, ' $1 ')
    .replace(/<(https?:[^<>\s]*)>/g, ' $1 ')
    .replace(
      /\b(?:https?:\/\/|www\.)[^\s<>|\u3002\uff01\uff1f\uff0c\u3001\uff1b\uff1a\u300d\u300f\uff09\u3011]*[\p{L}\p{N}/]/gu,
      ` ${link} `,
    );
  return hideSpoilers(named).replace(/\s+/g, ' ').trim();
}

/** As many whole clauses as are read out; `rest` says that there are more. */
function takeFirstClauses(clauses: readonly string[], rest: string): readonly string[] {
  const end = clauses.findIndex((_, n) => clauses.slice(0, n + 1).join(' ').length > maxLineChars);
  return end < 0 ? clauses : [...clauses.slice(0, end), rest];
}
