import { z } from 'zod';
import { tryParseJson } from '#src/base/json.ts';

/** Id by which an answer is told from others: an integer, or up to 64 characters. */
export type RequestId = number | string;
export const requestIdSchema: z.ZodType<RequestId> = z.union([
  z.int(),
  z.string().max(64),
]);

/** A request that is not understood: its id, where it has one, and one sentence. */
export type RefusedRequest = {
  readonly id: RequestId | null;
  readonly ok: false;
  readonly error: string;
};

const identifiedSchema = z.object({ id: requestIdSchema });

/** Parses a request in JSON. `carrier` names the text in errors. */
export function parseJsonRequest<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
  carrier: 'line' | 'frame',
): z.output<Schema> | RefusedRequest {
  const json = tryParseJson(text);
  if (json === undefined)
    return { id: null, ok: false, error: `The ${carrier} is not JSON.` };
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join('.') ?? '';
  const identified = identifiedSchema.safeParse(json);
  const error = `The request does not fit${field ? ` at ${field}` : ''}: ${issue?.message}.`;
  return { id: identified.success ? identified.data.id : null, ok: false, error };
}
