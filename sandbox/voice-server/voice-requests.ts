import { z } from 'zod';
import { closeCode, op } from '#sandbox/voice/voice-ops.ts';
import { parsedJson } from '#src/base/json.ts';

const id = z.string().max(64);
const seqAck = z.int().min(-1).max(0xffff);
const transition = z.object({ transition_id: z.int().min(0).max(0xffff) });

const json = z.discriminatedUnion('op', [
  z.object({
    op: z.literal(op.identify),
    d: z.object({
      server_id: id,
      user_id: id,
      session_id: id,
      token: id,
      max_dave_protocol_version: z.int().optional(),
    }),
  }),
  z.object({
    op: z.literal(op.resume),
    d: z.object({ server_id: id, session_id: id, token: id, seq_ack: seqAck.optional() }),
  }),
  z.object({
    op: z.literal(op.selectProtocol),
    d: z.object({ protocol: z.string(), data: z.object({ mode: z.string() }) }),
  }),
  z.object({
    op: z.literal(op.heartbeat),
    d: z.object({ t: z.number(), seq_ack: seqAck.optional() }),
  }),
  z.object({
    op: z.literal(op.speaking),
    d: z.object({ speaking: z.int(), ssrc: z.int() }),
  }),
  z.object({ op: z.literal(op.transitionReady), d: transition }),
  z.object({ op: z.literal(op.invalidCommit), d: transition }),
]);

type Json = z.infer<typeof json>;
type Binary = {
  readonly op: typeof op.keyPackage | typeof op.commitWelcome;
  readonly payload: Buffer;
};
/** Requests that a client may send on the voice gateway. */
export type VoiceRequest = Json | Binary;
export type VoiceIdentify = Extract<Json, { op: typeof op.identify }>['d'];
export type VoiceResume = Extract<Json, { op: typeof op.resume }>['d'];

/** The request in one frame of a client, or the code to close the socket with. */
export function readVoiceRequest(frame: Buffer, isBinary: boolean): VoiceRequest | number {
  return isBinary ? readBinary(frame) : readJson(frame.toString());
}

function readBinary(frame: Buffer): VoiceRequest | number {
  const [code] = frame;
  if (code !== op.keyPackage && code !== op.commitWelcome) return closeCode.unknownOp;
  return { op: code, payload: frame.subarray(1) };
}

function readJson(text: string): VoiceRequest | number {
  const value = parsedJson(text);
  if (value === undefined) return closeCode.undecodable;
  const read = json.safeParse(value);
  if (read.success) return read.data;
  const known = z.object({ op: z.literal(json.options.map(({ shape }) => shape.op.value)) });
  return known.safeParse(value).success ? closeCode.badRequest : closeCode.unknownOp;
}
