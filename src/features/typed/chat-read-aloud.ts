import { replaceWebAddresses } from '#src/base/addresses/addresses.ts';
import { neverAborted } from '#src/base/bounded-wait.ts';
import type { GuildId, MessageId } from '#src/base/ids.ts';
import { GuildTaskQueue } from '#src/base/loops/guild-task-queue.ts';
import { splitClauses } from '#src/chat/text/clause-splitter.ts';
import { hideSpoilers } from '#src/chat/text/speakable.ts';
import type { SessionConsent } from '#src/conversation/consent/session-consent.ts';
import { getSpokenName } from '#src/conversation/mouth/answer-delivery.ts';
import type { Mouth } from '#src/conversation/mouth/mouth.ts';
import type { QueuedAnnouncement } from '#src/conversation/mouth/queued-speech.ts';
import type { SessionChannel } from '#src/conversation/session.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import type { ChannelNotices } from '#src/notices/channel-notices.ts';
import { Owned } from '#src/people/owned.ts';
import type { AdmittedContent, PickedMessage } from '#src/ports/authored-content.ts';
import type { Asker } from '#src/ports/command-ports.ts';
import type { TypedMessage, TypedOutcome } from '#src/ports/typed-messages.ts';
import type { MessageAuthors } from '#src/sessions/message-authors.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import { decideClauseLanguage } from '#src/speech/text-language/spoken-form.ts';
import {
  findAnnouncementRefusal,
  queueAnnouncement,
  type SayOutcome,
} from './say-text.ts';

/** A writer is not named again within this time. */
const maxRunGapMs = 60_000;

/** Words of a message, to be read aloud. */
type ReadableMessage = {
  readonly messageId: MessageId;
  readonly content: AdmittedContent;
};

/** How a request to say a text at the track `voice` ended. */
export type AnnouncementOutcome = Exclude<SayOutcome, { readonly kind: 'placed' }>;

type MessageSpeech = Pick<QueuedAnnouncement, 'clauses' | 'speed' | 'voice'> & {
  readonly clauseTexts: readonly string[];
};

type ReadAloudDeps = Deps<'clock' | 'spending' | 'textLanguage'>;
type ReadAloudSession = {
  readonly consent: SessionConsent;
  readonly notices: ChannelNotices;
  readonly voiceChannel: SessionChannel;
  readonly mouth: Mouth;
};

/** Reads chat messages aloud, after all answers and by each writer's voice. */
export class ChatReadAloud {
  readonly #sessions: Pick<VoiceSessions, 'findSession'>;
  readonly #authors: MessageAuthors;
  readonly #deps: ReadAloudDeps;
  /** Messages of a server keep their order. */
  readonly #order = new GuildTaskQueue();
  readonly #openMessages = new Map<MessageId, AbortController>();

  constructor(
    sessions: Pick<VoiceSessions, 'findSession'>,
    authors: MessageAuthors,
    deps: ReadAloudDeps,
  ) {
    this.#sessions = sessions;
    this.#authors = authors;
    this.#deps = deps;
  }

  /** Reads a message that a person picked. The person pays. */
  async read(
    guildId: GuildId,
    { author: name, authorId: id, isBot, messageId, ...content }: PickedMessage,
    asker: Asker,
  ): Promise<AnnouncementOutcome> {
    const session = this.#sessions.findSession(guildId);
    if (!session) return { kind: 'nowhere' };
    if (isBot) return refuseReading('read.refused.bot');
    const admission = await this.#authors.admit(guildId, {
      author: { id, name },
      content,
      use: 'words',
      isPicked: true,
    });
    if (admission.kind === 'refused') return { kind: 'refused', line: admission.line };
    const message = { messageId, content: admission.content };
    return await this.#enqueueInOrder(session, message, asker, neverAborted);
  }

  /**
   * Reads a message aloud. Undefined outside the channel of the setting. Aborting `signal` takes the message back.
   * Never throws.
   */
  async handleMessage(
    message: TypedMessage,
    session: ReadAloudSession,
    signal: AbortSignal,
  ): Promise<TypedOutcome | undefined> {
    const { notices, voiceChannel } = session;
    const { author, channelId, content: sealedContent, guildId, isHidden } = message;
    if (voiceChannel.getSettings().readChannelId !== channelId) return undefined;
    const objection = findReadObjection(message, session);
    if (objection) return objection;
    const admission = await this.#authors.admit(guildId, {
      author,
      content: sealedContent,
      use: 'words',
    });
    if (admission.kind === 'refused') return 'refused';
    const { content } = admission;
    if (content.text === '') {
      if (isHidden && voiceChannel.isFirst('lines-hidden'))
        notices.post({ id: 'read.hidden' });
      return 'unread';
    }
    const { messageId } = message;
    const reading = await this.#enqueueInOrder(
      session,
      { messageId, content },
      author,
      signal,
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
    message: ReadableMessage,
    owner: Asker,
    signal: AbortSignal,
  ): Promise<AnnouncementOutcome> {
    const { content, messageId } = message;
    const deletion = new AbortController();
    this.#openMessages.set(messageId, deletion);
    const until = AbortSignal.any([deletion.signal, content.withdrawal, signal]);
    const outcome = await this.#order.run(session.voiceChannel.channel.guildId, () =>
      this.#enqueueMessage(session, content, owner, until),
    );
    const ended = outcome.kind === 'queued' ? outcome.ended : Promise.resolve();
    void ended.then(() => this.#openMessages.delete(messageId));
    return outcome;
  }

  async #enqueueMessage(
    session: ReadAloudSession,
    content: AdmittedContent,
    owner: Asker,
    signal: AbortSignal,
  ): Promise<AnnouncementOutcome> {
    const { clock, spending } = this.#deps;
    const { clauseTexts, ...speech } = await this.#toSpeech(content, session);
    const objection = content.findRefusal();
    if (objection) return { kind: 'refused', line: objection };
    if (signal.aborted) return refuseReading('read.refused.gone');
    const refusal = findAnnouncementRefusal(clauseTexts, session, spending);
    if (refusal) return refusal;
    const announcement: QueuedAnnouncement = {
      ...speech,
      when: 'behind',
      owner,
      payer: owner,
      personId: content.author.id,
      isWrittenElsewhere: true,
      opening: () => findOpening(content, session, clock.nowMs()),
      signal,
    };
    return queueAnnouncement(announcement, clauseTexts, session, spending);
  }

  async #toSpeech(
    { author, isForwarded, text }: AdmittedContent,
    {
      notices,
      voiceChannel,
    }: { readonly notices: ChannelNotices; readonly voiceChannel: SessionChannel },
  ): Promise<MessageSpeech> {
    const { channelId } = voiceChannel.channel;
    const writerSettings = (await voiceChannel.loadChoices(author.id)) ?? {};
    // The voice finds the language of each clause by its words, so that none is declared.
    const expected = voiceChannel.languages.find(author.id);
    const clues = { expected, spoken: [] };
    const language = await decideClauseLanguage(text, clues, this.#deps.textLanguage);
    const formatName = (
      id: 'read.link' | 'read.code' | 'read.rest' | 'read.forwarded',
    ) => notices.formatSpokenText({ id }, language);
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
      clauses: clauseTexts.map((clause) => new Owned(clause, { channelId })),
      voice: writerSettings.voice ?? voiceChannel.getStyle().voice.name,
      speed: writerSettings.speed,
    };
  }
}

function findReadObjection(
  { author, isWebhook }: TypedMessage,
  {
    consent,
    voiceChannel,
  }: { readonly consent: SessionConsent; readonly voiceChannel: SessionChannel },
): TypedOutcome | undefined {
  if (isWebhook) return 'webhook';
  if (author.isBot) return 'bot';
  const standing = consent.getStanding(author.id);
  if (standing === 'no') return 'refused';
  if (!voiceChannel.findPerson(author.id)) return 'absent';
  if (standing !== 'yes') return 'unasked';
  return consent.isPaused ? 'paused' : undefined;
}

function refuseReading(
  id: 'read.refused.bot' | 'read.refused.gone',
): AnnouncementOutcome {
  return { kind: 'refused', line: { id } };
}

const typedOutcomeByLineId: ReadonlyMap<string, TypedOutcome> = new Map([
  ['say.empty', 'empty'],
  ['read.refused.gone', 'deleted'],
  ['read.refused', 'refused'],
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
function findOpening(
  { author: writer, findRefusal }: AdmittedContent,
  session: ReadAloudSession,
  nowMs: number,
) {
  if (findRefusal()) return undefined;
  const { latestHeard } = session.mouth.requests;
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
    .replace(/<(https?:[^<>\s]*)>/g, ' $1 ');
  return hideSpoilers(replaceWebAddresses(replaced, ` ${link} `))
    .replace(/\s+/g, ' ')
    .trim();
}

/** Takes the first clauses. `ellipsis` is read in place of the others. */
function takeFirstClauses(clauses: readonly string[], ellipsis: string) {
  const end = clauses.findIndex(
    (_, n) => clauses.slice(0, n + 1).join(' ').length > maxReadChars,
  );
  return end < 0 ? clauses : [...clauses.slice(0, end), ellipsis];
}
