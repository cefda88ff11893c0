import { GuildTaskQueue } from '#src/base/loops/guild-task-queue.ts';
import { clausesOf } from '#src/chat/text/clauses.ts';
import { hideSpoilers } from '#src/chat/text/speakable.ts';
import { type NamedPerson, spokenNameOf } from '#src/conversation/output/answer-parts.ts';
import type { QueuedReading } from '#src/conversation/queue/queued-turn.ts';
import type { Owners } from '#src/conversation/session.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import { ConfidentialText } from '#src/people/confidential-text.ts';
import { voiceIn } from '#src/pipeline/prompt.ts';
import type { Asker } from '#src/ports/command-ports.ts';
import type { TypedMessage, TypedOutcome } from '#src/ports/typed-messages.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import { isSure } from '#src/turn/speaker-language/speaker-language.ts';
import { queueReading, type SayOutcome, unreadable } from './say-text.ts';

/** Longest time, in ms, after which a writer who goes on is not named again. */
const longestRunGapMs = 60_000;

/** A message as it was written. */
export type WrittenLine = {
  readonly messageId: MessageId;
  readonly author: Asker;
  /** Written by a program, or through a webhook. */
  readonly isBot: boolean;
} & Pick<TypedMessage, 'isForwarded' | 'text'>;

export type ReadingOutcome = Exclude<SayOutcome, { readonly kind: 'placed' }>;

/** Words of a line as they are spoken, with voice and speed. */
type LineSpeech = Pick<QueuedReading, 'clauses' | 'language' | 'speed' | 'voice'>;

export type ChatReadAloud = ReturnType<typeof chatReadAloud>;

type ReadAloudDeps = Deps<'clock' | 'spending' | 'textLanguage'>;
type ReadingSession = Owners<'consent' | 'notices' | 'place' | 'speech'>;

/** Reads out what people have written, each in their own voice, behind all answers. */
export function chatReadAloud(
  sessions: Pick<VoiceSessions, 'session'>,
  { clock, spending, textLanguage }: ReadAloudDeps,
) {
  /** Lines of one server keep their order. */
  const order = new GuildTaskQueue();

  /** Lines that are to be read out, by their message, until they were or are dropped. */
  const openLines = new Map<string, AbortController>();

  async function inOrder(
    session: ReadingSession,
    line: WrittenLine,
    owner: Asker,
  ): Promise<ReadingOutcome> {
    const deleted = new AbortController();
    openLines.set(line.messageId, deleted);
    const outcome = await order.run(session.place.channel.guildId, () =>
      enqueue(session, line, owner, deleted.signal),
    );
    const ended = outcome.kind === 'queued' ? outcome.ended : Promise.resolve();
    void ended.then(() => openLines.delete(line.messageId));
    return outcome;
  }

  async function enqueue(
    session: ReadingSession,
    line: WrittenLine,
    owner: Asker,
    deleted: AbortSignal,
  ): Promise<ReadingOutcome> {
    const { spoken, ...speech } = await speechOf(line, session);
    if (deleted.aborted) return unread;
    const refused = unreadable(spoken, session, spending);
    if (refused) return refused;
    const reading: QueuedReading = {
      kind: 'reading',
      ...speech,
      when: 'behind',
      owner,
      payer: owner,
      personId: line.author.id,
      isWrittenElsewhere: true,
      opening: () => openingOf(line.author, session, clock.nowMs()),
      signal: deleted,
    };
    return queueReading(reading, spoken, session, spending);
  }

  /** Speech for a line. */
  async function speechOf(
    { author, isForwarded, text }: WrittenLine,
    { notices, place }: Owners<'notices' | 'place'>,
  ): Promise<LineSpeech & { readonly spoken: readonly string[] }> {
    const { channelId } = place.channel;
    const own = (await place.loadChoices(author.id)) ?? {};
    const found = await textLanguage.detect(text, place.settings().languages);
    const language = found && isSure(found) ? found.language : undefined;
    const likely = language ?? place.languages.of(author.id);
    const named = (id: 'read.link' | 'read.code' | 'read.rest' | 'read.forwarded') =>
      notices.spokenText({ id }, likely);
    // Nobody takes what a person forwards for their own words.
    const line = isForwarded ? `${named('read.forwarded')}: ${text}` : text;
    const read = lineToRead(line, { link: named('read.link'), code: named('read.code') });
    const voice = own.voice ?? voiceIn(likely, place.style()).name;
    const spoken = firstClauses(clausesOf(read), named('read.rest'));
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
      const session = sessions.session(guildId);
      if (!session) return { kind: 'nowhere' };
      if (line.isBot || mayNotQuote(line.author.id, session)) return unread;
      return await inOrder(session, line, asker);
    },

    /** Takes a line of the channel that a server has read out; undefined where it is none. Never throws. */
    async handle(
      message: TypedMessage,
      session: ReadingSession,
    ): Promise<TypedOutcome | undefined> {
      const { notices, place } = session;
      const { author, channelId, isHidden, isWebhook: isBot } = message;
      if (place.settings().readChannelId !== channelId) return undefined;
      const objection = objectionTo(message, session);
      if (objection === 'unread' && isHidden && place.isFirst('lines-hidden'))
        notices.post({ id: 'read.hidden' });
      if (objection) return objection;
      const reading = await inOrder(session, { ...message, isBot }, author);
      return outcomeOf(reading);
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
  return !isRead || consent.saidNo(personId) || place.settings().blockedIds.includes(personId);
}

/** Why a line of the channel is not read out. */
function objectionTo(
  { author, isWebhook, text }: TypedMessage,
  { consent, place }: Owners<'consent' | 'place'>,
): TypedOutcome | undefined {
  if (isWebhook) return 'webhook';
  if (author.isBot) return 'bot';
  const standing = consent.standing(author.id);
  if (standing === 'no') return 'refused';
  if (!place.findPerson(author.id)) return 'absent';
  if (standing !== 'yes') return 'unasked';
  if (consent.paused) return 'paused';
  return text === '' ? 'unread' : undefined;
}

/** It was written by a bot, or by a person who said no or is blocked, or was deleted meanwhile. */
const unread: ReadingOutcome = { kind: 'refused', line: { id: 'read.refused' } };
const refusals = new Map<string, TypedOutcome>([
  ['say.empty', 'empty'],
  ['read.refused', 'deleted'],
]);

function outcomeOf(reading: ReadingOutcome): TypedOutcome {
  if (reading.kind === 'refused') return refusals.get(reading.line.id) ?? 'silent';
  if (reading.kind === 'queued') return 'read';
  return reading.kind === 'full' ? 'full' : 'elsewhere';
}

/** Words before a line: its writer, once for all that they wrote in a row. Undefined: it is not to be read any more. */
function openingOf(
  writer: NamedPerson,
  session: ReadingSession,
  nowMs: number,
): string | undefined {
  if (mayNotQuote(writer.id, session)) return undefined;
  const { latest } = session.speech.requests;
  const isRun =
    latest?.reading &&
    latest.reading.when === 'behind' &&
    latest.reading.personId === writer.id &&
    nowMs - latest.atMs <= longestRunGapMs;
  const name = isRun ? '' : spokenNameOf(writer, session.place);
  return name === '' ? '' : `${name}:`;
}

/** Most characters of a line that are read out, above the longest clause. */
const mostChars = 300;

/** Spoken substitutes for parts that cannot be heard. */
type LineWords = { readonly link: string; readonly code: string };

/** A line of a chat as it is read out: links, code and spoilers by their names. */
function lineToRead(text: string, { link, code }: LineWords): string {
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
function firstClauses(clauses: readonly string[], rest: string): readonly string[] {
  const end = clauses.findIndex((_, n) => clauses.slice(0, n + 1).join(' ').length > mostChars);
  return end < 0 ? clauses : [...clauses.slice(0, end), rest];
}
