import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { Busboy } from '@fastify/busboy';
import type { Context } from 'hono';
import { type ApiRefusal, createRefusal } from './api-refusal.ts';
import { mostSoundBytes, readBodyBytes, type TakeBodyPlace } from './request-body.ts';

export type FormBody = {
  /** In the order of arrival. `name[]` is the same as `name`. */
  readonly fields: ReadonlyMap<string, readonly string[]>;
  readonly file?: { readonly field: string; readonly bytes: Uint8Array };
};

const [mostParts, mostFieldBytes, mostHeadBytes] = [32, 16 * 1_024, 8 * 1_024];
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
  const bytes = await readBodyBytes(context, mostSoundBytes, takePlace);
  const parser = createFormParser(type);
  const fields = new Map<string, string[]>();
  const pieces: Uint8Array[] = [];
  let fileField: string | undefined;
  let refused: ApiRefusal | undefined;
  const refuseBroken = () => {
    refused ??= createBrokenFormRefusal();
  };
  const refuseSize = (excess: string) => {
    refused ??= createRefusal(413, 'form.too_large', `The form has ${excess}.`);
  };
  parser.on('error', refuseBroken);
  parser.on('partsLimit', () => refuseSize(`more than ${mostParts} parts`));
  parser.on('filesLimit', () => refuseSize('more than one file'));
  parser.on('field', (name, value, _, isCut) => {
    if (isCut) refuseSize(`a field of more than ${mostFieldBytes / 1_024} KiB`);
    const field = name.replace(/\[\]$/, '');
    fields.set(field, [...(fields.get(field) ?? []), value]);
  });
  parser.on('file', (field, stream) => {
    fileField = field;
    stream.on('data', (piece: Uint8Array) => void pieces.push(piece));
    stream.on('error', refuseBroken);
  });
  for (let at = 0; at < bytes.length && !refused; at += pieceBytes) {
    parser.write(bytes.subarray(at, at + pieceBytes));
    await setImmediate(); // frames of sound leave
  }
  const ended = once(parser, 'finish').catch(() => undefined);
  if (!refused) await Promise.all([ended, parser.end()]);
  if (refused) throw refused;
  if (fileField === undefined) return { fields };
  return { fields, file: { field: fileField, bytes: Buffer.concat(pieces) } };
}

function createFormParser(type: string) {
  const limits = {
    parts: mostParts,
    files: 1,
    fieldSize: mostFieldBytes,
    fileSize: mostSoundBytes,
    headerPairs: 20,
    headerSize: mostHeadBytes,
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
