import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { Busboy } from '@fastify/busboy';
import type { Context } from 'hono';
import { type ApiRefusal, createRefusal } from './api-refusal.ts';
import { maxSoundBytes, readBodyBytes, type TakeBodyPlace } from './request-body.ts';

/** A form that was read: its fields and its one file. */
export type FormBody = {
  /** In the order of arrival. `name[]` is the same as `name`. */
  readonly fields: ReadonlyMap<string, readonly string[]>;
  readonly file?: { readonly field: string; readonly bytes: Uint8Array };
};

const [maxParts, maxFieldBytes, maxHeadBytes] = [32, 16 * 1_024, 8 * 1_024];
/** A piece takes up to 7 ms, between two frames of sound. */
const pieceBytes = 8 * 1_024;

/** Reads a form. Throws `ApiRefusal` as soon as a limit is passed. */
export async function readFormBody(
  context: Context,
  takePlace: TakeBodyPlace,
): Promise<FormBody> {
  const type = context.req.header('content-type') ?? '';
  if (!/^multipart\/form-data\s*;/i.test(type))
    throw createRefusal(
      400,
      'form.missing',
      'Send a form: Content-Type: multipart/form-data.',
    );
  const bytes = await readBodyBytes(context, maxSoundBytes, takePlace);
  const reader = new FormReader(type);
  for (let at = 0; at < bytes.length && !reader.isRefused; at += pieceBytes) {
    reader.push(bytes.subarray(at, at + pieceBytes));
    await setImmediate(); // frames of sound leave
  }
  return await reader.readEnd();
}

/** Collects the fields of a form while its bytes are parsed. */
class FormReader {
  readonly #parser;
  readonly #fields = new Map<string, string[]>();
  readonly #filePieces: Uint8Array[] = [];
  #fileField: string | undefined;
  #refusal: ApiRefusal | undefined;

  /** Throws `ApiRefusal` for a type without a boundary. */
  constructor(type: string) {
    this.#parser = createFormParser(type);
    this.#parser.on('error', () => this.#refuseBroken());
    this.#parser.on('partsLimit', () =>
      this.#refuseSize(`more than ${maxParts} parts`),
    );
    this.#parser.on('filesLimit', () => this.#refuseSize('more than one file'));
    this.#parser.on('field', (name, value, _, isCut) => {
      if (isCut) this.#refuseSize(`a field of more than ${maxFieldBytes / 1_024} KiB`);
      const field = name.replace(/\[\]$/, '');
      this.#fields.set(field, [...(this.#fields.get(field) ?? []), value]);
    });
    this.#parser.on('file', (field, stream) => {
      this.#fileField = field;
      stream.on('data', (piece: Uint8Array) => void this.#filePieces.push(piece));
      stream.on('error', () => this.#refuseBroken());
    });
  }

  /** True once a limit is passed. Further bytes are then of no use. */
  get isRefused(): boolean {
    return this.#refusal !== undefined;
  }

  /** Parses the next bytes. */
  push(bytes: Uint8Array): void {
    this.#parser.write(bytes);
  }

  /** Returns the form, once all bytes were pushed. Throws `ApiRefusal`. */
  async readEnd(): Promise<FormBody> {
    const ended = once(this.#parser, 'finish').catch(() => undefined);
    if (!this.#refusal) await Promise.all([ended, this.#parser.end()]);
    if (this.#refusal) throw this.#refusal;
    const [fields, field] = [this.#fields, this.#fileField];
    if (field === undefined) return { fields };
    return { fields, file: { field, bytes: Buffer.concat(this.#filePieces) } };
  }

  #refuseBroken() {
    this.#refusal ??= createBrokenFormRefusal();
  }

  #refuseSize(excess: string) {
    this.#refusal ??= createRefusal(413, 'form.too_large', `The form has ${excess}.`);
  }
}

function createFormParser(type: string) {
  const limits = {
    parts: maxParts,
    files: 1,
    fieldSize: maxFieldBytes,
    fileSize: maxSoundBytes,
    headerPairs: 20,
    headerSize: maxHeadBytes,
  };
  try {
    return new Busboy({ headers: { 'content-type': type }, limits });
  } catch {
    throw createBrokenFormRefusal(); // no boundary
  }
}

function createBrokenFormRefusal() {
  return createRefusal(
    400,
    'form.broken',
    'The body is not complete multipart/form-data.',
  );
}
