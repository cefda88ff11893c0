import { setImmediate } from 'node:timers/promises';
import type { Context } from 'hono';
import type { z } from 'zod';
import { refusal } from './refusal.ts';

/** Largest JSON, in bytes: it is parsed in one go, which no frame may be late for. */
export const mostJsonBytes = 8 * 1_024 * 1_024;

/** Body of a request as JSON. Errors: `ApiRefusal`. */
export async function jsonOf(context: Context): Promise<unknown> {
  if (Number(context.req.header('content-length') ?? 0) > mostJsonBytes) {
    const message = `The JSON is too long: at most ${mostJsonBytes / 1_024 / 1_024} MiB.`;
    throw refusal(413, 'json.too_long', message);
  }
  const bytes = await bytesOf(context);
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(bytes));
    await setImmediate(); // frames of sound leave before it is checked
    return json;
  } catch {
    throw refusal(400, 'json.broken', 'The body is no JSON.');
  }
}

/** Body of a request, put together as it comes. Errors: `ApiRefusal` where it does not come whole. */
export async function bytesOf({ req }: Context): Promise<Uint8Array> {
  const sizeBytes = Number(req.header('content-length') ?? Number.NaN);
  try {
    if (Number.isNaN(sizeBytes)) return new Uint8Array(await req.arrayBuffer());
    const bytes = new Uint8Array(sizeBytes);
    let at = 0;
    for await (const part of req.raw.body ?? []) {
      bytes.set(part, at);
      at += part.length;
    }
    if (at === sizeBytes) return bytes;
  } catch {
    // Told below.
  }
  throw refusal(400, 'body.cut_off', 'The body did not come whole.');
}

/** What a schema makes of a value. Errors: `ApiRefusal`, one sentence about the first mistake. */
export function checked<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): z.output<Schema> {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const param = issue?.path.join('.') ?? '';
  const what = issue?.message ?? 'is not as it should be';
  const end = what.endsWith('.') ? '' : '.';
  const message = `${param === '' ? 'The request' : param}: ${what}${end}`;
  throw refusal(400, 'request.invalid', message, param || undefined);
}
