import { setImmediate } from 'node:timers/promises';
import { Busboy, type BusboyInstance } from '@fastify/busboy';
import type { Context } from 'hono';
import { type ApiRefusal, refusal } from './refusal.ts';
import { type BodyReader, bytesOf, mostSoundBytes } from './request-body.ts';

/** Form with at most one file. */
export type FormBody = {
  /** Fields by name, in the order they came; `name[]` is the same as `name`. */
  readonly fields: ReadonlyMap<string, readonly string[]>;
  readonly file?: { readonly field: string; readonly bytes: Uint8Array };
};

const [mostParts, mostFieldBytes, mostHeadBytes] = [32, 16 * 1_024, 8 * 1_024];
/** Parsed between two frames of sound: of parts of a few bytes each it takes 7 ms. */
const pieceBytes = 8 * 1_024;

/** Body of a request as `multipart/form-data`. Errors: `ApiRefusal`. */
export async function formBodyOf(context: Context, reader: BodyReader): Promise<FormBody> {
  const type = context.req.header('content-type') ?? '';
  if (!/^multipart\/form-data\s*;/i.test(type))
    throw refusal(400, 'form.missing', 'Send a form: Content-Type: multipart/form-data.');
  const bytes = await bytesOf(context, mostSoundBytes, reader);
  const form = new FormReading(type);
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    form.push(bytes.subarray(at, at + pieceBytes));
    await setImmediate(); // frames of sound leave
  }
  return await form.end();
}

/** Reads a form piece by piece. Errors: `ApiRefusal`, as soon as a limit is passed. */
class FormReading {
  readonly #parser: BusboyInstance;
  readonly #fields = new Map<string, string[]>();
  readonly #pieces: Uint8Array[] = [];
  #fileField: string | undefined;
  #refused: ApiRefusal | undefined;

  constructor(type: string) {
    try {
      this.#parser = new Busboy({
        headers: { 'content-type': type },
        limits: {
          parts: mostParts,
          files: 1,
          fieldSize: mostFieldBytes,
          fileSize: mostSoundBytes,
          headerPairs: 20,
          headerSize: mostHeadBytes,
        },
      });
    } catch {
      throw broken(); // no boundary
    }
    this.#listen();
  }

  push(piece: Uint8Array): void {
    this.#parser.write(piece);
    if (this.#refused) throw this.#refused;
  }

  async end(): Promise<FormBody> {
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    this.#parser.once('finish', resolve).once('error', () => resolve());
    this.#parser.end();
    await ended;
    if (this.#refused) throw this.#refused;
    const fields = this.#fields;
    const field = this.#fileField;
    if (field === undefined) return { fields };
    return { fields, file: { field, bytes: Buffer.concat(this.#pieces) } };
  }

  #listen(): void {
    const parser = this.#parser;
    const refuse = (why: ApiRefusal) => {
      this.#refused ??= why;
    };
    parser.on('error', () => refuse(broken()));
    parser.on('partsLimit', () => refuse(tooLarge(`more than ${mostParts} parts`)));
    parser.on('filesLimit', () => refuse(tooLarge('more than one file')));
    parser.on('field', (name, value, _, isCut) => {
      if (isCut) refuse(tooLarge(`a field of more than ${mostFieldBytes / 1_024} KiB`));
      const field = name.replace(/\[\]$/, '');
      this.#fields.set(field, [...(this.#fields.get(field) ?? []), value]);
    });
    parser.on('file', (field, stream) => {
      this.#fileField = field;
      stream.on('data', (piece: Uint8Array) => void this.#pieces.push(piece));
      stream.on('error', () => refuse(broken()));
    });
  }
}

function broken(): ApiRefusal {
  return refusal(400, 'form.broken', 'The body is not complete multipart/form-data.');
}

function tooLarge(what: string): ApiRefusal {
  return refusal(413, 'form.too_large', `The form has ${what}.`);
}
