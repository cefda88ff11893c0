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

/** A message that somebody wrote, to be read aloud. */
export type WrittenMessage = {
  readonly messageId: MessageId;
  readonly author: Asker;
  /** Also true for a webhook. */
  readonly isBot: boolean;
} & Pick<MessageContent, 'isForwarded' | 'text'>;

/** How a request to say a text at the track `voice` ended. */
export type AnnouncementOutcome = Exclude<SayOutcome, { readonly kind: 'placed' }>;

type MessageSpeech = Pick<
  QueuedAnnouncement,
  'clauses' | 'language' | 'speed' | 'voice'
> & { readonly clauseTexts: readonly string[] };

type ReadAloudDeps = Deps<'clock' | 'spending' | 'textLanguage'>;
type ReadAloudSession = Owners<'consent' | 'notices' | 'voiceChannel' | 'speech'>;

/** Reads chat messages aloud, after all answers and by each writer's voice. */
export class ChatReadAloud {
  readonly #sessions: Pick<VoiceSessions, 'findSession'>;
  readonly #deps: ReadAloudDeps;
  /** Messages of a server keep their order. */
  readonly #order = new GuildTaskQueue();
  readonly #openMessages = new Map<MessageId, AbortController>();

  constructor(sessions: Pick<VoiceSessions, 'findSession'>, deps: ReadAloudDeps) {
    this.#sessions = sessions;
    this.#deps = deps;
  }

  /** Reads a message that a person picked. The person pays. */
  async read(
    guildId: GuildId,
    message: WrittenMessage,
    asker: Asker,
  ): Promise<AnnouncementOutcome> {
    const session = this.#sessions.findSession(guildId);
    if (!session) return { kind: 'nowhere' };
    if (message.isBot || mayNotQuote(message.author.id, session)) return unreadOutcome;
    return await this.#enqueueInOrder(session, message, asker);
  }

  /**
   * Reads a message aloud. Undefined outside the channel of the setting. Never
   * throws.
   */
  async handleMessage(
    message: TypedMessage,
    session: ReadAloudSession,
  ): Promise<TypedOutcome | undefined> {
    const { notices, voiceChannel } = session;
    const { author, channelId, content, isHidden, isWebhook: isBot } = message;
    if (voiceChannel.getSettings().readChannelId !== channelId) return undefined;
    const objection = findReadObjection(message, session);
    if (objection === 'unread' && isHidden && voiceChannel.isFirst('lines-hidden'))
      notices.post({ id: 'read.hidden' });
    if (objection) return objection;
    const reading = await this.#enqueueInOrder(
      session,
      { ...message, ...content, isBot },
      author,
    );
    return toTypedOutcome(reading);
  }

  /** Withdraws the readings of deleted messages, also of one that is being read. */
  onDeleted(messageIds: readonly MessageId[]): void {
    for (const id of messageIds)
      this.#openMessages.get(id)?.abort(new Error('the message was deleted'));
  }

  async #enqueueInOrder(
    session: ReadAloudSession,
    message: WrittenMessage,
    owner: Asker,
  ): Promise<AnnouncementOutcome> {
    const deletion = new AbortController();
    this.#openMessages.set(message.messageId, deletion);
    const outcome = await this.#order.run(session.voiceChannel.channel.guildId, () =>
      this.#enqueueMessage(session, message, owner, deletion.signal),
    );
    const ended = outcome.kind === 'queued' ? outcome.ended : Promise.resolve();
    void ended.then(() => this.#openMessages.delete(message.messageId));
    return outcome;
  }

  async #enqueueMessage(
    session: ReadAloudSession,
    message: WrittenMessage,
    owner: Asker,
    signal: AbortSignal,
  ): Promise<AnnouncementOutcome> {
    const { clock, spending } = this.#deps;
    const { clauseTexts, ...speech } = await this.#toSpeech(message, session);
    if (signal.aborted) return unreadOutcome;
    const refusal = findAnnouncementRefusal(clauseTexts, session, spending);
    if (refusal) return refusal;
    const announcement: QueuedAnnouncement = {
      ...speech,
      when: 'behind',
      owner,
      payer: owner,
      personId: message.author.id,
      isWrittenElsewhere: true,
      opening: () => findOpening(message.author, session, clock.nowMs()),
      signal,
    };
    return queueAnnouncement(announcement, clauseTexts, session, spending);
  }

  async #toSpeech(
    { author, isForwarded, text }: WrittenMessage,
    { notices, voiceChannel }: Owners<'notices' | 'voiceChannel'>,
  ): Promise<MessageSpeech> {
    const { channelId } = voiceChannel.channel;
    const writerSettings = (await voiceChannel.loadChoices(author.id)) ?? {};
    const { languages } = voiceChannel.getSettings();
    const detected = await this.#deps.textLanguage.detect(text, languages);
    const language =
      detected && isSureLanguage(detected) ? detected.language : undefined;
    const likelyLanguage = language ?? voiceChannel.languages.find(author.id);
    const formatName = (
      id: 'read.link' | 'read.code' | 'read.rest' | 'read.forwarded',
    ) => notices.formatSpokenText({ id }, likelyLanguage);
    // The words of a forwarded message are not those of the sender.
    const markedText = isForwarded ? `${formatName('read.forwarded')}: ${text}` : text;
    const readableText = toReadableText(markedText, {
      link: formatName('read.link'),
      code: formatName('read.code'),
    });
    const clauseTexts = takeFirstClauses(
      splitClauses(readableText),
      formatName('read.rest'),
    );
    return {
      clauseTexts,
      clauses: clauseTexts.map((clause) => new ConfidentialText(clause, { channelId })),
      voice:
        writerSettings.voice ??
        addVoiceLanguage(likelyLanguage, voiceChannel.getStyle()).name,
      language,
      speed: writerSettings.speed,
    };
  }
}

/**
 * Tests whether a person's words must not be said: after a no, if blocked, or while
 * unknown.
 */
function mayNotQuote(
  personId: PersonId,
  { consent, voiceChannel }: Owners<'consent' | 'voiceChannel'>,
) {
  return (
    !consent.isLoaded ||
    consent.hasSaidNo(personId) ||
    voiceChannel.getSettings().blockedIds.includes(personId)
  );
}

function findReadObjection(
  { author, content, isWebhook }: TypedMessage,
  { consent, voiceChannel }: Owners<'consent' | 'voiceChannel'>,
): TypedOutcome | undefined {
  if (isWebhook) return 'webhook';
  if (author.isBot) return 'bot';
  const standing = consent.getStanding(author.id);
  if (standing === 'no') return 'refused';
  if (!voiceChannel.findPerson(author.id)) return 'absent';
  if (standing !== 'yes') return 'unasked';
  if (consent.isPaused) return 'paused';
  return content.text === '' ? 'unread' : undefined;
}

/** The message is by a bot or a person without quotes, or it was deleted. */
const unreadOutcome: AnnouncementOutcome = {
  kind: 'refused',
  line: { id: 'read.refused' },
};
const typedOutcomeByLineId: ReadonlyMap<string, TypedOutcome> = new Map([
  ['say.empty', 'empty'],
  ['read.refused', 'deleted'],
]);

function toTypedOutcome(reading: AnnouncementOutcome) {
  if (reading.kind === 'refused')
    return typedOutcomeByLineId.get(reading.line.id) ?? 'silent';
  if (reading.kind === 'queued') return 'read';
  return reading.kind === 'full' ? 'full' : 'elsewhere';
}

/**
 * Finds the writer's name to say first. Empty in a run of messages, and undefined if the
 * message may not be said.
 */
function findOpening(writer: NamedPerson, session: ReadAloudSession, nowMs: number) {
  if (mayNotQuote(writer.id, session)) return undefined;
  const { latestHeard } = session.speech.requests;
  const isRun =
    latestHeard?.announcement &&
    latestHeard.announcement.when === 'behind' &&
    latestHeard.announcement.personId === writer.id &&
    nowMs - latestHeard.atMs <= maxRunGapMs;
  const name = isRun ? '' : getSpokenName(writer, session.voiceChannel);
  return name === '' ? '' : `${name}:`;
}

/** The longest clause may exceed it. */
const maxReadChars = 300;

/** Words that are read in place of a link and of code. */
type ReplacementNames = { readonly link: string; readonly code: string };

function toReadableText(text: string, { link, code }: ReplacementNames) {
  const replaced = text
    .replace(/```[\s\S]*?(?:```|$)/g, ` ${code} `)
    .replace(/`[^`\n]+`/g, ` ${code} `)
    .replace(/\[([^[\]\n]*)\]\(<?https?:[^()\s]*\)/g, ' $1 ')
    .replace(/<(https?:[^<>\s]*)>/g, ' $1 ')
    .replace(
      /\b(?:https?:\/\/|www\.)[^\s<>|\u3002\uff01\uff1f\uff0c\u3001\uff1b\uff1a\u300d\u300f\uff09\u3011]*[\p{L}\p{N}/]/gu,
      ` ${link} `,
    );
  return hideSpoilers(replaced).replace(/\s+/g, ' ').trim();
}

/** Takes the first clauses. `ellipsis` is read in place of the others. */
function takeFirstClauses(clauses: readonly string[], ellipsis: string) {
  const end = clauses.findIndex(
    (_, n) => clauses.slice(0, n + 1).join(' ').length > maxReadChars,
  );
  return end < 0 ? clauses : [...clauses.slice(0, end), ellipsis];
}
