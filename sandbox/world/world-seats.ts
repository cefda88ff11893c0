import { randomBytes } from 'node:crypto';
import { type Dispatch, intents } from '#sandbox/gateway/gateway-wire.ts';
import type { VoiceTicket } from '#sandbox/voice/voice-ports.ts';
import type { VoiceServer } from '#sandbox/voice-server/voice-server.ts';
import type { ChannelId, GuildId, PersonId } from '#src/base/ids.ts';
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

/** A seat that a person asks for. */
export type VoiceSeat = {
  readonly userId: PersonId;
  readonly channel: Channel;
  readonly sessionId: string;
  readonly selfMute: boolean;
  readonly selfDeaf: boolean;
};

/** Source: https://discord.com/developers/docs/topics/opcodes-and-status-codes#voice-voice-close-event-codes */
const voiceCloseCodes = { disconnected: 4014, callOver: 4022 } as const;

/** The voice server, as far as it lets people in. */
type CallAdmission = Pick<VoiceServer, 'admit' | 'allow' | 'expel' | 'endpoint'>;

/** Seats in voice channels. Only this class changes voice states and hands out tickets. */
export class WorldSeats {
  readonly #world: World;
  readonly #voice: CallAdmission;
  readonly #dispatch: (event: Dispatch) => void;

  constructor(world: World, voice: CallAdmission, dispatch: (event: Dispatch) => void) {
    this.#world = world;
    this.#voice = voice;
    this.#dispatch = dispatch;
  }

  /**
   * Seats a person and returns a ticket to the call, admitted already. None when only
   * mute or deaf changed. Asking again for the same seat gives a fresh ticket, so that
   * a client can come back after its call broke.
   */
  takeSeat(guild: Guild, seat: VoiceSeat): VoiceTicket | undefined {
    const ticket = this.#storeSeat(guild, seat);
    this.reportSeat(guild, seat.userId);
    return ticket;
  }

  /** Seats the bot, and tells session `sessionId` of the bot where the call is. */
  takeBotSeat(guild: Guild, seat: VoiceSeat): void {
    const ticket = this.takeSeat(guild, seat);
    if (ticket) this.#sendServerUpdate(ticket);
  }

  /** Removes a person from the seat. Does nothing without a seat. */
  leaveSeat(
    guild: Guild,
    userId: PersonId,
    closeCode: number = voiceCloseCodes.disconnected,
  ): void {
    const formerState = guild.voiceStates.get(userId);
    if (!formerState) return;
    guild.voiceStates.delete(userId);
    const data = {
      ...toVoiceStateJson(guild, userId, undefined),
      session_id: formerState.sessionId,
    };
    this.#sendState(guild.id, data);
    this.#voice.expel(guild.id, userId, closeCode);
  }

  /** Removes everybody from a channel that is deleted. */
  clearChannel(guild: Guild, channelId: ChannelId): void {
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
    userId: PersonId,
    change: Partial<Omit<VoiceState, 'userId' | 'channelId' | 'sessionId'>>,
  ): void {
    const state = guild.voiceStates.get(userId);
    if (!state) return;
    guild.voiceStates.set(userId, { ...state, ...change });
    this.reportSeat(guild, userId);
  }

  /**
   * Sends the present voice state once more, as after a server mute, to the bot and the
   * call. Does nothing without a seat.
   */
  reportSeat(guild: Guild, userId: PersonId): void {
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
  async replaceServer(
    guild: Guild,
    awayMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { bot, clock } = this.#world;
    const state = guild.voiceStates.get(bot.id);
    if (!state) return;
    const data = { token: '', guild_id: guild.id, endpoint: null };
    const { sessionId } = state;
    this.#dispatch({ name: 'VOICE_SERVER_UPDATE', guildId: guild.id, data, sessionId });
    this.#voice.expel(guild.id, bot.id, voiceCloseCodes.callOver);
    await clock.sleep(awayMs, signal);
    const presentState = guild.voiceStates.get(bot.id);
    if (presentState?.sessionId === sessionId)
      this.#sendServerUpdate(this.#admitPerson(guild, presentState));
  }

  #storeSeat(guild: Guild, seat: VoiceSeat) {
    const { channel, ...fields } = seat;
    const { userId } = fields;
    const formerState = guild.voiceStates.get(userId);
    const sameSeat = formerState?.channelId === channel.id ? formerState : undefined;
    const state: VoiceState = {
      ...fields,
      channelId: channel.id,
      suppressed: sameSeat?.suppressed ?? this.#isAudience(guild, userId, channel),
      handRaisedAt: sameSeat?.handRaisedAt ?? null,
    };
    guild.voiceStates.set(userId, state);
    return formerState && hasOnlyMuteChanged(formerState, state)
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

  #sendState(guildId: GuildId, data: Json) {
    const intent = intents.voiceStates;
    this.#dispatch({ name: 'VOICE_STATE_UPDATE', guildId, data, intent });
  }

  /**
   * Tests whether a person is audience. On a stage everybody is at first, owners too.
   */
  #isAudience(guild: Guild, userId: PersonId, channel: Channel) {
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

function hasOnlyMuteChanged(earlier: VoiceState, later: VoiceState) {
  if (earlier.channelId !== later.channelId || earlier.sessionId !== later.sessionId)
    return false;
  return earlier.selfMute !== later.selfMute || earlier.selfDeaf !== later.selfDeaf;
}
