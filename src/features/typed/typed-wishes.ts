import type { SessionConsent } from '#src/conversation/consent/session-consent.ts';
import type { ConversationLoop } from '#src/conversation/conversation-loop.ts';
import { followsBot } from '#src/conversation/machine/turn-addressing.ts';
import type { Mouth } from '#src/conversation/mouth/mouth.ts';
import { toSilenceLine } from '#src/conversation/mouth/silence.ts';
import type { SessionChannel } from '#src/conversation/session.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import { mayKnowChannel, toJoinRoomLine } from '#src/ports/join-room-line.ts';
import type { TypedMessage } from '#src/ports/typed-messages.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import { findTypedWish } from '#src/sessions/message-authors.ts';
import type { ServerSessions } from '#src/sessions/voice-sessions.ts';
import { formatDuration } from '#src/texts/duration.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { Wish, WishKind } from '#src/turn/overlap/interjections.ts';
import type { TypedRequests } from './typed-requests.ts';

const nowhereLine: TextLine = { id: 'leave.nowhere' };

/** Wishes that people type: the bot obeys them before any limit, right or model. */
export class TypedWishes {
  readonly #deps: SessionDependencies;
  readonly #sessions: ServerSessions;
  readonly #requests: TypedRequests;

  constructor(
    deps: SessionDependencies,
    sessions: ServerSessions,
    requests: TypedRequests,
  ) {
    this.#deps = deps;
    this.#sessions = sessions;
    this.#requests = requests;
  }

  /** Finds the wish of a message that is meant for the bot: a mention, or a line of its chat. */
  findWish(message: TypedMessage): WishKind | undefined {
    const { author, channelId, content, guildId, isMention, isWebhook } = message;
    if (author.isBot || isWebhook) return undefined;
    const session = this.#sessions.findSession(guildId);
    const isInChat = session?.channel.channelId === channelId;
    if (!isMention && !isInChat) return undefined;
    const wish = findTypedWish(content, (text) =>
      this.#requests.findWish(guildId, text),
    );
    if (!wish || isMention) return wish?.kind;
    return session && isMeantInChat(wish, message, session) ? wish.kind : undefined;
  }

  /** Obeys a wish with the rights of the author. Returns the answer. */
  async obeyWish(message: TypedMessage, wish: WishKind): Promise<readonly TextLine[]> {
    const { author, guildId } = message;
    if (wish === 'no') return await this.#denyAuthor(message);
    const session = this.#sessions.findSession(guildId);
    if (!session) return [nowhereLine];
    const { places } = this.#deps;
    const isHere = session.isHere(author.id);
    const mayLeave = wish === 'leave' && places.mayManage(guildId, author.id);
    if (!isHere && !mayLeave) return [this.#toRoomLine(message, session.channel)];
    if (wish === 'leave') return [await this.#leaveChannel(message, session.channel)];
    if (wish === 'stop') return [this.#silenceBot(message, session.channel)];
    for (const { consent } of this.#sessions.listSessions(guildId))
      consent.isPaused = true;
    return [{ id: 'privacy.paused' }];
  }

  async #denyAuthor({ author, guildId }: TypedMessage): Promise<readonly TextLine[]> {
    const { isSaved } = await this.#sessions.deny(guildId, author.id);
    const line = { id: 'consent.no' } as const;
    return isSaved ? [line] : [line, { id: 'privacy.unsaved' }];
  }

  async #leaveChannel(message: TypedMessage, channel: ChannelRef): Promise<TextLine> {
    const leaving = await this.#sessions.leave(message.guildId);
    if (leaving.kind === 'nowhere') return nowhereLine;
    const isOpen =
      this.#isForReaders(message, channel) &&
      mayKnowChannel(channel, message.author.id, this.#deps.places);
    if (!isOpen) return { id: 'confirm.done' };
    const duration = formatDuration(leaving.stayedMs);
    return { id: 'leave.ok', with: { channel: leaving.channel, duration } };
  }

  /** Sends the author to the bot's channel, which is named if all readers of the message may enter. */
  #toRoomLine(message: TypedMessage, channel: ChannelRef): TextLine {
    const line = toJoinRoomLine(channel, message.author.id, this.#deps.places);
    const isTold = line.id !== 'perm.room' || this.#isForReaders(message, channel);
    return isTold ? line : { id: 'perm.room.elsewhere' };
  }

  #silenceBot(message: TypedMessage, channel: ChannelRef): TextLine {
    const silenced = this.#requests.stopSpeaking(message.guildId);
    return toSilenceLine(
      this.#isForReaders(message, channel) ? silenced : { ...silenced, paused: [] },
    );
  }

  /** Tests whether all readers of the message may enter the voice channel, so that they may read of it. */
  #isForReaders({ channelId }: TypedMessage, channel: ChannelRef) {
    const { places } = this.#deps;
    const isChat = channelId === channel.channelId;
    return isChat || places.isNoWider({ ...channel, channelId }, channel);
  }
}

/** Lines of the chat without a mention may be for other people, as words in the channel may. */
function isMeantInChat(
  { isByName, isForListener, kind }: Wish,
  { author }: TypedMessage,
  {
    consent,
    loop,
    mouth,
    voiceChannel,
  }: {
    readonly consent: SessionConsent;
    readonly loop: ConversationLoop;
    readonly mouth: Mouth;
    readonly voiceChannel: SessionChannel;
  },
) {
  // Lines of people who said no are not read.
  if (consent.getStanding(author.id) === 'no') return false;
  if (isByName || isForListener) return true;
  if (kind === 'stop') return mouth.mix.tracks.isAudible || mouth.requests.isBusy;
  if (followsBot(loop.state, loop.nowMs)) return true;
  const humans = voiceChannel.listPeople().filter(({ isBot }) => !isBot);
  return humans.length <= 1;
}
