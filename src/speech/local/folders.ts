import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const models = new URL('../../../models/', import.meta.url);

/** Folder of a model that comes with the clone. */
export function getModelFolder(name: string): string {
  return fileURLToPath(new URL(name, models));
}

/** Absolute path of the folder that a setting names, or of the usual one where it names none. */
export function resolveModelFolder(name: string, usual: string): string {
  return name === '' ? getModelFolder(usual) : resolve(name);
}
