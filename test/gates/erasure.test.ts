import type { AdmittedErasure, PersonErasure } from '#src/base/erasures.ts';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import {
  admitPersonErasure,
  admitServerErasure,
} from '#test/fakes/admitted-erasures.ts';
import { openLocalStore } from '#test/fakes/local-stores.ts';
import { openMemoryStores } from '#test/fakes/memory-stores.ts';
import { options } from '#test/storage/copied-stores.ts';
import { makeStoreFolder } from '#test/storage/store-folder.ts';

const guildId = toGuildId('10');
const eva = toPersonId('2');

test('a store erases only what the gate admitted', async () => {
  const { consents, guilds } = openMemoryStores();
  const plain: PersonErasure = { kind: 'forgotten', guildId, personId: eva };
  const leaks = [
    // @ts-expect-error: Nobody asked whether an erasure of this person runs already.
    () => consents.erasePerson(plain),
    // @ts-expect-error: Ids alone are no erasure.
    () => consents.erasePerson(guildId, eva),
    // @ts-expect-error: An erasure of one person erases no server.
    () => guilds.eraseGuild(admitPersonErasure(guildId, eva)),
  ];
  const admitted: AdmittedErasure = admitServerErasure(guildId);
  expect([admitted.kind, leaks.length]).toEqual(['server', 3]);
});

test('a file is rewritten where rows were deleted, once for all who wait, and nowhere else', async () => {
  using tempFolder = makeStoreFolder();
  let rewritings = 0;
  await using store = await openLocalStore(tempFolder.path, {
    ...options,
    onStatement: (text) => {
      if (text === 'VACUUM') rewritings++;
    },
  });
  const people = Array.from({ length: 40 }, (_, n) => toPersonId(`${n + 1}`));
  const erasePeople = () =>
    Promise.all(
      people.map((id) => store.consents.erasePerson(admitPersonErasure(guildId, id))),
    );
  await erasePeople();
  expect(rewritings).toBe(0);
  for (const id of people) await store.leftOutPeople.write(guildId, id, true);
  expect(await erasePeople()).toEqual(people.map(() => 1));
  expect(rewritings).toBeLessThanOrEqual(2);
  expect(rewritings).toBeGreaterThan(0);
});
