import { z } from 'zod';
import { voiceCloseReasons, voiceOpcodes } from '#sandbox/voice/voice-opcodes.ts';
import { tryParseJson } from '#src/base/json.ts';

const idSchema = z.string().max(64);
const seqAckSchema = z.int().min(-1).max(0xffff);
const transitionSchema = z.object({ transition_id: z.int().min(0).max(0xffff) });

const jsonSchema = z.discriminatedUnion('op', [
  z.object({
    op: z.literal(voiceOpcodes.identify),
    d: z.object({
      server_id: idSchema,
      user_id: idSchema,
      session_id: idSchema,
      token: idSchema,
      max_dave_protocol_version: z.int().optional(),
    }),
  }),
  z.object({
    op: z.literal(voiceOpcodes.resume),
    d: z.object({
      server_id: idSchema,
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

type JsonRequest = z.infer<typeof jsonSchema>;
type BinaryRequest = {
  readonly op: typeof voiceOpcodes.keyPackage | typeof voiceOpcodes.commitWelcome;
  readonly payload: Buffer;
};
/** Requests that a client may send on the voice gateway. */
export type VoiceRequest = JsonRequest | BinaryRequest;
export type VoiceIdentify = Extract<
  JsonRequest,
  { op: typeof voiceOpcodes.identify }
>['d'];
export type VoiceResume = Extract<JsonRequest, { op: typeof voiceOpcodes.resume }>['d'];

/**
 * Parses the request in one frame of a client, or returns the code to close the socket
 * with.
 */
export function parseVoiceRequest(frame: Buffer, isBinary: boolean) {
  return isBinary ? parseBinary(frame) : parseJson(frame.toString());
}

function parseBinary(frame: Buffer) {
  const [code] = frame;
  if (code !== voiceOpcodes.keyPackage && code !== voiceOpcodes.commitWelcome)
    return voiceCloseReasons.unknownOp;
  return { op: code, payload: frame.subarray(1) };
}

function parseJson(text: string) {
  const value = tryParseJson(text);
  if (value === undefined) return voiceCloseReasons.undecodable;
  const read = jsonSchema.safeParse(value);
  if (read.success) return read.data;
  const known = z.object({
    op: z.literal(jsonSchema.options.map(({ shape }) => shape.op.value)),
  });
  return known.safeParse(value).success
    ? voiceCloseReasons.badRequest
    : voiceCloseReasons.unknownOp;
}
