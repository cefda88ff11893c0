import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const models = new URL('../../../models/', import.meta.url);

/** Folder of a model that comes with the clone. */
export function getModelFolder(name: string): string {
  return fileURLToPath(new URL(name, models));
}

/** Whether a setting names a folder of a model and not a model of a server. */
export function isModelFolder(name: string): boolean {
  return name.startsWith('.') || isAbsolute(name);
}

/** Absolute path of the folder that a setting names, or of the usual one where it names none. */
export function resolveModelFolder(name: string, usual: string): string {
  return name === '' ? getModelFolder(usual) : resolve(name);
}
