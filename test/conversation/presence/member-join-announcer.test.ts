import { expect, test } from 'vitest';
import {
  adam,
  eva,
  lounge,
  openSessionFixture,
  pass,
  type SessionFixture,
  words,
} from '#test/conversation/setup/session-fixture.ts';

const people = ['Ben', 'Cleo', 'Dora', 'Emil', 'Fay'].map((name) => {
  return { id: name.toLowerCase(), name, isBot: false, roleIds: [] };
});

/** Adam and Eva talk with the bot; those who come agreed earlier. */
async function open(isOn = true): Promise<SessionFixture> {
  const fixture = openSessionFixture({}, [adam, eva]);
  if (isOn) await fixture.settings.set('g', 'announce', 'on');
  for (const { id } of people) await fixture.consents.write('g', id, { kind: 'always' });
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 4_000);
  return fixture;
}

const spoken = ({ synthesizer }: SessionFixture) =>
  synthesizer.asked.map(({ text }) => text).slice(1);

function come({ linkOpener }: SessionFixture, ...who: readonly (typeof adam)[]): void {
  linkOpener.link.present.push(...who);
}

test('where a server wants it, who joins is told of, several at once', async () => {
  const fixture = await open();
  come(fixture, ...people.slice(0, 1));
  await pass(fixture, 5_000);
  come(fixture, ...people.slice(1, 3));
  await pass(fixture, 5_000);
  expect(spoken(fixture)).toEqual(['Ben joined.', 'Cleo and Dora joined.']);
});

test('a name is said as its owner has set it', async () => {
  const fixture = await open();
  await fixture.consents.personSettings.write('g', 'ben', { spokenName: 'Benn' });
  come(fixture, ...people.slice(0, 1));
  await pass(fixture, 5_000);
  expect(spoken(fixture)).toEqual(['Benn joined.']);
});

test('of many who join at once three are named', async () => {
  const fixture = await open();
  come(fixture, ...people);
  await pass(fixture, 5_000);
  expect(spoken(fixture)).toEqual(['Ben and Cleo and Dora and 2 others joined.']);
});

test('nobody is told of who did not agree, nor where the server has not asked for it', async () => {
  const fixture = await open();
  come(fixture, { ...adam, id: 'stranger', name: 'Stranger' });
  await pass(fixture, 5_000);
  expect(spoken(fixture)).toEqual([]);
  const off = await open(false);
  come(off, ...people);
  await pass(off, 5_000);
  expect(spoken(off)).toEqual([]);
});

test('it waits until nobody talks, and says nothing that everybody knows by then', async () => {
  const fixture = await open();
  come(fixture, ...people.slice(0, 1));
  await pass(fixture, 1_700, await words('human-cards-004', adam, fixture.clock.nowMs()));
  expect(spoken(fixture)).not.toContain('Ben joined.');
  fixture.linkOpener.link.present.pop();
  await pass(fixture, 10_000);
  expect(spoken(fixture)).not.toContain('Ben joined.');
});
