import { z } from 'zod';
import { tryParseJson } from '#src/base/json.ts';

/** By which an answer is told from others. */
export const requestIdSchema = z.union([z.int(), z.string().max(64)]);
export type RequestId = z.infer<typeof requestIdSchema>;

/** A request that is not understood: its id, where it has one, and one sentence. */
export type RefusedRequest = {
  readonly id: RequestId | null;
  readonly ok: false;
  readonly error: string;
};

const identifiedSchema = z.object({ id: requestIdSchema });

/** Parses a request in JSON. `what` names the text in errors. */
export function parseJsonRequest<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
  what: 'line' | 'frame',
): z.output<Schema> | RefusedRequest {
  const json = tryParseJson(text);
  if (json === undefined)
    return { id: null, ok: false, error: `The ${what} is not JSON.` };
  const read = schema.safeParse(json);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const where = issue?.path.join('.') ?? '';
  const known = identifiedSchema.safeParse(json);
  const error = `The request does not fit${where ? ` at ${where}` : ''}: ${issue?.message}.`;
  return { id: known.success ? known.data.id : null, ok: false, error };
}
