import { z } from 'zod';
import {
  type RefusedRequest,
  type RequestId,
  readJsonRequest,
  requestId,
} from '#sandbox/json-request.ts';
import { botEvent } from '#sandbox/page/browser-protocol.ts';
import type { MessageLine } from '#sandbox/program/program-messages.ts';

/**
 * The lines of the sandbox program: one JSON object each, at most 64 KiB.
 *
 * In on stdin: requests. Out on stdout: one `ready`, then an answer per request, by its `id` and in any order, and a
 * `message` for each thing the bot writes; `page` once, where one is asked for. Instants are milliseconds of the monotonic clock all processes share.
 */
export const lineLimitBytes = 64 * 1024;

const id = requestId;
const person = z.string().trim().min(1).max(32);
const typedText = z.string().trim().min(1).max(1000);
const base = { id, person };
const words = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({});

const request = z.discriminatedUnion('do', [
  z.object({
    ...base,
    do: z.literal('join'),
    channel: z.string().default('Lounge'),
    /** Default: the one they had, at first `gate`. */
    microphone: z.enum(['gate', 'release', 'open']).optional(),
  }),
  z.object({ ...base, do: z.literal('leave') }),
  z.object({ ...base, do: z.literal('settled') }),
  z.object({
    ...base,
    do: z.literal('command'),
    name: z.string().min(1),
    options: words,
    channel: z.string().optional(),
  }),
  z.object({ ...base, do: z.literal('say'), wav: z.string().min(1) }),
  /** Typed words in a local voice; somebody who does not sit in the channel comes there. */
  z.object({ ...base, do: z.literal('type'), channel: z.string(), text: typedText }),
  z.object({
    ...base,
    do: z.literal('listen'),
    wav: z.string().min(1).optional(),
    sinceMs: z.number().optional(),
    quietMs: z.number().min(0).max(10_000).default(800),
    timeoutMs: z.number().min(0).max(120_000).default(20_000),
  }),
  z.object({ id, do: z.literal('state') }),
  /** For the page: what became of what was said. */
  z.object({ id, do: z.literal('tell'), event: botEvent }),
]);

export type SandboxRequest = z.infer<typeof request>;
/** A request as it is written, without what has a default. */
export type SandboxOrder = z.input<typeof request>;

export type ReadyLine = {
  readonly kind: 'ready';
  readonly apiUrl: string;
  readonly token: string;
  /** PEM. */
  readonly ca: string;
  /** Where files lie; the bot has to be allowed to ask there. */
  readonly cdnHost: string;
  readonly guildId: string;
  /** Path of a WAV: a synthetic man says "what time is it". */
  readonly recording: string;
};
export type AnswerLine =
  | { readonly id: RequestId; readonly ok: true; readonly [field: string]: unknown }
  | RefusedRequest;
/** Where the room's page is, and a link that lets in; or why there is none, one sentence. */
export type PageLine =
  | { readonly kind: 'page'; readonly url: string; readonly link: string }
  | { readonly kind: 'page'; readonly why: string };
export type SandboxLine = ReadyLine | MessageLine | PageLine | AnswerLine;

/** A request, or the answer that tells what is wrong with the line. */
export function readRequestLine(line: string): SandboxRequest | RefusedRequest {
  return readJsonRequest(line, request, 'line');
}
