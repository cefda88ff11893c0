import type { MessageId } from '#src/base/ids.ts';
import {
  getAddressingRules,
  isLineAddressed,
} from '#src/conversation/machine/turn-addressing.ts';
import {
  getAnswerMedium,
  writePrivately,
} from '#src/conversation/output/answer-delivery.ts';
import type { Owners } from '#src/conversation/session.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import {
  createUseLimit,
  toSlowDownLine,
} from '#src/features/contract/interaction-limits.ts';
import { formatWrittenText } from '#src/notices/channel-notices.ts';
import { type ConfidentialText, toOpenText } from '#src/people/confidential-text.ts';
import { judgeAccess } from '#src/people/rights.ts';
import type { AskOutcome, QuestionSubject } from '#src/ports/command-ports.ts';
import { toFailureEvent } from '#src/ports/failure-event.ts';
import type {
  MessageContent,
  TypedMessage,
  TypedMessageListener,
  TypedMessages,
  TypedOutcome,
} from '#src/ports/typed-messages.ts';
import type { VoiceSession } from '#src/sessions/voice-session.ts';
import type { ServerSessions } from '#src/sessions/voice-sessions.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { addressingRules } from '#src/turn/addressing/addressing.ts';
import { classifyInterjection } from '#src/turn/overlap/interjections.ts';
import type { ChatReadAloud } from './chat-read-aloud.ts';
import type { TypedRequests } from './typed-requests.ts';

type LineServices = {
  readonly talk: TypedRequests;
  readonly lines: ChatReadAloud;
};
/**
 * Answers lines in the chat of the voice channel, and elsewhere only mentions. Never
 * examines lines by people who said no.
 */
export class TypedMessageHandler implements TypedMessageListener {
  readonly #deps;
  readonly #sessions;
  readonly #talk;
  readonly #replies;
  readonly #reader;
  readonly #signal;
  readonly #takeUse = createUseLimit();
  readonly #takeRefusal = createUseLimit(1);
  readonly #open = new Map<string, AbortController>();

  /** Creates the handler. Aborting `signal` ends written answers. */
  constructor(
    deps: SessionDependencies,
    sessions: ServerSessions,
    { talk, lines }: LineServices,
    replies: TypedMessages,
    signal: AbortSignal,
  ) {
    this.#deps = deps;
    this.#sessions = sessions;
    this.#talk = talk;
    this.#replies = replies;
    this.#reader = lines;
    this.#signal = signal;
  }

  onWritten(message: TypedMessage) {
    void this.handleMessage(message);
  }

  onDeleted(messageIds: readonly MessageId[]) {
    for (const id of messageIds)
      this.#open.get(id)?.abort(new Error('the message is deleted'));
    this.#reader.deleted(messageIds);
  }

  async handleMessage(message: TypedMessage): Promise<TypedOutcome> {
    const { guildId, author, messageId } = message;
    const over = new AbortController();
    this.#open.set(messageId, over);
    let outcome = await this.#decideOutcome(message, over.signal).catch(
      (error: unknown) => {
        if (!this.#signal.aborted && !over.signal.aborted)
          this.#deps.onEvent(guildId, toFailureEvent(error, 'think'));
        return 'failed' as const;
      },
    );
    this.#open.delete(messageId);
    if (over.signal.aborted) outcome = 'deleted';
    if (outcome !== 'elsewhere' && outcome !== 'bot')
      this.#deps.onEvent(guildId, { kind: 'typed', speakerId: author.id, outcome });
    return outcome;
  }

  /**
   * Answers a message if meant and allowed. Aborting `over` means the message was
   * deleted.
   */
  async #decideOutcome(message: TypedMessage, over: AbortSignal) {
    const session = this.#sessions.findSession(message.guildId);
    const chat = session?.channel.channelId === message.channelId ? session : undefined;
    const isMeant = message.isMention && !message.isWebhook && !message.author.isBot;
    if (
      isMeant &&
      chat?.isHere(message.author.id) &&
      isStopLine(message.content.text)
    ) {
      this.#talk.stopSpeaking(message.guildId);
      return await this.#sayInstead(message, { id: 'stop.ok' }, over, 'answered');
    }
    const elsewhere = isMeant ? undefined : ('elsewhere' as const);
    const own = chat ? findAnswerObjection(message, chat) : elsewhere;
    const objection =
      own ?? (chat ? undefined : await this.#findObjectionElsewhere(message, session));
    if (!objection)
      return await this.#answerMessage(
        message,
        chat,
        AbortSignal.any([this.#signal, over]),
      );
    return (
      (session && (await this.#reader.handleMessage(message, session))) ?? objection
    );
  }

  async #findObjectionElsewhere(
    { author, guildId }: TypedMessage,
    session: Owners<'consent'> | undefined,
  ) {
    const { settings } = this.#sessions;
    await settings.loadGuild(guildId);
    const rules = settings.getForGuild(guildId);
    if (rules.typed === 'off' || rules.addressing === 'off') return 'off';
    const mayManage = this.#deps.places.mayManage(guildId, author.id);
    if (judgeAccess(rules, { ...author, mayManage }) !== 'open') return 'refused';
    if (session) return session.consent.hasSaidNo(author.id) ? 'refused' : undefined;
    const choices = await this.#sessions.consents.loadChoices(guildId);
    return !choices.isLoaded || choices.hasRefused(author.id) ? 'refused' : undefined;
  }

  async #refuseMessage(
    message: TypedMessage,
    line: TextLine,
    signal: AbortSignal,
    outcome: TypedOutcome,
  ) {
    const isTold = (await this.#takeRefusal(message.guildId, message.author.id)) > 0;
    return isTold ? outcome : await this.#sayInstead(message, line, signal, outcome);
  }

  async #answerMessage(
    message: TypedMessage,
    session: AnsweringSession | undefined,
    signal: AbortSignal,
  ) {
    const { channelId: placeId, guildId, author } = message;
    const { id: by, name } = author;
    const waitMs = await this.#takeUse(guildId, by);
    if (waitMs > 0)
      return await this.#refuseMessage(message, toSlowDownLine(waitMs), signal, 'full');
    if (this.#isUnheardVoiceMessage(message))
      return await this.#refuseMessage(
        message,
        { id: 'consent.unasked' },
        signal,
        'unasked',
      );
    const usual = formatWrittenText({ id: 'ask.about.question' }, guildId, this.#deps);
    const { words, ...subject } = toQuestion(message.content, name, usual);
    if (words === undefined)
      return await this.#sayInstead(message, { id: 'say.empty' }, signal, 'empty');
    const medium = await this.#chooseMedium(message, session);
    const alone = medium === 'private' ? session : undefined;
    const about = { ...subject, signal, placeId: alone ? undefined : placeId };
    const form = medium === 'aloud' ? 'voice' : 'text';
    const outcome = await this.#talk.askQuestion(guildId, words, author, form, about);
    if (signal.aborted) return 'deleted';
    const isKnown = medium !== 'aloud' && session?.consent.getStanding(by) === 'yes';
    if (isKnown && outcome.kind === 'answered') {
      const heard = (!alone && outcome.text.findTextForPlace(placeId)) || '';
      session.loop.post({ kind: 'exchanged', by, name, words, heard });
    }
    return await this.#deliverOutcome(message, outcome, signal, alone);
  }

  /** Tests whether the speaker of a voice message did not agree. */
  #isUnheardVoiceMessage({ author, guildId, isVoiceMessage }: TypedMessage) {
    const { consent } = this.#sessions.findSession(guildId) ?? {};
    return isVoiceMessage === true && !consent?.mayHear(author.id);
  }

  async #chooseMedium(
    { author: { id }, guildId }: TypedMessage,
    session: Pick<VoiceSession, 'isHere' | 'place' | 'speech'> | undefined,
  ) {
    await this.#deps.peopleSettings.loadSettings(guildId, id);
    if (!session) return 'reply';
    const { place, speech } = session;
    if (getAnswerMedium(id, place) === 'private') return 'private';
    const isVoice = place.getSettings().typed === 'voice' && speech.canSpeak();
    return isVoice && session.isHere(id) ? 'aloud' : 'reply';
  }

  /** Writes an answer. `alone` is the session of a writer with private answers. */
  async #deliverOutcome(
    message: TypedMessage,
    outcome: AskOutcome,
    signal: AbortSignal,
    alone: Parameters<typeof writePrivately>[2] | undefined,
  ) {
    if (outcome.kind === 'nowhere') return 'elsewhere';
    if (outcome.kind === 'failed')
      return await this.#sayInstead(message, outcome.line, signal, 'failed');
    if ((await this.#replyWithText(message, outcome.text, signal, alone)) === 'deleted')
      return 'deleted';
    if (outcome.confirmation) {
      const { channelId, guildId } = message;
      const place = { channelId, guildId, name: channelId };
      const { button, line } = outcome.confirmation;
      await this.#deps.messages.offerButtons(place, line, [button], signal);
    }
    return 'answered';
  }

  async #replyWithText(
    message: TypedMessage,
    text: ConfidentialText,
    signal: AbortSignal,
    alone: Parameters<typeof writePrivately>[2] | undefined,
  ) {
    if (!alone) return await this.#replies.replyTo(message, text, signal);
    void writePrivately(message.author, text, alone);
    return 'sent';
  }

  /** Writes a line instead. Returns `outcome` unless the message was deleted. */
  async #sayInstead(
    message: TypedMessage,
    line: TextLine,
    signal: AbortSignal,
    outcome: TypedOutcome,
  ) {
    const words = formatWrittenText(line, message.guildId, this.#deps);
    const sent = await this.#replies.replyTo(message, toOpenText(words), signal);
    return sent === 'deleted' ? sent : outcome;
  }
}

function toQuestion(
  { isForwarded, pictures, recording, text }: MessageContent,
  author: string,
  usual: string,
): QuestionSubject & { readonly words?: string } {
  const files = { pictures, recording };
  // A forwarded message is data, since its author is unknown.
  const quoted = isForwarded && { author, text, isForwarded };
  if (quoted) return { ...files, quoted, sentBy: author, words: usual };
  if (pictures && text === '') return { ...files, words: usual };
  return recording || pictures || /[\p{L}\p{N}]/u.test(text)
    ? { ...files, words: text }
    : {};
}

/** Tests whether a line is a stop, which is neither limited nor refused. */
function isStopLine(text: string) {
  return classifyInterjection(text, { isFinal: true }).kind === 'stop';
}

type AnsweringSession = Pick<
  VoiceSession,
  'consent' | 'isHere' | 'loop' | 'notices' | 'place' | 'speech' | 'tools'
>;

type ChatSession = Owners<'consent' | 'loop' | 'place'>;

/** Finds a reason against answering. Examines the words only if the bot may. */
function findAnswerObjection(message: TypedMessage, session: ChatSession) {
  const { author, content, isWebhook, isMention, isVoiceMessage } = message;
  if (isWebhook) return 'webhook';
  if (author.isBot) return 'bot';
  const { consent, loop, place } = session;
  const { mode } = getAddressingRules(loop.state.session.settings, addressingRules);
  if (place.getSettings().typed === 'off' || mode === 'off') return 'off';
  const standing = consent.getStanding(author.id);
  if (standing === 'no') return 'refused';
  if (isMention || (isVoiceMessage && !consent.isPaused)) return undefined;
  if (standing !== 'yes') return 'unasked';
  if (consent.isPaused) return 'paused';
  if (content.text === '') return 'unread';
  return isTypedLineMeant(message, session) ? undefined : 'not-meant';
}

function isTypedLineMeant({ author, content }: TypedMessage, { loop }: ChatSession) {
  loop.syncSettings();
  const line = { by: author.id, text: content.text, atMs: loop.nowMs };
  return isLineAddressed(loop.state, line, addressingRules);
}
