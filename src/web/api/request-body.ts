import { setImmediate } from 'node:timers/promises';
import type { Context } from 'hono';
import type { z } from 'zod';
import { type JsonLimits, readForeignJson } from '#src/base/json.ts';
import type { ApiToken } from '#src/web/api/tokens/token-store.ts';
import { ApiRefusal, refusal } from './refusal.ts';

/** JSON of a request: a conversation of 1,000 messages fits, or two minutes of sound in base64. */
export const requestJsonLimits: JsonLimits = {
  bytes: 8 * 2 ** 20,
  depth: 32,
  values: 10_000,
};

/** Largest file of sound, in bytes: two minutes of 48 kHz stereo. */
export const mostSoundBytes = 24 * 1_024 * 1_024;

/** Bodies up to this size, in bytes, are read in any number. */
const smallBodyBytes = 64 * 2 ** 10;
/** Larger ones that are read at once. */
const [mostBodiesPerToken, mostBodies] = [2, 8];
/** A place is free again after a body has arrived, which may take the 30 s of a request. */
const retryAfterS = 5;

/** Bounds how many large bodies are held in memory while they arrive. */
export class BodyReads {
  readonly #underWay: string[] = [];

  /** Takes a place for a large body of a token until it is disposed. Errors: `ApiRefusal` 429 where none is free. */
  take({ name }: Pick<ApiToken, 'name'>): Disposable {
    const own = this.#underWay.filter((other) => other === name).length;
    if (own >= mostBodiesPerToken) {
      const most = `The token ${name} is sending ${mostBodiesPerToken} large bodies already`;
      throw busy('body.token_busy', most);
    }
    if (this.#underWay.length >= mostBodies)
      throw busy('body.busy', `${mostBodies} large bodies are being sent already`);
    this.#underWay.push(name);
    let isTaken = true;
    return {
      [Symbol.dispose]: () => {
        if (isTaken) this.#underWay.splice(this.#underWay.indexOf(name), 1);
        isTaken = false;
      },
    };
  }
}

function busy(code: string, most: string): ApiRefusal {
  const message = `${most}: try again in ${retryAfterS} s.`;
  return new ApiRefusal({ status: 429, code, message, retryAfterS });
}

/** Token whose body is read, and the bodies that are read beside it. */
export type BodyReader = {
  readonly token: Pick<ApiToken, 'name'>;
  readonly bodies: Pick<BodyReads, 'take'>;
};

/** Body of a request as JSON. Errors: `ApiRefusal`. */
export async function jsonOf(context: Context, reader: BodyReader): Promise<unknown> {
  const bytes = await bytesOf(context, requestJsonLimits.bytes, reader);
  const read = readForeignJson(bytes, requestJsonLimits);
  if (read.kind === 'fault')
    throw refusal(read.code === 'json.broken' ? 400 : 413, read.code, `The body is ${read.words}.`);
  await setImmediate(); // frames of sound leave before it is checked
  return read.value;
}

/**
 * Body of a request, put together as it comes; a large one takes its place before its first byte is read. Errors:
 * `ApiRefusal` where it is too long, finds no place or does not come whole.
 */
export async function bytesOf(
  { req }: Context,
  mostBytes: number,
  { token, bodies }: BodyReader,
): Promise<Uint8Array> {
  using places = new DisposableStack();
  const take = () => void places.use(bodies.take(token));
  const announced = req.header('content-length');
  if (announced === undefined) return await unannouncedBytes(req.raw, mostBytes, take);
  const sizeBytes = Number(announced);
  if (sizeBytes > mostBytes) throw tooLong(mostBytes);
  if (sizeBytes > smallBodyBytes) take();
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  for await (const part of whole(req.raw.body)) {
    bytes.set(part, at);
    at += part.length;
  }
  if (at !== sizeBytes) throw cutOff();
  return bytes;
}

/** `take` is called once the body has become a large one. */
async function unannouncedBytes(
  { body }: Request,
  mostBytes: number,
  take: () => void,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const part of whole(body)) {
    if (sizeBytes <= smallBodyBytes && sizeBytes + part.length > smallBodyBytes) take();
    sizeBytes += part.length;
    if (sizeBytes > mostBytes) throw tooLong(mostBytes);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** Errors: `ApiRefusal` where the body does not come whole. */
async function* whole(body: Request['body']): AsyncGenerator<Uint8Array> {
  try {
    yield* body ?? [];
  } catch {
    throw cutOff();
  }
}

function tooLong(mostBytes: number): ApiRefusal {
  const message = `The body is too long: at most ${mostBytes / 2 ** 20} MiB.`;
  return refusal(413, 'body.too_long', message);
}

function cutOff(): ApiRefusal {
  return refusal(400, 'body.cut_off', 'The body is incomplete.');
}

/** Value that a schema reads. Errors: `ApiRefusal`, one sentence about the first mistake. */
export function checked<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): z.output<Schema> {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const param = issue?.path.join('.') ?? '';
  const what = issue ? mistakeOf(issue) : 'is not valid';
  const end = what.endsWith('.') ? '' : '.';
  const message = `${param === '' ? 'The request' : param}: ${what}${end}`;
  throw refusal(400, 'request.invalid', message, param || undefined);
}

/** Mistake in words for programmers, without those of the schema library. */
function mistakeOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `has to be a value of the type ${issue.expected}`;
    case 'too_small':
      return `has to be at least ${issue.minimum}${unitOf(issue.origin)}`;
    case 'too_big':
      return `has to be at most ${issue.maximum}${unitOf(issue.origin)}`;
    case 'invalid_value':
      return `has to be one of ${issue.values.map(String).join(', ')}`;
    case 'unrecognized_keys':
      return `has no ${issue.keys.join(', ')}`;
    case 'invalid_union':
      return issue.message === 'Invalid input'
        ? 'has none of the forms that are taken'
        : issue.message;
    default:
      return issue.message;
  }
}

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters long';
  return origin === 'array' ? ' items long' : '';
}
