import { z } from 'zod';
import type { Json } from '#sandbox/world/world-json.ts';
import { type ChannelId, type GuildId, toChannelId, toGuildId } from '#src/base/ids.ts';

/** One event for the bot. */
export type Dispatch = {
  readonly name: string;
  /** Server of the event: only sessions of its shard get the event. */
  readonly guildId: GuildId;
  /** A function where the data depend on the intents of a session. */
  readonly data: Json | ((intents: number) => Json);
  /** Only sessions that asked for this intent get the event. */
  readonly intent?: number;
  /** Only this session gets the event. */
  readonly sessionId?: string;
};

/** Bits of the intents that this gateway knows. Source: https://discord.com/developers/docs/events/gateway#gateway-intents */
export const intents: Readonly<
  Record<
    | 'guilds'
    | 'guildMembers'
    | 'voiceStates'
    | 'presences'
    | 'messages'
    | 'messageContent'
    | 'scheduledEvents',
    number
  >
> = {
  guilds: 1 << 0,
  guildMembers: 1 << 1,
  voiceStates: 1 << 7,
  presences: 1 << 8,
  messages: 1 << 9,
  messageContent: 1 << 15,
  scheduledEvents: 1 << 16,
};

/** Intents that need a tick in Discord's developer portal. */
export const privilegedIntents: Readonly<Record<PrivilegedIntent, number>> = {
  members: intents.guildMembers,
  presences: intents.presences,
  content: intents.messageContent,
};
export type PrivilegedIntent = 'members' | 'presences' | 'content';

/** Codes with which the gateway closes a socket. Source: https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes */
export const closeCodes = {
  unknownOpcode: 4001,
  notUnderstood: 4002,
  notIdentified: 4003,
  wrongToken: 4004,
  alreadyIdentified: 4005,
  wrongSequence: 4007,
  tooManyMessages: 4008,
  noHeartbeat: 4009,
  wrongShard: 4010,
  shardingRequired: 4011,
  intentNotAllowed: 4014,
} as const;

const identifySchema = z.object({
  op: z.literal(2),
  d: z.object({
    token: z.string(),
    intents: z.int().nonnegative(),
    shard: z.tuple([z.int(), z.int()]).optional(),
  }),
});
const resumeSchema = z.object({
  op: z.literal(6),
  d: z.object({
    token: z.string(),
    session_id: z.string(),
    seq: z.int().nonnegative(),
  }),
});
/** Some libraries write ids as numbers. */
const idSchema = z.union([z.string(), z.int().transform(String)]);
const voiceStateSchema = z.object({
  op: z.literal(4),
  d: z.object({
    guild_id: idSchema.transform(toGuildId),
    channel_id: idSchema.transform(toChannelId).nullable(),
    self_mute: z.boolean().default(false),
    self_deaf: z.boolean().default(false),
  }),
});
const channelInfoSchema = z.object({
  op: z.literal(43),
  d: z.object({ guild_id: idSchema.transform(toGuildId), fields: z.array(z.string()) }),
});
const requestSchema = z.discriminatedUnion('op', [
  z.object({ op: z.literal(1), d: z.unknown() }),
  z.object({ op: z.literal(3), d: z.unknown() }),
  identifySchema,
  resumeSchema,
  voiceStateSchema,
  channelInfoSchema,
]);

/** Requests that the bot may send on the gateway: heartbeat, presence, identify, resume, voice state, channel info. */
export type GatewayRequest =
  | { readonly op: 1 | 3; readonly d?: unknown }
  | { readonly op: 2; readonly d: GatewayIdentify }
  | { readonly op: 6; readonly d: GatewayResume }
  | { readonly op: 4; readonly d: VoiceStateRequest }
  | { readonly op: 43; readonly d: ChannelInfoRequest };
/** A login. `intents` is a bit set, and `shard` the id and the count of shards. */
export type GatewayIdentify = {
  readonly token: string;
  readonly intents: number;
  readonly shard?: readonly [number, number];
};
/** The return to a session, after event `seq`. */
export type GatewayResume = {
  readonly token: string;
  readonly session_id: string;
  readonly seq: number;
};
/** The wish for a seat in a voice channel. Null: the wish to leave. */
export type VoiceStateRequest = {
  readonly guild_id: GuildId;
  readonly channel_id: ChannelId | null;
  readonly self_mute: boolean;
  readonly self_deaf: boolean;
};
type ChannelInfoRequest = {
  readonly guild_id: GuildId;
  readonly fields: readonly string[];
};

const knownOpcodes = z.object({
  op: z.literal(requestSchema.options.map(({ shape }) => shape.op.value)),
});

/** Parses a payload from the bot. An invalid one gives the close code of its socket. */
export function parseGatewayRequest(text: string): GatewayRequest | number {
  const payload = parseWithWholeIds(text);
  const parsed = requestSchema.safeParse(payload);
  if (parsed.success) return parsed.data;
  const isKnown = payload === undefined || knownOpcodes.safeParse(payload).success;
  return isKnown ? closeCodes.notUnderstood : closeCodes.unknownOpcode;
}

/**
 * Parses JSON and keeps numbers beyond 2^53, such as ids, as strings of their digits.
 * Returns undefined for malformed JSON.
 */
function parseWithWholeIds(text: string) {
  try {
    return JSON.parse(text, (_, value, { source } = { source: '' }) => {
      const isRounded =
        typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER;
      return isRounded ? source : value;
    });
  } catch {
    return undefined;
  }
}
