import { randomBytes } from 'node:crypto';
import { type Dispatch, intents } from '#sandbox/gateway/gateway-wire.ts';
import type { VoiceTicket } from '#sandbox/voice/voice-ports.ts';
import type { VoiceServer } from '#sandbox/voice-server/voice-server.ts';
import {
  type Channel,
  type Guild,
  listSeated,
  type Member,
  type VoiceState,
  type World,
} from './world.ts';
import { type Json, toVoiceStateJson } from './world-json.ts';
import { isAllowed } from './world-permissions.ts';

type VoiceSeat = {
  readonly userId: string;
  readonly channel: Channel;
  readonly sessionId: string;
  readonly selfMute: boolean;
  readonly selfDeaf: boolean;
};

/** Source: https://discord.com/developers/docs/topics/opcodes-and-status-codes#voice-voice-close-event-codes */
const voiceCloseCodes = { disconnected: 4014, callOver: 4022 } as const;

/** Seats in voice channels. Only this class changes voice states and hands out tickets. */
export class WorldSeats {
  readonly #world;
  readonly #voice;
  readonly #dispatch;

  constructor(
    world: World,
    voice: Pick<VoiceServer, 'admit' | 'allow' | 'expel' | 'endpoint'>,
    dispatch: (event: Dispatch) => void,
  ) {
    this.#world = world;
    this.#voice = voice;
    this.#dispatch = dispatch;
  }

  /**
   * Seats a person and returns a ticket to the call, admitted already. None when only
   * mute or deaf changed. Asking again for the same seat gives a fresh ticket, so that
   * a client can come back after its call broke.
   */
  takeSeat(guild: Guild, seat: VoiceSeat) {
    const ticket = this.#takeSeat(guild, seat);
    this.reportSeat(guild, seat.userId);
    return ticket;
  }

  /** Seats the bot, and tells session `sessionId` of the bot where the call is. */
  takeBotSeat(guild: Guild, seat: VoiceSeat) {
    const ticket = this.takeSeat(guild, seat);
    if (ticket) this.#sendServerUpdate(ticket);
  }

  /** Removes a person from the seat. Does nothing without a seat. */
  leaveSeat(
    guild: Guild,
    userId: string,
    closeCode: number = voiceCloseCodes.disconnected,
  ) {
    const former = guild.voiceStates.get(userId);
    if (!former) return;
    guild.voiceStates.delete(userId);
    const data = {
      ...toVoiceStateJson(guild, userId, undefined),
      session_id: former.sessionId,
    };
    this.#sendState(guild.id, data);
    this.#voice.expel(guild.id, userId, closeCode);
  }

  /** Removes everybody from a channel that is deleted. */
  clearChannel(guild: Guild, channelId: string) {
    for (const { userId } of listSeated(guild, channelId)) {
      this.leaveSeat(guild, userId, voiceCloseCodes.callOver);
    }
  }

  /**
   * Changes a seat: suppressed or not, hand raised or not, muted by oneself or not.
   * Does nothing without a seat.
   */
  changeSeat(
    guild: Guild,
    userId: string,
    change: Partial<Omit<VoiceState, 'userId' | 'channelId' | 'sessionId'>>,
  ) {
    const state = guild.voiceStates.get(userId);
    if (!state) return;
    guild.voiceStates.set(userId, { ...state, ...change });
    this.reportSeat(guild, userId);
  }

  /**
   * Sends the present voice state once more, as after a server mute, to the bot and the
   * call. Does nothing without a seat.
   */
  reportSeat(guild: Guild, userId: string) {
    const state = guild.voiceStates.get(userId);
    if (!state) return;
    this.#voice.allow(
      guild.id,
      userId,
      toVoiceRights(guild.members.get(userId), state),
    );
    const data = toVoiceStateJson(guild, userId, state);
    this.#sendState(guild.id, data);
  }

  /**
   * Replaces the voice server of the bot's call: the bot is told so, and after `awayMs`
   * where the new one is.
   */
  async replaceServer(guild: Guild, awayMs: number, signal: AbortSignal) {
    const { bot, clock } = this.#world;
    const state = guild.voiceStates.get(bot.id);
    if (!state) return;
    const data = { token: '', guild_id: guild.id, endpoint: null };
    const { sessionId } = state;
    this.#dispatch({ name: 'VOICE_SERVER_UPDATE', guildId: guild.id, data, sessionId });
    this.#voice.expel(guild.id, bot.id, voiceCloseCodes.callOver);
    await clock.sleep(awayMs, signal);
    const now = guild.voiceStates.get(bot.id);
    if (now?.sessionId === sessionId)
      this.#sendServerUpdate(this.#admitPerson(guild, now));
  }

  #takeSeat(guild: Guild, seat: VoiceSeat) {
    const { channel, ...own } = seat;
    const { userId } = own;
    const former = guild.voiceStates.get(userId);
    const stayed = former?.channelId === channel.id ? former : undefined;
    const state: VoiceState = {
      ...own,
      channelId: channel.id,
      suppressed: stayed?.suppressed ?? this.#isAudience(guild, userId, channel),
      handRaisedAt: stayed?.handRaisedAt ?? null,
    };
    guild.voiceStates.set(userId, state);
    return former && hasOnlyMuteChanged(former, state)
      ? undefined
      : this.#admitPerson(guild, state);
  }

  #admitPerson(guild: Guild, { channelId, sessionId, userId }: VoiceState) {
    const token = randomBytes(16).toString('hex');
    const ticket: VoiceTicket = {
      guildId: guild.id,
      channelId,
      userId,
      sessionId,
      token,
    };
    this.#voice.admit(ticket);
    return ticket;
  }

  #sendServerUpdate({ token, guildId, sessionId }: VoiceTicket) {
    const data = { token, guild_id: guildId, endpoint: this.#voice.endpoint };
    this.#dispatch({ name: 'VOICE_SERVER_UPDATE', guildId, data, sessionId });
  }

  #sendState(guildId: string, data: Json) {
    const intent = intents.voiceStates;
    this.#dispatch({ name: 'VOICE_STATE_UPDATE', guildId, data, intent });
  }

  /**
   * Tests whether a person is audience. On a stage everybody is at first, owners too.
   */
  #isAudience(guild: Guild, userId: string, channel: Channel) {
    if (channel.kind === 'stage') return true;
    return !isAllowed(this.#world, guild, userId, 'speak', channel);
  }
}

/**
 * Computes the voice rights of a member. A moderator, the person or the channel may
 * take them.
 */
function toVoiceRights(member: Member | undefined, state: VoiceState) {
  return {
    speak: !member?.muted && !state.selfMute && !state.suppressed,
    hear: !member?.deafened && !state.selfDeaf,
  };
}

function hasOnlyMuteChanged(former: VoiceState, now: VoiceState) {
  if (former.channelId !== now.channelId || former.sessionId !== now.sessionId)
    return false;
  return former.selfMute !== now.selfMute || former.selfDeaf !== now.selfDeaf;
}
