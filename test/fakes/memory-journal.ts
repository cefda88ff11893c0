import { BotError } from '#src/base/errors.ts';
import type {
  ConsentJournal,
  UnwrittenRefusal,
} from '#src/storage/data-dir/journaled-consents.ts';

/** A journal in memory. Set `trouble` to make it fail from then on. */
export type MemoryJournal = ConsentJournal & {
  readonly entries: readonly UnwrittenRefusal[];
  trouble: 'unreadable' | 'unwritable' | undefined;
};

export function makeMemoryJournal(): MemoryJournal {
  let entries: readonly UnwrittenRefusal[] = [];
  const writeJournal = async (next: readonly UnwrittenRefusal[]) => {
    if (journal.trouble)
      throw new BotError('store.unwritable', true, 'There is no room left.');
    entries = next;
  };
  const journal: MemoryJournal = {
    trouble: undefined,
    get entries() {
      return entries;
    },
    listGuilds: async () => [...new Set(entries.map(({ guildId }) => guildId))],
    async read(guildId) {
      if (journal.trouble === 'unreadable')
        throw new BotError('store.unreadable', true, 'The file cannot be read.');
      return entries.filter((entry) => entry.guildId === guildId);
    },
    append: (entry) => writeJournal([...entries, entry]),
    replace: (guildId, next) =>
      writeJournal([...entries.filter((entry) => entry.guildId !== guildId), ...next]),
  };
  return journal;
}
