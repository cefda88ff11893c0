import { open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { BotError } from '#src/base/errors.ts';
import { type GuildId, toGuildId, toPersonId } from '#src/base/ids.ts';
import { tryParseJson } from '#src/base/json.ts';
import { makeFolder } from '#src/base/make-folder.ts';
import type { ConsentJournal, UnwrittenRefusal } from './journaled-consents.ts';

const entrySchema = z.object({
  personId: z.string().transform(toPersonId),
  kind: z.enum(['never', 'forgotten']),
  erasesSinceWallMs: z.number().optional(),
});

/** Only the bot's user may read the file. */
const fileMode = 0o600;
const fileEnding = '.jsonl';

/**
 * Opens a journal as a folder with a file of JSON lines for each server, which exists only while an entry is unwritten. One
 * process serves a server, so each file has one writer. A line that a crash has cut is skipped, and costs no other line.
 */
export function openConsentJournalFolder(folder: string): ConsentJournal {
  const toPath = (guildId: GuildId) => join(folder, `${guildId}${fileEnding}`);
  return {
    async listGuilds() {
      const names = await readUnlessMissing(folder, () => readdir(folder));
      return (names ?? [])
        .filter((name) => name.endsWith(fileEnding))
        .map((name) => toGuildId(name.slice(0, -fileEnding.length)));
    },

    async read(guildId) {
      const path = toPath(guildId);
      const text = await readUnlessMissing(path, () => readFile(path, 'utf8'));
      return (text ?? '').split('\n').flatMap((line): readonly UnwrittenRefusal[] => {
        const entry = entrySchema.safeParse(tryParseJson(line)).data;
        return entry ? [{ guildId, ...entry }] : [];
      });
    },

    async append({ guildId, ...entry }) {
      // A line that a crash has cut must not take this one along.
      await write(toPath(guildId), 'a', `\n${JSON.stringify(entry)}\n`);
    },

    async replace(guildId, entries) {
      const path = toPath(guildId);
      if (entries.length === 0) return await rm(path, { force: true });
      const draft = `${path}.new`;
      const lines = entries.map(({ guildId: _, ...entry }) => JSON.stringify(entry));
      await write(draft, 'w', `${lines.join('\n')}\n`);
      await rename(draft, path);
    },
  };
}

/** Undefined without the file or folder. Throws BotError `store.unreadable`. */
async function readUnlessMissing<T>(path: string, read: () => Promise<T>) {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      return undefined;
    const message = `The journal ${path} cannot be read: let the bot's user read it.`;
    throw new BotError('store.unreadable', true, message, error);
  }
}

/** Writes a text to the disk. Throws BotError `store.unwritable`. */
async function write(path: string, flags: 'a' | 'w', text: string) {
  try {
    makeFolder(dirname(path));
    await using file = await open(path, flags, fileMode);
    await file.writeFile(text);
    await file.sync();
  } catch (error) {
    const message = `The journal ${path} cannot be written: check the disk and its rights.`;
    throw new BotError('store.unwritable', true, message, error);
  }
}
