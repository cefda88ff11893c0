import type { GuildId, MessageId, PersonId } from '#src/base/ids.ts';
import { GuildTaskQueue } from '#src/base/loops/guild-task-queue.ts';
import { splitClauses } from '#src/chat/text/clause-splitter.ts';
import { hideSpoilers } from '#src/chat/text/speakable.ts';
import { getSpokenName } from '#src/conversation/output/answer-delivery.ts';
import type { QueuedAnnouncement } from '#src/conversation/queued-speech.ts';
import type { NamedPerson, Owners } from '#src/conversation/session.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import { ConfidentialText } from '#src/people/confidential-text.ts';
import { addVoiceLanguage } from '#src/pipeline/prompt.ts';
import type { Asker } from '#src/ports/command-ports.ts';
import type {
  MessageContent,
  TypedMessage,
  TypedOutcome,
} from '#src/ports/typed-messages.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import { isSureLanguage } from '#src/turn/speaker-language/speaker-language.ts';
import {
  findAnnouncementRefusal,
  queueAnnouncement,
  type SayOutcome,
} from './say-text.ts';

/** A writer is not named again within this time. */
const maxRunGapMs = 60_000;

export type WrittenLine = {
  readonly messageId: MessageId;
  readonly author: Asker;
  /** Also true for a webhook. */
  readonly isBot: boolean;
} & Pick<MessageContent, 'isForwarded' | 'text'>;

export type AnnouncementOutcome = Exclude<SayOutcome, { readonly kind: 'placed' }>;

type LineSpeech = Pick<QueuedAnnouncement, 'clauses' | 'language' | 'speed' | 'voice'>;

export type ChatReadAloud = ReturnType<typeof createChatReadAloud>;

type ReadAloudDeps = Deps<'clock' | 'spending' | 'textLanguage'>;
type ReadAloudSession = Owners<'consent' | 'notices' | 'place' | 'speech'>;

/** Creates a reader of chat messages, after all answers and by each writer's voice. */
export function createChatReadAloud(
  sessions: Pick<VoiceSessions, 'findSession'>,
  { clock, spending, textLanguage }: ReadAloudDeps,
) {
  /** Lines of a server keep their order. */
  const order = new GuildTaskQueue();

  const openLines = new Map<string, AbortController>();

  async function enqueueInOrder(
    session: ReadAloudSession,
    line: WrittenLine,
    owner: Asker,
  ): Promise<AnnouncementOutcome> {
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
    session: ReadAloudSession,
    line: WrittenLine,
    owner: Asker,
    onDeleted: AbortSignal,
  ): Promise<AnnouncementOutcome> {
    const { spoken, ...speech } = await toLineSpeech(line, session);
    if (onDeleted.aborted) return unreadOutcome;
    const refused = findAnnouncementRefusal(spoken, session, spending);
    if (refused) return refused;
    const announcement: QueuedAnnouncement = {
      ...speech,
      when: 'behind',
      owner,
      payer: owner,
      personId: line.author.id,
      isWrittenElsewhere: true,
      opening: () => findOpening(line.author, session, clock.nowMs()),
      signal: onDeleted,
    };
    return queueAnnouncement(announcement, spoken, session, spending);
  }

  async function toLineSpeech(
    { author, isForwarded, text }: WrittenLine,
    { notices, place }: Owners<'notices' | 'place'>,
  ): Promise<LineSpeech & { readonly spoken: readonly string[] }> {
    const { channelId } = place.channel;
    const own = (await place.loadChoices(author.id)) ?? {};
    const found = await textLanguage.detect(text, place.getSettings().languages);
    const language = found && isSureLanguage(found) ? found.language : undefined;
    const likely = language ?? place.languages.find(author.id);
    const formatName = (
      id: 'read.link' | 'read.code' | 'read.rest' | 'read.forwarded',
    ) => notices.formatSpokenText({ id }, likely);
    // The words of a forwarded message are not those of the sender.
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
    async read(
      guildId: GuildId,
      line: WrittenLine,
      asker: Asker,
    ): Promise<AnnouncementOutcome> {
      const session = sessions.findSession(guildId);
      if (!session) return { kind: 'nowhere' };
      if (line.isBot || mayNotQuote(line.author.id, session)) return unreadOutcome;
      return await enqueueInOrder(session, line, asker);
    },

    /**
     * Reads a message aloud. Undefined outside the channel of the setting. Never
     * throws.
     */
    async handleMessage(
      message: TypedMessage,
      session: ReadAloudSession,
    ): Promise<TypedOutcome | undefined> {
      const { notices, place } = session;
      const { author, channelId, content, isHidden, isWebhook: isBot } = message;
      if (place.getSettings().readChannelId !== channelId) return undefined;
      const objection = findReadObjection(message, session);
      if (objection === 'unread' && isHidden && place.isFirst('lines-hidden'))
        notices.post({ id: 'read.hidden' });
      if (objection) return objection;
      const outcome = await enqueueInOrder(
        session,
        { ...message, ...content, isBot },
        author,
      );
      return toTypedOutcome(outcome);
    },

    deleted(messageIds: readonly MessageId[]) {
      for (const id of messageIds)
        openLines.get(id)?.abort(new Error('the message was deleted'));
    },
  };
}

/**
 * Tests whether a person's words must not be said: after a no, if blocked, or while
 * unknown.
 */
function mayNotQuote(
  personId: PersonId,
  { consent, place }: Owners<'consent' | 'place'>,
) {
  return (
    !consent.isLoaded ||
    consent.hasSaidNo(personId) ||
    place.getSettings().blockedIds.includes(personId)
  );
}

function findReadObjection(
  { author, content, isWebhook }: TypedMessage,
  { consent, place }: Owners<'consent' | 'place'>,
): TypedOutcome | undefined {
  if (isWebhook) return 'webhook';
  if (author.isBot) return 'bot';
  const standing = consent.getStanding(author.id);
  if (standing === 'no') return 'refused';
  if (!place.findPerson(author.id)) return 'absent';
  if (standing !== 'yes') return 'unasked';
  if (consent.isPaused) return 'paused';
  return content.text === '' ? 'unread' : undefined;
}

/** The line is by a bot or a person without quotes, or it was deleted. */
const unreadOutcome: AnnouncementOutcome = {
  kind: 'refused',
  line: { id: 'read.refused' },
};
const typedOutcomeByLine = new Map<string, TypedOutcome>([
  ['say.empty', 'empty'],
  ['read.refused', 'deleted'],
]);

function toTypedOutcome(outcome: AnnouncementOutcome) {
  if (outcome.kind === 'refused')
    return typedOutcomeByLine.get(outcome.line.id) ?? 'silent';
  if (outcome.kind === 'queued') return 'read';
  return outcome.kind === 'full' ? 'full' : 'elsewhere';
}

/**
 * Finds the writer's name to say first. Empty in a run of lines, and undefined if the
 * line may not be said.
 */
function findOpening(writer: NamedPerson, session: ReadAloudSession, nowMs: number) {
  if (mayNotQuote(writer.id, session)) return undefined;
  const { latestHeard } = session.speech.requests;
  const isRun =
    latestHeard?.announcement &&
    latestHeard.announcement.when === 'behind' &&
    latestHeard.announcement.personId === writer.id &&
    nowMs - latestHeard.atMs <= maxRunGapMs;
  const name = isRun ? '' : getSpokenName(writer, session.place);
  return name === '' ? '' : `${name}:`;
}

/** The longest clause may exceed it. */
const maxLineChars = 300;

type LineWords = { readonly link: string; readonly code: string };

function toReadableLine(text: string, { link, code }: LineWords) {
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

function takeFirstClauses(clauses: readonly string[], rest: string) {
  const end = clauses.findIndex(
    (_, n) => clauses.slice(0, n + 1).join(' ').length > maxLineChars,
  );
  return end < 0 ? clauses : [...clauses.slice(0, end), rest];
}
