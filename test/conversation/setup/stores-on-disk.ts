import { realClock } from '#src/base/clock.ts';
import { TranscriptStores } from '#src/features/captions/store/transcript-ports.ts';
import { storePath } from '#src/storage/store-kinds.ts';
import type { Store } from '#src/storage/stores/store-parts.ts';
import { roundsPassed, VirtualClock } from '#test/fakes/clock.ts';
import {
  openLocalStore,
  openLocalTranscripts,
  type TranscriptStore,
  transcriptsPath,
} from '#test/fakes/local-stores.ts';
import { memoryTranscripts } from '#test/fakes/memory-stores.ts';
import { openSchema } from '#test/fakes/postgres.ts';
import { storeFolder } from '#test/storage/files.ts';
import { openIn } from '#test/storage/postgres/open-stores.ts';
import { openTranscriptsIn } from '#test/storage/postgres/open-transcripts.ts';
import type { FixtureOptions } from './session-fixture.ts';

/** Time that passes only while no operation of a store is under way: real stores take their time by another clock. */
export class StoreClock extends VirtualClock {
  readonly #underWay = new Set<Promise<unknown>>();

  /** The same ports, whose operations time waits for. */
  watched<Ports extends object>(ports: Ports): Ports {
    return new Proxy(ports, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key);
        if (typeof value === 'function')
          return (...args: unknown[]) => this.#watch(Reflect.apply(value, target, args));
        return typeof value === 'object' && value !== null ? this.watched(value) : value;
      },
    });
  }

  override async advance(ms: number): Promise<void> {
    while (this.#underWay.size > 0) {
      await Promise.allSettled(this.#underWay);
      await roundsPassed(1);
    }
    await super.advance(ms);
  }

  #watch(result: unknown) {
    if (!(result instanceof Promise)) return result;
    const over = result.then(
      () => void this.#underWay.delete(over),
      () => void this.#underWay.delete(over),
    );
    this.#underWay.add(over);
    return result;
  }
}

type StoresOnDisk = { readonly stores: Store; readonly onDisk: TranscriptStore };

/** Stores of one run of the bot; those of a later run hold what was kept. */
export type OpenStores = () => Promise<StoresOnDisk>;

/** An empty place for stores, gone with the stack. */
export type StorePlace = (stack: AsyncDisposableStack) => Promise<OpenStores>;

/** In files. */
export const sqliteIn: StorePlace = async (stack) => {
  const { folder } = stack.use(storeFolder());
  const options = { clock: realClock };
  return async () => ({
    stores: stack.use(await openLocalStore(storePath(folder), options)),
    onDisk: stack.use(await openLocalTranscripts(transcriptsPath(folder), options)),
  });
};

/** In a schema. */
export const postgresIn: StorePlace = async (stack) => {
  const schema = stack.use(await openSchema());
  return async () => ({
    stores: stack.use(await openIn(schema)),
    onDisk: stack.use(await openTranscriptsIn(schema)),
  });
};

/** Stores of a session fixture there; its clock waits for each operation. */
export function fixtureStores(stores: StoresOnDisk, clock: StoreClock): FixtureOptions {
  const [storages, onDisk] = [clock.watched(stores.stores), clock.watched(stores.onDisk)];
  return {
    store: storages.consents,
    leftOutPeople: storages.leftOutPeople,
    guildStore: storages.guilds,
    settingsStore: storages.settings,
    trackStore: storages.tracks,
    seatStore: storages.seats,
    transcripts: new TranscriptStores(onDisk, memoryTranscripts(clock).inMemory),
  };
}
