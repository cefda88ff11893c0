import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { BotError } from '#src/base/errors.ts';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { tryParseJson } from '#src/base/json.ts';
import { makeFolder } from '#src/base/make-folder.ts';
import type {
  ConsentJournal,
  UnwrittenRefusal,
} from '#src/storage/stores/journaled-consents.ts';

const entrySchema = z.object({
  guildId: z.string().transform(toGuildId),
  personId: z.string().transform(toPersonId),
  kind: z.enum(['never', 'forgotten']),
  erasesSinceWallMs: z.number().optional(),
});

/** Only the bot's user may read the file. */
const fileMode = 0o600;

/** Finds the journal of the process that serves `shards`. Processes of one machine may share a `DATA_DIR`. */
export function toConsentJournalPath(
  dataDir: string,
  shards: { readonly first: number; readonly last: number } | undefined,
): string {
  const part = shards ? `.${shards.first}-${shards.last}` : '';
  return join(dataDir, `unwritten-consents${part}.jsonl`);
}

/**
 * Opens a journal as a file of JSON lines, which exists only while an entry is unwritten. A line that a crash has cut is
 * skipped, and costs no other line.
 */
export function openConsentJournalFile(path: string): ConsentJournal {
  return {
    async read() {
      try {
        const lines = (await readFile(path, 'utf8')).split('\n');
        return lines.flatMap((line): readonly UnwrittenRefusal[] => {
          const entry = entrySchema.safeParse(tryParseJson(line)).data;
          return entry ? [entry] : [];
        });
      } catch (error) {
        if (isMissing(error)) return [];
        const message = `The journal ${path} cannot be read: let the bot's user read the file.`;
        throw new BotError('store.unreadable', true, message, error);
      }
    },

    async append(entry) {
      // A line that a crash has cut must not take this one along.
      await write(path, 'a', `\n${JSON.stringify(entry)}\n`);
    },

    async replace(entries) {
      if (entries.length === 0) {
        await rm(path, { force: true });
        return;
      }
      const draft = `${path}.new`;
      await write(
        draft,
        'w',
        entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''),
      );
      await rename(draft, path);
    },
  };
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

function isMissing(error: unknown) {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
