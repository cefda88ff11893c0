import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const models = new URL('../../../models/', import.meta.url);

/** Returns the folder of a model that `scripts/models` makes. */
export function getModelFolder(name: string): string {
  return fileURLToPath(new URL(name, models));
}

/** Returns the absolute path of a configured folder, or of the default model. */
export function resolveModelFolder(name: string, defaultName: string): string {
  return name === '' ? getModelFolder(defaultName) : resolve(name);
}
