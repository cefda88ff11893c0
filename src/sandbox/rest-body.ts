import type { IncomingMessage } from 'node:http';

export type RestBody =
  | {
      readonly kind: 'read';
      readonly json: unknown;
      readonly fileNames: readonly string[];
      readonly sizeBytes: number;
    }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'not-json' };

/** Discord's own bound for uploads without a boost. */
const bodyLimitBytes = 10 * 1024 * 1024;

/** Reads a JSON or form body; the JSON of a form is its `payload_json`. Rejects when the request breaks off. */
export async function readBody(request: IncomingMessage): Promise<RestBody> {
  const bytes = await readBytes(request);
  if (!bytes) return { kind: 'too-large' };
  const sizeBytes = bytes.length;
  if (sizeBytes === 0) return { kind: 'read', json: undefined, fileNames: [], sizeBytes };
  const type = request.headers['content-type'] ?? '';
  try {
    if (type.startsWith('multipart/form-data')) return await readForm(bytes, type);
    return { kind: 'read', json: JSON.parse(bytes.toString()), fileNames: [], sizeBytes };
  } catch {
    return { kind: 'not-json' };
  }
}

async function readBytes(request: IncomingMessage): Promise<Buffer<ArrayBuffer> | undefined> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > bodyLimitBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function readForm(bytes: Buffer<ArrayBuffer>, type: string): Promise<RestBody> {
  const form = await new Response(bytes, { headers: { 'content-type': type } }).formData();
  const fileNames: string[] = [];
  for (const value of form.values()) if (typeof value !== 'string') fileNames.push(value.name);
  const payload = form.get('payload_json');
  const json: unknown = typeof payload === 'string' ? JSON.parse(payload) : undefined;
  return { kind: 'read', json, fileNames, sizeBytes: bytes.length };
}
