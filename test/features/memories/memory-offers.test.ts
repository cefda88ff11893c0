import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { DeclinedOffers } from '#src/features/memories/memory-offers.ts';
import { PersonalSettingsCache } from '#src/settings/personal-settings-cache.ts';
import { openMemoryStores } from '#test/fakes/memory-stores.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const [server, ana, ben] = [toGuildId('1'), toPersonId('2'), toPersonId('3')];

/** A store, and the offers that a process declines over it. */
function openServer() {
  const { personSettings: store } = openMemoryStores();
  const startProcess = () => {
    const watch = { clock: new VirtualClock(), onEvent: () => undefined };
    return new DeclinedOffers(new PersonalSettingsCache({ ...watch, store }));
  };
  return { store, startProcess };
}

test('what a person declined is known after a restart, in other words too, and of that person alone', async () => {
  const { startProcess } = openServer();
  await startProcess().add(server, ana, 'Ana works nights.');
  await startProcess().add(server, ana, 'Ana has a brother in Rome.');
  const declined = startProcess();
  expect(await declined.has(server, ana, 'Ana works at night.')).toBe(true);
  expect(await declined.has(server, ana, 'Her brother lives in Rome.')).toBe(true);
  expect(await declined.has(server, ana, 'Ana likes green tea.')).toBe(false);
  expect(await declined.has(server, ben, 'Ana works nights.')).toBe(false);
});

test('the store holds no word of what was declined, and thirty offers at most', async () => {
  const { startProcess, store } = openServer();
  const declined = startProcess();
  for (let n = 0; n < 40; n++)
    await declined.add(server, ana, `Ana likes sort${n} cheese from village${n}`);
  const { declinedOffers = '' } = await store.read(server, ana);
  expect(declinedOffers.split(';')).toHaveLength(30);
  expect(declinedOffers).toMatch(/^[0-9a-f ;]+$/);
});

test('with the settings of a person goes what they declined, and other settings stay beside it', async () => {
  const { startProcess, store } = openServer();
  await store.write(server, ana, { speed: 1.2 });
  await startProcess().add(server, ana, 'Ana works nights.');
  expect(await store.read(server, ana)).toMatchObject({ speed: 1.2 });
  await store.write(server, ana, {});
  expect(await startProcess().has(server, ana, 'Ana works nights.')).toBe(false);
});
