import { z } from 'zod';
import type { ShownFile } from '#sandbox/interactions/interaction.ts';

/**
 * The lines of the sandbox program: one JSON object each, at most 64 KiB.
 *
 * In on stdin: requests. Out on stdout: one `ready`, then an answer per request, by its `id` and in any order, and a
 * `message` for each thing the bot writes. Instants are milliseconds of the monotonic clock all processes share.
 */
export const lineLimitBytes = 64 * 1024;

const id = z.union([z.int(), z.string().max(64)]);
const person = z.string().trim().min(1).max(32);
const base = { id, person };
const words = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({});

const request = z.discriminatedUnion('do', [
  z.object({
    ...base,
    do: z.literal('join'),
    channel: z.string().default('Lounge'),
    /** Default: the one they had, at first `gate`. */
    microphone: z.enum(['gate', 'release', 'open', 'speakers']).optional(),
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
  z.object({
    ...base,
    do: z.literal('complete'),
    name: z.string().min(1),
    options: words,
    focused: z.string().min(1),
  }),
  z.object({
    ...base,
    do: z.literal('press'),
    messageId: z.string().min(1).max(32),
    customId: z.string().min(1).max(100),
    values: z.array(z.string().max(100)).max(25).optional(),
  }),
  z.object({ ...base, do: z.literal('say'), wav: z.string().min(1) }),
  z.object({
    ...base,
    do: z.literal('listen'),
    wav: z.string().min(1).optional(),
    sinceMs: z.number().optional(),
    quietMs: z.number().min(0).max(10_000).default(800),
    timeoutMs: z.number().min(0).max(120_000).default(20_000),
  }),
  z.object({ ...base, do: z.literal('delete'), messageId: z.string().min(1).max(32) }),
  z.object({
    id,
    do: z.literal('age'),
    channel: z.string().min(1),
    byMs: z
      .number()
      .min(0)
      .max(30 * 86_400_000),
  }),
  z.object({ id, do: z.literal('state') }),
]);

export type SandboxRequest = z.infer<typeof request>;
export type RequestId = z.infer<typeof id>;

export type ReadyLine = {
  readonly kind: 'ready';
  readonly apiUrl: string;
  readonly token: string;
  /** PEM. */
  readonly ca: string;
  /** Where files lie; the bot has to be allowed to ask there. */
  readonly cdnHost: string;
  readonly guildId: string;
  readonly botId: string;
  readonly botName: string;
  /** Paths of WAVs: a real man says "two nine three four zero", a synthetic one "what time is it". */
  readonly recordings: { readonly digits: string; readonly time: string };
};
/** A button of a message; one without `customId` is a link, or cannot be pressed. */
export type ButtonShown = {
  readonly customId?: string;
  readonly label: string;
  readonly disabled: boolean;
};
export type MessageLine = {
  readonly kind: 'message';
  readonly change: 'posted' | 'edited' | 'deleted';
  readonly messageId: string;
  readonly channel: string;
  readonly text: string;
  readonly buttons: readonly ButtonShown[];
  readonly files: readonly ShownFile[];
  /** The only person who sees it; absent when everybody does. */
  readonly to?: string;
  readonly atMs: number;
};
export type AnswerLine =
  | { readonly id: RequestId; readonly ok: true; readonly [field: string]: unknown }
  | { readonly id: RequestId | null; readonly ok: false; readonly error: string };
export type SandboxLine = ReadyLine | MessageLine | AnswerLine;

/** A request, or the answer that tells what is wrong with the line. */
export function readRequestLine(line: string): SandboxRequest | AnswerLine {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return { id: null, ok: false, error: 'The line is not JSON.' };
  }
  const read = request.safeParse(json);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const where = issue?.path.join('.') ?? '';
  const known = z.object({ id }).safeParse(json);
  const error = `The request does not fit${where ? ` at ${where}` : ''}: ${issue?.message}.`;
  return { id: known.success ? known.data.id : null, ok: false, error };
}
