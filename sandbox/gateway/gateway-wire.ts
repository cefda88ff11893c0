import { z } from 'zod';
import type { Json } from '#sandbox/world/world-json.ts';

/** One event for the bot. */
export type Dispatch = {
  readonly name: string;
  /** The server it is about: only sessions of its shard get it. */
  readonly guildId: string;
  /** A function where it depends on the intents of a session. */
  readonly data: Json | ((intents: number) => Json);
  /** Only sessions that asked for this intent get it. */
  readonly intent?: number;
  /** Only this session gets it. */
  readonly sessionId?: string;
};

/** Source: https://discord.com/developers/docs/events/gateway#gateway-intents */
export const intents = {
  guilds: 1 << 0,
  guildMembers: 1 << 1,
  voiceStates: 1 << 7,
  presences: 1 << 8,
  messages: 1 << 9,
  messageContent: 1 << 15,
} as const;

/** Intents that need a tick in Discord's developer portal. */
export const privilegedIntents = {
  members: intents.guildMembers,
  presences: intents.presences,
  content: intents.messageContent,
} as const;
export type PrivilegedIntent = keyof typeof privilegedIntents;

/** Source: https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes */
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
    guild_id: idSchema,
    channel_id: idSchema.nullable(),
    self_mute: z.boolean().default(false),
    self_deaf: z.boolean().default(false),
  }),
});
const channelInfoSchema = z.object({
  op: z.literal(43),
  d: z.object({ guild_id: idSchema, fields: z.array(z.string()) }),
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
export type GatewayRequest = z.infer<typeof requestSchema>;
export type GatewayIdentify = z.infer<typeof identifySchema>['d'];
export type GatewayResume = z.infer<typeof resumeSchema>['d'];
export type VoiceStateRequest = z.infer<typeof voiceStateSchema>['d'];

const knownOpcodes = z.object({
  op: z.literal(requestSchema.options.map(({ shape }) => shape.op.value)),
});

/** Parses a payload from the bot. An invalid one gives the close code of its socket. */
export function parseGatewayRequest(text: string): GatewayRequest | number {
  const payload = parseWithWholeIds(text);
  const read = requestSchema.safeParse(payload);
  if (read.success) return read.data;
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
