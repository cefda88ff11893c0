import { z } from 'zod';
import { encryptionMode } from '#sandbox/voice/rtp.ts';
import { op } from '#sandbox/voice/voice-ops.ts';

const transition = z.object({ transition_id: z.int() });

const message = z.discriminatedUnion('op', [
  z.object({
    op: z.literal(op.ready),
    d: z.object({
      ssrc: z.int().min(0),
      ip: z.ipv4(),
      port: z.int().min(1).max(0xffff),
      modes: z.array(z.string()),
    }),
  }),
  z.object({
    op: z.literal(op.sessionDescription),
    d: z.object({
      mode: z.literal(encryptionMode),
      secret_key: z.array(z.int().min(0).max(255)).length(32),
      dave_protocol_version: z.int(),
    }),
  }),
  z.object({
    op: z.literal(op.speaking),
    d: z.object({ user_id: z.string(), ssrc: z.int() }),
  }),
  z.object({
    op: z.literal(op.clientsConnect),
    d: z.object({ user_ids: z.array(z.string()) }),
  }),
  z.object({ op: z.literal(op.clientDisconnect), d: z.object({ user_id: z.string() }) }),
  z.object({ op: z.literal(op.prepareTransition), d: transition }),
  z.object({ op: z.literal(op.executeTransition), d: transition }),
  z.object({ op: z.literal(op.prepareEpoch), d: z.object({ epoch: z.int() }) }),
]);

/** JSON messages from the voice gateway to a client, with the fields that a client needs. */
export type ServerMessage = z.infer<typeof message>;
export type ReadyMessage = Extract<ServerMessage, { op: typeof op.ready }>['d'];
export type Description = Extract<ServerMessage, { op: typeof op.sessionDescription }>['d'];

/** Undefined for what a client need not know, or what is not as it must be. */
export function readServerMessage(opcode: number, d: unknown): ServerMessage | undefined {
  return message.safeParse({ op: opcode, d }).data;
}
