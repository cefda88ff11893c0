import type { Gateway } from './gateway.ts';
import { type Dispatch, intents } from './gateway-wire.ts';
import { knownChannel, type World } from './world.ts';
import { channelJson } from './world-json.ts';
import { permissionBits } from './world-permissions.ts';
import type { Seats } from './world-seats.ts';

/** What goes wrong on the real Discord, on demand. */
export type Faults = {
  /** Cuts the gateway sockets; the bot may resume. */
  dropGateway(): void;
  /** Ends the gateway sessions and cuts their sockets: a resume is refused, the bot leaves its voice channel. */
  endSessions(): void;
  /** A moderator throws the bot out of its voice channel. */
  disconnectBot(): void;
  /** A moderator moves the bot to another voice channel; nothing happens if it sits in none. */
  moveBot(channel: string): void;
  /** Takes the right to connect to the channel from everybody but the owner. */
  closeChannel(channel: string): void;
};

export function faultsOf(
  world: World,
  gateway: Gateway,
  seats: Seats,
  dispatch: (event: Dispatch) => void,
): Faults {
  const { bot, guild } = world;
  return {
    dropGateway: () => gateway.dropSockets(),
    endSessions() {
      gateway.endSessions();
      gateway.dropSockets();
    },
    disconnectBot: () => seats.leave(bot.id),
    moveBot(name) {
      const channel = knownChannel(world, name);
      const state = guild.voiceStates.get(bot.id);
      if (state) seats.takeForBot({ ...state, channel });
    },
    closeChannel(name) {
      const channel = knownChannel(world, name);
      channel.overwrites = [{ roleId: guild.id, allow: 0n, deny: permissionBits.connect }];
      const data = channelJson(world, channel);
      dispatch({ name: 'CHANNEL_UPDATE', data, intent: intents.guilds });
    },
  };
}
