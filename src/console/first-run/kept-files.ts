import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { openFolder } from './wav-files.ts';

/** A file under a message of the bot, and where it can be fetched. */
export type MessageFile = { readonly name: string; readonly url: string };

/**
 * Keeps files that the bot sent, under their own names, beside what people heard; the path of each.
 *
 * Errors: BotError `sandbox.failed` where there is no folder, and those of `fetch`.
 */
export class KeptFiles {
  readonly #dataDir: string;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  async keep({ name, url }: MessageFile): Promise<string> {
    const folder = await openFolder(this.#dataDir);
    const path = join(folder, basename(name).replace(/^\.+/, '') || 'file');
    const answer = await fetch(url);
    await writeFile(path, new Uint8Array(await answer.arrayBuffer()));
    return path;
  }
}
