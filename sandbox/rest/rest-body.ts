import type { IncomingMessage } from 'node:http';
import { maxFileBytes, type Upload } from '#sandbox/world/world-attachments.ts';

/** A file of a form. `index` is the number in `files[0]`, by which the JSON names the file. */
export type FormFile = Upload & { readonly index: string };

/** Body of a request. A `too-large` one is not read to its end. */
export type SandboxRestBody =
  | {
      readonly kind: 'read';
      readonly json: unknown;
      readonly files: readonly FormFile[];
      /** Size of the JSON without files. */
      readonly jsonBytes: number;
    }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'not-json' };

/** Largest form in bytes, with all its files. Source: https://discord.com/developers/docs/resources/message#create-message */
const maxFormBytes = 25 * 1024 * 1024;
const maxJsonBytes = 10 * 1024 * 1024;

/** Reads a JSON or form body. The JSON of a form is its `payload_json`. Rejects when the request breaks off. */
export async function readRestBody(request: IncomingMessage): Promise<SandboxRestBody> {
  const type = request.headers['content-type'] ?? '';
  const isForm = type.startsWith('multipart/form-data');
  const bytes = await readBytes(request, isForm ? maxFormBytes : maxJsonBytes);
  if (!bytes) return { kind: 'too-large' };
  try {
    if (isForm) return await parseForm(bytes, type);
    return parseBody(bytes.toString(), []);
  } catch {
    return { kind: 'not-json' };
  }
}

async function readBytes(request: IncomingMessage, limitBytes: number) {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > limitBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function parseForm(
  bytes: Buffer<ArrayBuffer>,
  contentType: string,
): Promise<SandboxRestBody> {
  const form = await new Response(bytes, {
    headers: { 'content-type': contentType },
  }).formData();
  const files: FormFile[] = [];
  for (const [field, value] of form) {
    if (typeof value === 'string') continue;
    const { name, type } = value;
    if (value.size > maxFileBytes) return { kind: 'too-large' };
    const index = /\[(\d+)\]$/.exec(field)?.[1] ?? `${files.length}`;
    files.push({ name, type, index, bytes: new Uint8Array(await value.arrayBuffer()) });
  }
  const payload = form.get('payload_json');
  return parseBody(typeof payload === 'string' ? payload : '', files);
}

function parseBody(text: string, files: readonly FormFile[]): SandboxRestBody {
  const json: unknown = text === '' ? undefined : JSON.parse(text);
  return { kind: 'read', json, files, jsonBytes: Buffer.byteLength(text) };
}
