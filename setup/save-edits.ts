import { applyChanges, findStrayNames, replaceEnvFile } from './env-file.ts';
import type { SettingEdits } from './setting-edits.ts';

/** Writes the changes into `.env`, after a look whether the bot could start with them. Returns a sentence if nothing was written. */
export async function saveEdits(edits: SettingEdits): Promise<string | undefined> {
  const { file, changes } = edits;
  if (changes.size === 0) return undefined;
  edits.readConfig();
  const text = applyChanges(file.text, changes);
  const strays = findStrayNames(text, file.values, changes);
  if (strays.length > 0) {
    const names = strays.join(', ');
    return `Setup cannot change these settings in ${file.path}: ${names}. Change them by hand.`;
  }
  return await replaceEnvFile(file.path, text);
}
