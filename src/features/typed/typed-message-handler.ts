import { addressingRulesOf, isLineMeant } from '#src/conversation/machine/addressing.ts';
import { conversationRules } from '#src/conversation/machine/rules.ts';
import { answerMediumFor, writePrivately } from '#src/conversation/output/answer-parts.ts';
import type { Owners, Session } from '#src/conversation/session.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import { InteractionLimits, slowerLine } from '#src/features/contract/interaction-limits.ts';
import { writtenText } from '#src/notices/notice.ts';
import { judgeAccess } from '#src/people/access.ts';
import { type ConfidentialText, openText } from '#src/people/confidential-text.ts';
import type { AskOutcome, QuestionSubject } from '#src/ports/command-ports.ts';
import { failureEventOf } from '#src/ports/failure-event.ts';
import type {
  ReplySent,
  TypedMessage,
  TypedMessageListener,
  TypedMessages,
  TypedOutcome,
} from '#src/ports/typed-messages.ts';
import type { VoiceSession } from '#src/sessions/voice-session.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { classify } from '#src/turn/overlap/interjections.ts';
import type { ChatReadAloud } from './chat-read-aloud.ts';
import type { TypedRequests } from './typed-requests.ts';

/** Services that answer lines and read them out. */
type ServingLines = {
  readonly talk: TypedRequests;
  readonly lines: ChatReadAloud;
};
/**
 * Handles the lines that people write. In the chat of the voice channel of the bot they are a part of the conversation: a line
 * that is meant for it is answered by a reply, and aloud where its writer sits in the channel. In other channels mentions are
 * answered in writing, also where the bot sits nowhere.
 *
 * A line that mentions the bot asks for that line alone; one of a person who said no is never read. All other lines are read
 * of people who said yes, and count by the addressing mode. What is not answered is read out where the server wants that.
 */
export class TypedMessageHandler implements TypedMessageListener {
  readonly #parts;
  readonly #sessions;
  readonly #talk;
  readonly #replies;
  readonly #reader;
  readonly #signal;
  readonly #limits = new InteractionLimits();
  readonly #refusals = new InteractionLimits(1); // each one stands in the chat
  /** Lines that are being answered, by message. */
  readonly #open = new Map<string, AbortController>();

  /** Aborting `signal` ends the answers that are being written. */
  constructor(
    parts: SessionDependencies,
    sessions: VoiceSessions,
    { talk, lines }: ServingLines,
    replies: TypedMessages,
    signal: AbortSignal,
  ) {
    this.#parts = parts;
    this.#sessions = sessions;
    this.#talk = talk;
    this.#replies = replies;
    this.#reader = lines;
    this.#signal = signal;
  }

  written(message: TypedMessage): void {
    void this.handle(message);
  }

  /** Ends the answers to messages that were deleted. */
  deleted(messageIds: readonly MessageId[]): void {
    for (const id of messageIds) this.#open.get(id)?.abort(new Error('the message is deleted'));
    this.#reader.deleted(messageIds);
  }

  /** Answers it if it is meant for the bot; resolves when that is done. Never throws. */
  async handle(message: TypedMessage): Promise<TypedOutcome> {
    const { guildId, author, messageId } = message;
    const over = new AbortController();
    this.#open.set(messageId, over);
    let outcome = await this.#outcome(message, over.signal).catch((error: unknown) => {
      if (!this.#signal.aborted && !over.signal.aborted)
        this.#parts.onEvent(guildId, failureEventOf(error, 'think'));
      return 'failed' as const;
    });
    this.#open.delete(messageId);
    if (over.signal.aborted) outcome = 'deleted';
    if (outcome !== 'elsewhere' && outcome !== 'bot')
      this.#parts.onEvent(guildId, { kind: 'typed', speakerId: author.id, outcome });
    return outcome;
  }

  /** Aborting `over` ends the answer: the message is deleted. */
  async #outcome(message: TypedMessage, over: AbortSignal): Promise<TypedOutcome> {
    const session = this.#sessions.session(message.guildId);
    const chat = session?.channel.channelId === message.channelId ? session : undefined;
    const isMeant = message.isMention && !message.isWebhook && !message.author.isBot;
    if (isMeant && chat?.isHere(message.author.id) && isStop(message.text)) {
      this.#talk.stop(message.guildId);
      return await this.#sayInstead(message, { id: 'stop.ok' }, over, 'answered');
    }
    const elsewhere = isMeant ? undefined : ('elsewhere' as const);
    const own = chat ? objectionTo(message, chat) : elsewhere;
    const objection = own ?? (chat ? undefined : await this.#objectionElsewhere(message, session));
    if (!objection) return await this.#answer(message, chat, AbortSignal.any([this.#signal, over]));
    return (session && (await this.#reader.handle(message, session))) ?? objection;
  }

  /** Reason for which a line outside the chat of the bot's channel is not answered, as for a command. Never throws. */
  async #objectionElsewhere(
    { author, guildId }: TypedMessage,
    session: VoiceSession | undefined,
  ): Promise<TypedOutcome | undefined> {
    const { settings } = this.#sessions;
    await settings.load(guildId);
    const rules = settings.in(guildId);
    if (rules.typed === 'off' || rules.addressing === 'off') return 'off';
    const mayManage = this.#parts.places.mayManage(guildId, author.id);
    if (judgeAccess(rules, { ...author, mayManage }) !== 'open') return 'refused';
    if (session) return session.consent.saidNo(author.id) ? 'refused' : undefined;
    const choices = await this.#sessions.readConsents(guildId);
    return !choices.isRead || choices.saidNo(author.id) ? 'refused' : undefined;
  }

  async #refuse(
    message: TypedMessage,
    line: TextLine,
    signal: AbortSignal,
    outcome: TypedOutcome,
  ): Promise<TypedOutcome> {
    const isTold = (await this.#refusals.take(message.guildId, message.author.id)) > 0;
    return isTold ? outcome : await this.#sayInstead(message, line, signal, outcome);
  }

  async #answer(
    message: TypedMessage,
    session: VoiceSession | undefined,
    signal: AbortSignal,
  ): Promise<TypedOutcome> {
    const { channelId: placeId, guildId, author } = message;
    const { id: by, name } = author;
    const waitMs = await this.#limits.take(guildId, by);
    if (waitMs > 0) return await this.#refuse(message, slowerLine(waitMs), signal, 'full');
    if (this.#isUnheard(message))
      return await this.#refuse(message, { id: 'consent.unasked' }, signal, 'unasked');
    const usual = writtenText({ id: 'ask.about.question' }, guildId, this.#parts);
    const { words, ...subject } = questionIn(message, usual);
    if (words === undefined)
      return await this.#sayInstead(message, { id: 'say.empty' }, signal, 'empty');
    const medium = await this.#mediumOf(message, session);
    const alone = medium === 'private' ? session : undefined;
    const about = { ...subject, signal, placeId: alone ? undefined : placeId };
    const form = medium === 'aloud' ? 'voice' : 'text';
    const outcome = await this.#talk.ask(guildId, words, author, form, about);
    if (signal.aborted) return 'deleted';
    const isKnown = medium !== 'aloud' && session?.consent.standing(by) === 'yes';
    if (isKnown && outcome.kind === 'answered') {
      const heard = (!alone && outcome.text.textIn(placeId)) || '';
      session.loop.post({ kind: 'exchanged', by, name, words, heard });
    }
    return await this.#report(message, outcome, signal, alone);
  }

  /** A voice message is heard like a voice in the channel: of people who agreed. */
  #isUnheard({ author, guildId, isVoiceMessage }: TypedMessage): boolean {
    const { consent } = this.#sessions.session(guildId) ?? {};
    return isVoiceMessage === true && !consent?.mayHear(author.id);
  }

  /** Medium of the answer to a line: aloud, a reply, or for its writer alone. */
  async #mediumOf(
    { author: { id }, guildId }: TypedMessage,
    session: VoiceSession | undefined,
  ): Promise<'aloud' | 'reply' | 'private'> {
    await this.#parts.peopleSettings.load(guildId, id);
    if (!session) return 'reply';
    const { place, speech } = session;
    if (answerMediumFor(id, place) === 'private') return 'private';
    const isVoice = place.settings().typed === 'voice' && speech.maySpeak();
    return isVoice && session.isHere(id) ? 'aloud' : 'reply';
  }

  /** `alone`: the session of a writer who reads answers alone. */
  async #report(
    message: TypedMessage,
    outcome: AskOutcome,
    signal: AbortSignal,
    alone: Parameters<typeof writePrivately>[2] | undefined,
  ): Promise<TypedOutcome> {
    if (outcome.kind === 'nowhere') return 'elsewhere';
    if (outcome.kind === 'failed')
      return await this.#sayInstead(message, outcome.line, signal, 'failed');
    if ((await this.#reply(message, outcome.text, signal, alone)) === 'deleted') return 'deleted';
    if (outcome.confirmation) {
      const { channelId, guildId } = message;
      const place = { channelId, guildId, name: channelId };
      const { button, line } = outcome.confirmation;
      await this.#parts.messages.offer(place, line, [button], signal);
    }
    return 'answered';
  }

  async #reply(
    message: TypedMessage,
    text: ConfidentialText,
    signal: AbortSignal,
    alone: Parameters<typeof writePrivately>[2] | undefined,
  ): Promise<ReplySent> {
    if (!alone) return await this.#replies.reply(message, text, signal);
    void writePrivately(message.author, text, alone);
    return 'sent';
  }

  /** Says `line` in place of an answer; `outcome` where the message is still there. */
  async #sayInstead(
    message: TypedMessage,
    line: TextLine,
    signal: AbortSignal,
    outcome: TypedOutcome,
  ): Promise<TypedOutcome> {
    const words = writtenText(line, message.guildId, this.#parts);
    const sent = await this.#replies.reply(message, openText(words), signal);
    return sent === 'deleted' ? sent : outcome;
  }
}

/** A question and its subject. What a person forwards is data, as its author is unknown: the question is the `usual` one. */
function questionIn(
  { author, isForwarded, pictures, recording, text }: TypedMessage,
  usual: string,
): QuestionSubject & { readonly words?: string } {
  const files = { pictures, recording };
  const quoted = isForwarded && { author: author.name, text, isForwarded };
  if (quoted) return { ...files, quoted, sentBy: author.name, words: usual };
  if (pictures && text === '') return { ...files, words: usual };
  return recording || pictures || /[\p{L}\p{N}]/u.test(text) ? { ...files, words: text } : {};
}

/** Whether a line is a stop and nothing else, which is neither limited nor refused. */
function isStop(text: string) {
  return classify(text, { isFinal: true }).kind === 'stop';
}

type ChatSession = Owners<'consent' | 'loop' | 'place'>;

/** Reason for which a message is not for the bot; its words are read only where the bot may read them. */
function objectionTo(message: TypedMessage, session: ChatSession): TypedOutcome | undefined {
  const { author, isWebhook, isMention, isVoiceMessage, text } = message;
  if (isWebhook) return 'webhook';
  if (author.isBot) return 'bot';
  const { consent, loop, place } = session;
  const { mode } = addressingRulesOf(loop.state, conversationRules);
  if (place.settings().typed === 'off' || mode === 'off') return 'off';
  const standing = consent.standing(author.id);
  if (standing === 'no') return 'refused';
  if (isMention || (isVoiceMessage && !consent.paused)) return undefined;
  if (standing !== 'yes') return 'unasked';
  if (consent.paused) return 'paused';
  if (text === '') return 'unread';
  return isMeant(message, loop) ? undefined : 'not-meant';
}

function isMeant({ author, text }: TypedMessage, loop: Session['loop']) {
  loop.syncSettings();
  const line = { by: author.id, text, atMs: loop.nowMs };
  return isLineMeant(loop.state, line, conversationRules);
}
