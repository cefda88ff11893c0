import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FetchableModel } from '#src/downloads/catalogue.ts';
import type { FetchableVoice } from '#src/downloads/voice-catalogue.ts';
import { type FileServer, serveFile } from '#test/fakes/file-server.ts';

/** Module that gives a program the catalogues of `TEST_CATALOGUES`. */
export const catalogueHook = fileURLToPath(
  new URL('./catalogue-hook.mjs', import.meta.url),
);
const joe = fileURLToPath(
  new URL('../../../models/piper-joe-int8/en_US-joe-medium.onnx', import.meta.url),
);
export const modelName = 'smollm2-135m';
/** Name of the built-in voice as a voice of German. */
const voiceName = 'de_DE-joe-medium';

const describeContent = (bytes: Uint8Array) => ({
  bytes: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
});

/**
 * Serves a chat model and a voice. Returns the server, and the variables by which a program finds both in its catalogues, which are
 * written into `folder`.
 */
export async function serveModels(
  modelFile: string,
  folder: string,
): Promise<{
  readonly server: FileServer;
  readonly environment: Readonly<Record<string, string>>;
}> {
  const [model, voice] = [readFileSync(modelFile), readFileSync(joe)];
  const json = JSON.parse(readFileSync(`${joe}.json`, 'utf8'));
  const changed = { ...json, espeak: { voice: 'de' }, language: { code: 'de_DE' } };
  const description = Buffer.from(JSON.stringify(changed));
  const server = await serveFile((path) => {
    if (path.endsWith('.gguf')) return model;
    return path.endsWith('.json') ? description : voice;
  });
  const about = { source: 'https://example.org', lookedUp: 'by this check' };
  const chat: FetchableModel = {
    ...{ ...about, ...describeContent(model), name: modelName, kind: 'chat' },
    ...{ billions: 0.135, path: 'a/smollm2.gguf', licence: 'Apache-2.0' },
    ...{ memoryBytes: 400_000_000, languages: ['en'] },
  };
  const speaker: FetchableVoice = {
    ...{ ...about, name: voiceName, speaker: 'Joe', language: 'de-DE', folder: 'a/b' },
    ...{ model: describeContent(voice), description: describeContent(description) },
    licence: 'MIT',
  };
  const path = join(folder, 'catalogues.json');
  const tables = { 'catalogue.json': [chat], 'voice-catalogue.json': [speaker] };
  writeFileSync(path, JSON.stringify(tables));
  const environment = { TEST_CATALOGUES: path, LOCAL_MODEL_HOST: server.address };
  return { server, environment };
}
