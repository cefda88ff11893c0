import type { MessageId } from '#src/base/ids.ts';
import type { SessionConsent } from '#src/conversation/consent/session-consent.ts';
import type { ConversationLoop } from '#src/conversation/conversation-loop.ts';
import {
  getAddressingRules,
  isLineAddressed,
} from '#src/conversation/machine/turn-addressing.ts';
import {
  getAnswerMedium,
  writePrivately,
} from '#src/conversation/mouth/answer-delivery.ts';
import type { SessionChannel } from '#src/conversation/session.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import {
  createUseLimit,
  toSlowDownLine,
} from '#src/features/contract/interaction-limits.ts';
import { formatWrittenText } from '#src/notices/channel-notices.ts';
import { type Owned, toOpenText } from '#src/people/owned.ts';
import { judgeAccess } from '#src/people/rights.ts';
import type { AdmittedContent } from '#src/ports/authored-content.ts';
import type { AskOutcome } from '#src/ports/command-ports.ts';
import { toJoinRoomLine } from '#src/ports/join-room-line.ts';
import { toFailureEvent } from '#src/ports/session-events.ts';
import type {
  TypedMessage,
  TypedMessageListener,
  TypedMessages,
  TypedOutcome,
} from '#src/ports/typed-messages.ts';
import type {
  Admission,
  AuthorRefusal,
  MessageAuthors,
} from '#src/sessions/message-authors.ts';
import type { VoiceSession } from '#src/sessions/voice-session.ts';
import type { ServerSessions } from '#src/sessions/voice-sessions.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { addressingRules } from '#src/turn/addressing/addressing.ts';
import type { WishKind } from '#src/turn/overlap/interjections.ts';
import type { ChatReadAloud } from './chat-read-aloud.ts';
import { typedReasons } from './typed-reasons.ts';
import type { TypedRequests } from './typed-requests.ts';
import { TypedWishes } from './typed-wishes.ts';

type TypedMessageDeps = {
  readonly authors: MessageAuthors;
  readonly requests: TypedRequests;
  readonly reader: ChatReadAloud;
};

/**
 * Answers lines in the chat of the voice channel, and elsewhere only mentions. Never
 * examines lines by people who said no.
 */
export class TypedMessageHandler implements TypedMessageListener {
  readonly #deps: SessionDependencies;
  readonly #sessions: ServerSessions;
  readonly #authors: MessageAuthors;
  readonly #requests: TypedRequests;
  readonly #replies: TypedMessages;
  readonly #reader: ChatReadAloud;
  readonly #signal: AbortSignal;
  readonly #takeUse = createUseLimit();
  readonly #takeRefusal = createUseLimit(1);
  readonly #takeReceipt = createUseLimit(3);
  readonly #takeExplanation = createUseLimit(1, 600);
  readonly #wishes: TypedWishes;
  readonly #openMessages = new Map<MessageId, AbortController>();
  /** Messages whose writers were told something, as a reply or by the line about a change. */
  readonly #told = new WeakSet<TypedMessage>();

  /** Creates the handler. Aborting `signal` ends written answers. */
  constructor(
    deps: SessionDependencies,
    sessions: ServerSessions,
    { authors, requests, reader }: TypedMessageDeps,
    replies: TypedMessages,
    signal: AbortSignal,
  ) {
    this.#deps = deps;
    this.#sessions = sessions;
    this.#authors = authors;
    this.#requests = requests;
    this.#replies = replies;
    this.#reader = reader;
    this.#wishes = new TypedWishes(deps, sessions, requests);
    this.#signal = signal;
  }

  /** Answers a message as `handleMessage` does, and waits for nothing. */
  onWritten(message: TypedMessage): void {
    void this.handleMessage(message);
  }

  /** Ends the answers to deleted messages, and their readings. */
  onDeleted(messageIds: readonly MessageId[]): void {
    for (const id of messageIds)
      this.#openMessages.get(id)?.abort(new Error('the message is deleted'));
    this.#reader.onDeleted(messageIds);
  }

  /** Answers a message, reads it aloud, or leaves it. Reports failures and never throws. */
  async handleMessage(message: TypedMessage): Promise<TypedOutcome> {
    const { guildId, messageId } = message;
    const deletion = new AbortController();
    this.#openMessages.set(messageId, deletion);
    let outcome = await this.#decideOutcome(message, deletion.signal).catch(
      (error: unknown) => {
        if (!this.#signal.aborted && !deletion.signal.aborted)
          this.#deps.onEvent(guildId, toFailureEvent(error, 'think'));
        return 'failed' as const;
      },
    );
    this.#openMessages.delete(messageId);
    if (deletion.signal.aborted) outcome = 'deleted';
    await this.#reportOutcome(message, outcome);
    return outcome;
  }

  /** Reports the one outcome of a line, and the reason where its writer waits in vain. */
  async #reportOutcome(message: TypedMessage, outcome: TypedOutcome) {
    const { author, guildId } = message;
    // Of lines elsewhere only the page of the sandbox wants to know, where their writer waits.
    const isWanted = outcome !== 'elsewhere' || this.#deps.roomView !== undefined;
    if (outcome === 'bot' || !isWanted) return;
    const reason = this.#told.has(message)
      ? undefined
      : await this.#findReason(message, outcome);
    const event = { kind: 'typed', speakerId: author.id, outcome, reason } as const;
    this.#deps.onEvent(guildId, event);
  }

  async #findReason(
    { author, guildId }: TypedMessage,
    outcome: TypedOutcome,
  ): Promise<TextLine | undefined> {
    const { places } = this.#deps;
    if (outcome === 'refused') {
      const mayManage = places.mayManage(guildId, author.id);
      const caller = { ...author, mayManage };
      const denial = await this.#sessions.settings.findDenial({ guildId, caller });
      if (denial) return denial;
    }
    const session = this.#sessions.findSession(guildId);
    const settings = session?.loop.state.session.settings;
    return typedReasons[outcome]({
      bot: places.getBotName(guildId),
      channel: session?.channel.name,
      joinLine: session && toJoinRoomLine(session.channel, author.id, places),
      canSpeak: session?.mouth.canSpeak() ?? false,
      isAskNeeded: settings?.addressing === 'window',
    });
  }

  /**
   * Answers a message if meant and allowed. Aborting `deletion` means the message was
   * deleted.
   */
  async #decideOutcome(
    message: TypedMessage,
    deletion: AbortSignal,
  ): Promise<TypedOutcome> {
    const { channelId, guildId } = message;
    const session = this.#sessions.findSession(guildId);
    const chat = session?.channel.channelId === channelId ? session : undefined;
    const wish = this.#wishes.findWish(message);
    if (wish) return await this.#obeyWish(message, wish, deletion);
    const admission = await this.#admitMessage(message, chat);
    if (typeof admission === 'string') {
      const reading =
        session && (await this.#reader.handleMessage(message, session, deletion));
      return reading ?? (await this.#explainObjection(message, admission, deletion));
    }
    const signal = AbortSignal.any([this.#signal, deletion]);
    return admission.kind === 'refused'
      ? await this.#refuseContent(message, admission, signal)
      : await this.#answerMessage(message, admission.content, chat, signal);
  }

  /** Obeys a wish, and answers it by a fixed text. The answer is limited, but never the wish. */
  async #obeyWish(
    message: TypedMessage,
    wish: WishKind,
    deletion: AbortSignal,
  ): Promise<TypedOutcome> {
    const lines = await this.#wishes.obeyWish(message, wish);
    const waitMs = await this.#takeReceipt(message.guildId, message.author.id);
    if (waitMs > 0) return 'answered';
    return await this.#replyWithLines(message, lines, deletion, 'answered');
  }

  /** Tells a person who mentioned the bot in vain the next step, once in ten minutes. */
  async #explainObjection(
    message: TypedMessage,
    objection: TypedOutcome,
    deletion: AbortSignal,
  ): Promise<TypedOutcome> {
    if (!isPersonsMention(message) || !explainedOutcomes.has(objection))
      return objection;
    const line = await this.#findReason(message, objection);
    if (!line) return objection;
    const { author, guildId } = message;
    const waitMs = await this.#takeExplanation(guildId, author.id);
    if (waitMs > 0) return objection;
    return await this.#replyWithLines(message, [line], deletion, objection);
  }

  /** Asks whether a message may be used and is meant for the bot. Else returns the outcome. */
  async #admitMessage(
    message: TypedMessage,
    chat: AnsweringSession | undefined,
  ): Promise<Admission | TypedOutcome> {
    const objection = chat
      ? findChatObjection(message, chat)
      : isPersonsMention(message)
        ? await this.#findObjectionElsewhere(message)
        : 'elsewhere';
    if (objection) return objection;
    const { author, content, guildId, isVoiceMessage } = message;
    const use = isVoiceMessage ? 'voice' : 'file';
    const admission = await this.#authors.admit(guildId, { author, content, use });
    if (admission.kind === 'refused')
      return silentReasons.has(admission.reason) ? 'refused' : admission;
    return (chat && findWordsObjection(message, admission.content, chat)) ?? admission;
  }

  /** Tells a person why the sound of a message is not heard. */
  async #refuseContent(
    message: TypedMessage,
    { line, reason }: Extract<Admission, { readonly kind: 'refused' }>,
    signal: AbortSignal,
  ): Promise<TypedOutcome> {
    const waitMs = await this.#takeUse(message.guildId, message.author.id);
    if (waitMs > 0)
      return await this.#refuseMessage(message, toSlowDownLine(waitMs), signal, 'full');
    return reason === 'unheard'
      ? await this.#refuseMessage(message, { id: 'consent.unasked' }, signal, 'unasked')
      : await this.#refuseMessage(message, line, signal, 'refused');
  }

  async #findObjectionElsewhere({ author, channelId, guildId }: TypedMessage) {
    const { settings } = this.#sessions;
    await settings.loadGuild(guildId);
    const rules = settings.getForChannel(guildId, channelId);
    if (rules.typed === 'off' || rules.addressing === 'off') return 'off';
    const mayManage = this.#deps.places.mayManage(guildId, author.id);
    return judgeAccess(rules, { ...author, mayManage }) === 'open'
      ? undefined
      : 'refused';
  }

  async #refuseMessage(
    message: TypedMessage,
    line: TextLine,
    signal: AbortSignal,
    outcome: TypedOutcome,
  ) {
    const isTold = (await this.#takeRefusal(message.guildId, message.author.id)) > 0;
    return isTold ? outcome : await this.#replyWithLine(message, line, signal, outcome);
  }

  async #answerMessage(
    message: TypedMessage,
    content: AdmittedContent,
    session: AnsweringSession | undefined,
    signal: AbortSignal,
  ): Promise<TypedOutcome> {
    const { guildId, author } = message;
    const waitMs = await this.#takeUse(guildId, author.id);
    if (waitMs > 0)
      return await this.#refuseMessage(message, toSlowDownLine(waitMs), signal, 'full');
    const defaultQuestion = formatWrittenText(
      { id: 'ask.about.question' },
      guildId,
      this.#deps,
    );
    const question = toQuestion(content, defaultQuestion);
    if (question === undefined)
      return await this.#replyWithLine(message, { id: 'say.empty' }, signal, 'empty');
    const medium = await this.#chooseMedium(message, session);
    const privateSession = medium === 'private' ? session : undefined;
    const placeId = privateSession ? undefined : message.channelId;
    const outcome = await this.#requests.askQuestion(
      guildId,
      question,
      author,
      medium === 'aloud' ? 'voice' : 'text',
      { material: content, signal, placeId },
    );
    if (signal.aborted) return 'deleted';
    if (session && medium !== 'aloud' && outcome.kind === 'answered')
      addToHistory(session, message, {
        question,
        heard: (placeId && outcome.text.findForPlace(placeId)) || '',
      });
    const hasChat = session !== undefined;
    return await this.#deliverOutcome(message, outcome, signal, {
      hasChat,
      privateSession,
    });
  }

  async #chooseMedium(
    { author: { id }, guildId }: TypedMessage,
    session: Pick<VoiceSession, 'isHere' | 'mouth' | 'voiceChannel'> | undefined,
  ) {
    await this.#deps.peopleSettings.loadSettings(guildId, id);
    if (!session) return 'reply';
    const { voiceChannel, mouth } = session;
    if (getAnswerMedium(id, voiceChannel) === 'private') return 'private';
    const isVoice = voiceChannel.getSettings().typed === 'voice' && mouth.canSpeak();
    return isVoice && session.isHere(id) ? 'aloud' : 'reply';
  }

  /** Writes an answer, unless a change has told the chat the same words. */
  async #deliverOutcome(
    message: TypedMessage,
    outcome: AskOutcome,
    signal: AbortSignal,
    { hasChat, privateSession }: ReplyPlace,
  ) {
    if (outcome.kind === 'nowhere') return 'elsewhere';
    if (outcome.kind === 'failed')
      return await this.#replyWithLine(message, outcome.line, signal, 'failed');
    if (outcome.text.isErased) {
      const line = { id: 'words.erased' } as const;
      return await this.#replyWithLine(message, line, signal, 'failed');
    }
    const isRead = outcome.isTold && hasChat && !privateSession;
    if (isRead) this.#told.add(message);
    const delivery = isRead
      ? 'sent'
      : await this.#replyWithText(message, outcome.text, signal, privateSession);
    if (delivery === 'deleted') return 'deleted';
    if (outcome.confirmation) {
      const { channelId, guildId } = message;
      const channel = { channelId, guildId, name: channelId };
      const { button, line } = outcome.confirmation;
      await this.#deps.messages.offerButtons(channel, line, [button], signal);
    }
    return 'answered';
  }

  async #replyWithText(
    message: TypedMessage,
    text: Owned<string>,
    signal: AbortSignal,
    privateSession: ReplyPlace['privateSession'],
  ) {
    this.#told.add(message);
    if (!privateSession) return await this.#replies.replyTo(message, text, signal);
    void writePrivately(message.author, text, privateSession);
    return 'sent';
  }

  /** Replies with a line. Returns `outcome` unless the message was deleted. */
  async #replyWithLine(
    message: TypedMessage,
    line: TextLine,
    signal: AbortSignal,
    outcome: TypedOutcome,
  ) {
    return await this.#replyWithLines(message, [line], signal, outcome);
  }

  async #replyWithLines(
    message: TypedMessage,
    lines: readonly TextLine[],
    signal: AbortSignal,
    outcome: TypedOutcome,
  ) {
    const text = lines
      .map((line) => formatWrittenText(line, message.guildId, this.#deps))
      .join(' ');
    this.#told.add(message);
    const delivery = await this.#replies.replyTo(message, toOpenText(text), signal);
    return delivery === 'deleted' ? delivery : outcome;
  }
}

/** Adds a written answer to the conversation, unless its writer did not agree to be known. */
function addToHistory(
  {
    consent,
    loop,
  }: { readonly consent: SessionConsent; readonly loop: ConversationLoop },
  { author: { id, name } }: TypedMessage,
  { heard, question }: { readonly heard: string; readonly question: string },
) {
  if (consent.getStanding(id) !== 'yes') return;
  loop.post({ kind: 'exchanged', by: id, name, words: question, heard });
}

/** Finds the question of a message. Undefined if nothing is asked. */
function toQuestion(
  { isQuoted, pictures, recording, text }: AdmittedContent,
  defaultQuestion: string,
) {
  if (isQuoted || (pictures && text === '')) return defaultQuestion;
  return recording || pictures || /[\p{L}\p{N}]/u.test(text) ? text : undefined;
}

function isPersonsMention({ author, isMention, isWebhook }: TypedMessage) {
  return isMention && !isWebhook && !author.isBot;
}

type AnsweringSession = Pick<
  VoiceSession,
  'consent' | 'isHere' | 'loop' | 'notices' | 'voiceChannel' | 'mouth' | 'tools'
>;

type ReplyPlace = {
  /** The message stands in the chat of the bot's channel. */
  readonly hasChat: boolean;
  /** Session of a writer with private answers. */
  readonly privateSession: Parameters<typeof writePrivately>[2] | undefined;
};

type ChatSession = {
  readonly consent: SessionConsent;
  readonly loop: ConversationLoop;
  readonly voiceChannel: SessionChannel;
};

/** Finds a reason against answering, apart from the words. */
function findChatObjection(
  { author, isMention, isVoiceMessage, isWebhook }: TypedMessage,
  { consent, loop, voiceChannel }: ChatSession,
) {
  if (isWebhook) return 'webhook';
  if (author.isBot) return 'bot';
  const { mode } = getAddressingRules(loop.state.session.settings, addressingRules);
  if (voiceChannel.getSettings().typed === 'off' || mode === 'off') return 'off';
  const standing = consent.getStanding(author.id);
  if (standing === 'no') return 'refused';
  if (isMention || (isVoiceMessage && !consent.isPaused)) return undefined;
  if (standing !== 'yes') return 'unasked';
  return consent.isPaused ? 'paused' : undefined;
}

/** Finds a reason in the words against answering. A mention and a voice message are always meant. */
function findWordsObjection(
  { author, isMention, isVoiceMessage }: TypedMessage,
  { text }: AdmittedContent,
  { consent, loop }: ChatSession,
) {
  if (isMention || (isVoiceMessage && !consent.isPaused)) return undefined;
  if (text === '') return 'unread';
  loop.syncSettings();
  const typedLine = { by: author.id, text, atMs: loop.nowMs };
  return isLineAddressed(loop.state, typedLine, addressingRules)
    ? undefined
    : 'not-meant';
}

/** Outcomes that a person who mentioned the bot reads. */
const explainedOutcomes: ReadonlySet<TypedOutcome> = new Set(['off', 'refused']);

/** Reasons that hold for each line of a person, so that no reply tells them. */
const silentReasons: ReadonlySet<AuthorRefusal> = new Set(['no', 'blocked', 'unread']);
