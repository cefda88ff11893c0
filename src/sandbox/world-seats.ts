import { randomBytes } from 'node:crypto';
import { type Dispatch, intents } from './gateway-wire.ts';
import type { VoiceServer, VoiceTicket } from './voice-ports.ts';
import type { Channel, VoiceState, World } from './world.ts';
import { voiceStateJson } from './world-json.ts';

export type Seat = {
  readonly userId: string;
  readonly channel: Channel;
  readonly sessionId: string;
  readonly selfMute: boolean;
  readonly selfDeaf: boolean;
};

/** Voice gateway close code for whoever is out of the channel. Source: Discord docs, close codes. */
const disconnected = 4014;

/** Who sits in which voice channel: the one place that changes voice states and hands out tickets. */
export class Seats {
  readonly #world: World;
  readonly #voice: Pick<VoiceServer, 'admit' | 'expel' | 'endpoint'>;
  readonly #dispatch: (event: Dispatch) => void;

  constructor(
    world: World,
    voice: Pick<VoiceServer, 'admit' | 'expel' | 'endpoint'>,
    dispatch: (event: Dispatch) => void,
  ) {
    this.#world = world;
    this.#voice = voice;
    this.#dispatch = dispatch;
  }

  /**
   * A ticket to the call, admitted already; none when only mute or deaf changed.
   *
   * Asking again for the same seat gives a fresh ticket, so that a client whose call broke can come back.
   */
  take(seat: Seat): VoiceTicket | undefined {
    const { guild } = this.#world;
    const former = guild.voiceStates.get(seat.userId);
    const state: VoiceState = {
      userId: seat.userId,
      channelId: seat.channel.id,
      sessionId: seat.sessionId,
      selfMute: seat.selfMute,
      selfDeaf: seat.selfDeaf,
    };
    guild.voiceStates.set(seat.userId, state);
    if (former && onlyMuteChanged(former, state)) {
      this.#tell(seat.userId, state);
      return undefined;
    }
    const token = randomBytes(16).toString('hex');
    const { channelId, sessionId, userId } = state;
    const ticket: VoiceTicket = { guildId: guild.id, channelId, userId, sessionId, token };
    this.#voice.admit(ticket);
    this.#tell(seat.userId, state);
    return ticket;
  }

  /** As `take`, and tells session `sessionId` of the bot where the call is. */
  takeForBot(seat: Seat): void {
    const ticket = this.take(seat);
    if (!ticket) return;
    const { endpoint } = this.#voice;
    const data = { token: ticket.token, guild_id: ticket.guildId, endpoint };
    this.#dispatch({ name: 'VOICE_SERVER_UPDATE', data, sessionId: ticket.sessionId });
  }

  /** Does nothing for somebody who sits nowhere. */
  leave(userId: string): void {
    const { guild } = this.#world;
    const former = guild.voiceStates.get(userId);
    if (!former) return;
    guild.voiceStates.delete(userId);
    const data = {
      ...voiceStateJson(this.#world, userId, undefined),
      session_id: former.sessionId,
    };
    this.#dispatch({ name: 'VOICE_STATE_UPDATE', data, intent: intents.voiceStates });
    this.#voice.expel(guild.id, userId, disconnected);
  }

  #tell(userId: string, state: VoiceState): void {
    const data = voiceStateJson(this.#world, userId, state);
    this.#dispatch({ name: 'VOICE_STATE_UPDATE', data, intent: intents.voiceStates });
  }
}

function onlyMuteChanged(former: VoiceState, now: VoiceState): boolean {
  if (former.channelId !== now.channelId || former.sessionId !== now.sessionId) return false;
  return former.selfMute !== now.selfMute || former.selfDeaf !== now.selfDeaf;
}
