import { z } from 'zod';
import { botEventSchema } from '#sandbox/page/browser-protocol.ts';
import {
  parseJsonRequest,
  type RefusedRequest,
  type RequestId,
  requestIdSchema,
} from '#sandbox/parse-json-request.ts';
import type { MessageLine } from './message-line.ts';

/**
 * The lines of the sandbox program: one JSON object each, at most 64 KiB.
 *
 * In on stdin: requests. Out on stdout: one `ready`, then an answer per request, by its `id` and in any order, and a
 * `message` for each thing the bot writes, and `page` once where one is asked for. Instants are milliseconds of the monotonic clock all processes share.
 */
export const maxLineBytes = 64 * 1024;

const idSchema = requestIdSchema;
const personSchema = z.string().trim().min(1).max(32);
const typedTextSchema = z.string().trim().min(1).max(1000);
const baseSchema = { id: idSchema, person: personSchema };
const wordsSchema = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
  .default({});

const requestSchema = z.discriminatedUnion('do', [
  z.object({
    ...baseSchema,
    do: z.literal('join'),
    channel: z.string().default('Lounge'),
    /** Default: the one they had, at first `gate`. */
    microphone: z.enum(['gate', 'release', 'open']).optional(),
  }),
  z.object({ ...baseSchema, do: z.literal('leave') }),
  z.object({ ...baseSchema, do: z.literal('settled') }),
  z.object({
    ...baseSchema,
    do: z.literal('command'),
    name: z.string().min(1),
    options: wordsSchema,
    channel: z.string().optional(),
  }),
  z.object({ ...baseSchema, do: z.literal('say'), wav: z.string().min(1) }),
  /** Typed words in a local voice. The person joins the channel first. */
  z.object({
    ...baseSchema,
    do: z.literal('type'),
    channel: z.string(),
    text: typedTextSchema,
  }),
  z.object({
    ...baseSchema,
    do: z.literal('listen'),
    wav: z.string().min(1).optional(),
    sinceMs: z.number().optional(),
    quietMs: z.number().min(0).max(10_000).default(800),
    timeoutMs: z.number().min(0).max(120_000).default(20_000),
  }),
  z.object({ id: idSchema, do: z.literal('state') }),
  /** For the page: the outcome of an utterance. */
  z.object({ id: idSchema, do: z.literal('tell'), event: botEventSchema }),
]);

export type SandboxRequest = z.infer<typeof requestSchema>;
/** A request as a program writes it, where fields with a default may be missing. */
export type SandboxOrder = z.input<typeof requestSchema>;

export type ReadyLine = {
  readonly kind: 'ready';
  readonly apiUrl: string;
  readonly token: string;
  /** PEM. */
  readonly ca: string;
  /** Where files lie. The bot has to be allowed to ask there. */
  readonly cdnHost: string;
  readonly guildId: string;
  /** Path of a WAV: a synthetic man asks for the time. */
  readonly recording: string;
};
export type AnswerLine =
  | { readonly id: RequestId; readonly ok: true; readonly [field: string]: unknown }
  | RefusedRequest;
/** A link that lets into the room's page, or one sentence about why there is none. */
export type PageLine =
  | { readonly kind: 'page'; readonly url: string; readonly link: string }
  | { readonly kind: 'page'; readonly why: string };
export type SandboxLine = ReadyLine | MessageLine | PageLine | AnswerLine;

/** Parses a request. A malformed line gives the answer that says so. */
export function parseRequestLine(line: string): SandboxRequest | RefusedRequest {
  return parseJsonRequest(line, requestSchema, 'line');
}
