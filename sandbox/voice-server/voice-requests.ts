import { z } from 'zod';
import { voiceCloseReasons, voiceOpcodes } from '#sandbox/voice/voice-opcodes.ts';
import { type GuildId, type PersonId, toGuildId, toPersonId } from '#src/base/ids.ts';
import { tryParseJson } from '#src/base/json.ts';

const idSchema = z.string().max(64);
const seqAckSchema = z.int().min(-1).max(0xffff);
const transitionSchema = z.object({ transition_id: z.int().min(0).max(0xffff) });

const jsonSchema = z.discriminatedUnion('op', [
  z.object({
    op: z.literal(voiceOpcodes.identify),
    d: z.object({
      server_id: idSchema.transform(toGuildId),
      user_id: idSchema.transform(toPersonId),
      session_id: idSchema,
      token: idSchema,
      max_dave_protocol_version: z.int().optional(),
    }),
  }),
  z.object({
    op: z.literal(voiceOpcodes.resume),
    d: z.object({
      server_id: idSchema.transform(toGuildId),
      session_id: idSchema,
      token: idSchema,
      seq_ack: seqAckSchema.optional(),
    }),
  }),
  z.object({
    op: z.literal(voiceOpcodes.selectProtocol),
    d: z.object({ protocol: z.string(), data: z.object({ mode: z.string() }) }),
  }),
  z.object({
    op: z.literal(voiceOpcodes.heartbeat),
    d: z.object({ t: z.number(), seq_ack: seqAckSchema.optional() }),
  }),
  z.object({
    op: z.literal(voiceOpcodes.speaking),
    d: z.object({ speaking: z.int(), ssrc: z.int() }),
  }),
  z.object({ op: z.literal(voiceOpcodes.transitionReady), d: transitionSchema }),
  z.object({ op: z.literal(voiceOpcodes.invalidCommit), d: transitionSchema }),
]);

/** A login to the call of `server_id`, by a ticket of the main gateway. */
export type VoiceIdentify = {
  readonly server_id: GuildId;
  readonly user_id: PersonId;
  readonly session_id: string;
  readonly token: string;
  /** Absent: the client cannot encrypt end to end. */
  readonly max_dave_protocol_version?: number;
};
/** The return to a voice session. `seq_ack` is the last message that arrived, -1 if none did. */
export type VoiceResume = {
  readonly server_id: GuildId;
  readonly session_id: string;
  readonly token: string;
  readonly seq_ack?: number;
};
type TransitionRequest = { readonly transition_id: number };
type JsonRequest =
  | { readonly op: typeof voiceOpcodes.identify; readonly d: VoiceIdentify }
  | { readonly op: typeof voiceOpcodes.resume; readonly d: VoiceResume }
  | {
      readonly op: typeof voiceOpcodes.selectProtocol;
      readonly d: {
        readonly protocol: string;
        readonly data: { readonly mode: string };
      };
    }
  | {
      readonly op: typeof voiceOpcodes.heartbeat;
      readonly d: { readonly t: number; readonly seq_ack?: number };
    }
  | {
      readonly op: typeof voiceOpcodes.speaking;
      readonly d: { readonly speaking: number; readonly ssrc: number };
    }
  | {
      readonly op:
        | typeof voiceOpcodes.transitionReady
        | typeof voiceOpcodes.invalidCommit;
      readonly d: TransitionRequest;
    };
type BinaryRequest = {
  readonly op: typeof voiceOpcodes.keyPackage | typeof voiceOpcodes.commitWelcome;
  readonly payload: Buffer;
};
/** Requests that a client may send on the voice gateway. */
export type VoiceRequest = JsonRequest | BinaryRequest;

/**
 * Parses the request in one frame of a client, or returns the code to close the socket
 * with.
 */
export function parseVoiceRequest(
  frame: Buffer,
  isBinary: boolean,
): VoiceRequest | number {
  return isBinary ? parseBinary(frame) : parseJson(frame.toString());
}

function parseBinary(frame: Buffer): BinaryRequest | number {
  const [code] = frame;
  if (code !== voiceOpcodes.keyPackage && code !== voiceOpcodes.commitWelcome)
    return voiceCloseReasons.unknownOp;
  return { op: code, payload: frame.subarray(1) };
}

function parseJson(text: string): JsonRequest | number {
  const value = tryParseJson(text);
  if (value === undefined) return voiceCloseReasons.undecodable;
  const parsed = jsonSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const opcodeSchema = z.object({
    op: z.literal(jsonSchema.options.map(({ shape }) => shape.op.value)),
  });
  return opcodeSchema.safeParse(value).success
    ? voiceCloseReasons.badRequest
    : voiceCloseReasons.unknownOp;
}
