import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { TranscriptStores } from '#src/features/captions/store/transcript-ports.ts';
import type { StoreCode } from '#src/sql/store-part.ts';
import { openLocalStore } from '#src/storage/local-store.ts';
import type { Store } from '#src/storage/store.ts';
import { mainStore, type StoreParts } from '#src/storage/stores/store-parts.ts';
import { perform, type StoreKind, storeOver } from '#src/storage/thread/store-kind.ts';
import { openLocalTranscripts } from '#src/storage/transcripts/local-transcripts.ts';
import { transcriptStore } from '#src/storage/transcripts/transcript-operations.ts';
import { VirtualClock } from './clock.ts';

/** Trouble of a store: it refuses writes, or reads as well. */
export type StoreTrouble = 'unreadable' | 'unwritable';

/** Parts of a store in memory. Set `trouble` of one to make it fail from then on. */
export type MemoryStores = {
  readonly [Name in keyof StoreParts]: StoreParts[Name] & { trouble: StoreTrouble | undefined };
};

/** Store of the bot as it is, in memory. */
export function memoryStores(clock: Clock = new VirtualClock()): MemoryStores {
  const open = () => openLocalStore(':memory:', { clock });
  const stores: Store = lazily(mainStore, open, (part, code): void => {
    failIf(Reflect.get(stores, part).trouble, code);
  });
  return stores as unknown as MemoryStores; // nothing is in trouble yet
}

/** Stores of transcripts as they are, in memory. */
export function memoryTranscripts(clock: Clock): TranscriptStores {
  const open = () => lazily(transcriptStore, () => openLocalTranscripts(':memory:', { clock }));
  return new TranscriptStores(open(), open());
}

/** A store that is opened when it is asked first, as fixtures are made without waiting. */
function lazily<Store extends AsyncDisposable>(
  kind: StoreKind<Store>,
  open: () => Promise<Store>,
  check: (part: string, code: StoreCode) => void = () => undefined,
): Store {
  let opened: Promise<Store> | undefined;
  const call = async (name: string, args: readonly unknown[], code: StoreCode) => {
    check(name.split('.')[0] ?? '', code);
    opened ??= open();
    return await perform(await opened, name, args);
  };
  return storeOver(kind, call, async () => undefined);
}

function failIf(trouble: StoreTrouble | undefined, code: StoreCode): void {
  if (code === 'store.unwritable' && trouble)
    throw new BotError(code, true, 'There is no room left: free space on the disk.');
  if (code === 'store.unreadable' && trouble === 'unreadable')
    throw new BotError(code, false, 'The store is damaged: restore a backup.');
}
