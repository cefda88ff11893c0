import { realClock } from '#src/base/clock.ts';
import { TranscriptStores } from '#src/features/captions/transcripts/transcript-stores.ts';
import { storePath } from '#src/storage/store-kinds.ts';
import type { Store } from '#src/stores/store-parts.ts';
import {
  type LocalTranscriptStore,
  openLocalStore,
  openLocalTranscripts,
  toTranscriptsPath,
} from '#test/fakes/local-stores.ts';
import { openMemoryTranscripts } from '#test/fakes/memory-stores.ts';
import { openSchema } from '#test/fakes/postgres.ts';
import { passRounds, VirtualClock } from '#test/fakes/virtual-clock.ts';
import { openPostgresStores } from '#test/storage/postgres/open-stores.ts';
import { openPostgresTranscripts } from '#test/storage/postgres/open-transcripts.ts';
import { makeStoreFolder } from '#test/storage/store-folder.ts';
import type { FixtureOptions } from './session-fixture.ts';

/** Time that passes only while no operation of a store is under way: real stores take their time by another clock. */
export class StoreClock extends VirtualClock {
  readonly #underWay = new Set<Promise<unknown>>();

  /** The same ports, whose operations time waits for. */
  watchStores<Ports extends object>(ports: Ports) {
    return new Proxy(ports, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key);
        if (typeof value === 'function')
          return (...args: unknown[]) =>
            this.#watchResult(Reflect.apply(value, target, args));
        return typeof value === 'object' && value !== null
          ? this.watchStores(value)
          : value;
      },
    });
  }

  override async advance(ms: number) {
    while (this.#underWay.size > 0) {
      await Promise.allSettled(this.#underWay);
      await passRounds(1);
    }
    await super.advance(ms);
  }

  #watchResult(result: unknown) {
    if (!(result instanceof Promise)) return result;
    const over = result.then(
      () => void this.#underWay.delete(over),
      () => void this.#underWay.delete(over),
    );
    this.#underWay.add(over);
    return result;
  }
}

type StoresOnDisk = { readonly stores: Store; readonly onDisk: LocalTranscriptStore };

/** Stores of one run of the bot; those of a later run hold what was kept. */
export type StoresOpener = () => Promise<StoresOnDisk>;

/** An empty place for stores, gone with the stack. */
export type StorePlace = (stack: AsyncDisposableStack) => Promise<StoresOpener>;

/** In files. */
export const openSqlitePlace: StorePlace = async (stack) => {
  const { folder } = stack.use(makeStoreFolder());
  const options = { clock: realClock };
  return async () => ({
    stores: stack.use(await openLocalStore(storePath(folder), options)),
    onDisk: stack.use(await openLocalTranscripts(toTranscriptsPath(folder), options)),
  });
};

/** In a schema. */
export const openPostgresPlace: StorePlace = async (stack) => {
  const schema = stack.use(await openSchema());
  return async () => ({
    stores: stack.use(await openPostgresStores(schema)),
    onDisk: stack.use(await openPostgresTranscripts(schema)),
  });
};

/** Stores of a session fixture there; its clock waits for each operation. */
export function toFixtureStores(
  stores: StoresOnDisk,
  clock: StoreClock,
): FixtureOptions {
  const [storages, onDisk] = [
    clock.watchStores(stores.stores),
    clock.watchStores(stores.onDisk),
  ];
  return {
    store: storages.consents,
    leftOutPeople: storages.leftOutPeople,
    toldPeople: storages.toldPeople,
    guildStore: storages.guilds,
    settingsStore: storages.settings,
    trackStore: storages.tracks,
    seatStore: storages.seats,
    transcripts: new TranscriptStores(onDisk, openMemoryTranscripts(clock).inMemory),
  };
}
