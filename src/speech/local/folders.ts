import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const models = new URL('../../../models/', import.meta.url);

/** Folder of the local voice, which an image can be built without (`VOICE=none`). */
export const localVoiceFolder = 'piper-joe-int8';

/** Returns the folder of a model that `scripts/models` makes. */
export function getModelFolder(name: string): string {
  return fileURLToPath(new URL(name, models));
}

/** Returns the absolute path of a configured folder, or of the default model. */
export function resolveModelFolder(name: string, defaultName: string): string {
  return name === '' ? getModelFolder(defaultName) : resolve(name);
}

const wasmRuntime = new URL(
  'runtime-wasm/node_modules/onnxruntime-web/dist/ort.node.min.mjs',
  models,
);

/**
 * Finds the WebAssembly build of ONNX Runtime, which `src/app/trim-installation.mjs` installs where
 * onnxruntime-node has no library for the system, and elsewhere with --wasm. Undefined without it.
 */
export function findWasmRuntime(): URL | undefined {
  return existsSync(wasmRuntime) ? wasmRuntime : undefined;
}
