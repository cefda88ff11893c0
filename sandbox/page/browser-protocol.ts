import { z } from 'zod';
import {
  type RefusedRequest,
  type RequestId,
  readJsonRequest,
  requestId,
} from '#sandbox/json-request.ts';

/**
 * The room over WebSocket `/room`, in frames of JSON text. The page sends requests, each with an `id`, and gets one `reply` to
 * each; what happens comes unasked. Instants are milliseconds of the monotonic clock of this machine.
 */
const id = requestId;
const person = z.string().trim().min(1).max(32);
const channel = z.string().min(1).max(100);
const name = z.string().min(1).max(100);
const word = z.union([z.string().max(6000), z.number(), z.boolean()]);
const options = z.record(z.string(), word).default({});
/** A file that the page left at `/room/files`, by the id it was given there. */
const uploaded = z.object({ file: z.string().max(20) });
const optionsWithFiles = z.record(z.string(), z.union([word, uploaded])).default({});

const request = z.discriminatedUnion('kind', [
  z.object({ id, kind: z.literal('join'), person: person.optional(), channel }),
  z.object({ id, kind: z.literal('leave'), person: person.optional() }),
  z.object({
    id,
    kind: z.literal('command'),
    person: person.optional(),
    name,
    options: optionsWithFiles,
    channel: channel.optional(),
  }),
  z.object({ id, kind: z.literal('complete'), name, options, focused: name }),
  z.object({
    id,
    kind: z.literal('press'),
    messageId: z.string().min(1).max(32),
    customId: z.string().min(1).max(100),
    values: z.array(z.string().max(100)).max(25).optional(),
  }),
  z.object({
    id,
    kind: z.literal('submit'),
    form: z.string().min(1).max(32),
    fields: z.record(z.string(), z.union([z.string().max(4000), z.array(z.string()).max(25)])),
  }),
  z.object({ id, kind: z.literal('type'), person, text: z.string().trim().min(1).max(1000) }),
  z.object({
    id,
    kind: z.literal('write'),
    text: z.string().trim().min(1).max(2000),
    channel: channel.optional(),
  }),
  z.object({ id, kind: z.literal('microphone'), on: z.boolean() }),
]);
export type BrowserRequest = z.infer<typeof request>;

const atMs = z.number();
const who = z.string().max(100);
const why = z.string().max(500);
const words = z.string().max(20_000);

/** Events of the bot's answers that its process sends to the page; this connection is no part of Discord. */
export const botEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(['said', 'live']), who, text: words }),
  z.object({
    kind: z.literal('answered'),
    who,
    text: words,
    heardText: words,
    finish: z.enum(['completed', 'cancelled', 'empty', 'failed']),
    instants: z.object({
      heardAtMs: atMs,
      endedAtMs: atMs,
      recognisedAtMs: atMs.optional(),
      firstTokenAtMs: atMs.optional(),
      firstClauseAtMs: atMs.optional(),
      firstSpeechAtMs: atMs.optional(),
      firstSentAtMs: atMs.optional(),
    }),
  }),
  z.object({ kind: z.literal('ignored'), who, why }),
  z.object({ kind: z.literal('dropped'), who, why }),
  z.object({ kind: z.literal('engines'), lines: z.array(z.string().max(500)).max(20).readonly() }),
]);
export type BotEvent = z.infer<typeof botEvent>;

/** A reply; with `ok` false `error` is one sentence. */
export type BrowserReply = {
  readonly kind: 'reply';
  readonly id: RequestId | null;
  readonly ok: boolean;
  readonly error?: string;
  readonly [field: string]: unknown;
};

/** A request, or what is wrong with the frame. */
export function readBrowserRequest(text: string): BrowserRequest | RefusedRequest {
  return readJsonRequest(text, request, 'frame');
}
