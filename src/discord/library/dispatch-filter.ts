import type { Client } from 'discord.js';
import { isRecord } from '#src/base/json.ts';

type Dispatch = { readonly t?: unknown; readonly d?: unknown };
/** The typings call the way in private; test/discord/gateway-gaps.test.ts tells where a new version has another one. */
type InnerSockets = { handlePacket(packet: Dispatch | undefined, shard: unknown): boolean };

/**
 * Keeps dispatches without the id of their server, channel or person from discord.js, and so from all its listeners: it
 * types ids as text and hands them on as they came. The channel of a voice state is an id, too, or null. It also drops
 * messages: only deletions are of interest, and those are read as they came.
 */
export function filterDispatches(client: Client): void {
  const sockets = client.ws as unknown as InnerSockets;
  const handle = sockets.handlePacket.bind(sockets);
  sockets.handlePacket = (packet, shard) => {
    if (packet === undefined || isWhole(packet)) return handle(withWholeParts(packet), shard);
    return handle(undefined, shard); // what waits before it is handled all the same
  };
}

function isWhole({ t, d }: Dispatch): boolean {
  switch (t) {
    case 'MESSAGE_CREATE':
    case 'MESSAGE_UPDATE':
    case 'MESSAGE_DELETE':
    case 'MESSAGE_DELETE_BULK':
      return false;
    case 'GUILD_CREATE':
    case 'GUILD_UPDATE':
    case 'GUILD_DELETE':
    case 'CHANNEL_CREATE':
    case 'CHANNEL_UPDATE':
    case 'CHANNEL_DELETE':
      return hasId(d);
    case 'VOICE_STATE_UPDATE':
      return isVoiceState(d) && typeof d.guild_id === 'string';
    default:
      return true;
  }
}

/** Dispatch without channels and voice states that lack an id, where a server comes as a whole. */
function withWholeParts(packet: Dispatch | undefined): Dispatch | undefined {
  const isWholeGuild = packet?.t === 'GUILD_CREATE' || packet?.t === 'GUILD_UPDATE';
  if (!isWholeGuild || !isRecord(packet.d)) return packet;
  const { d } = packet;
  const { voice_states: states, channels } = d;
  const whole = {
    ...(Array.isArray(states) && { voice_states: states.filter(isVoiceState) }),
    ...(Array.isArray(channels) && { channels: channels.filter(hasId) }),
  };
  return { ...packet, d: { ...d, ...whole } };
}

function hasId(d: unknown): boolean {
  return isRecord(d) && typeof d.id === 'string';
}

function isVoiceState(d: unknown): d is Readonly<Record<string, unknown>> {
  if (!isRecord(d) || typeof d.user_id !== 'string') return false;
  return typeof (d.channel_id ?? '') === 'string';
}
