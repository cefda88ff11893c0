import { toGuildId, toPersonId } from '#src/base/ids.ts';
import {
  adam,
  eva,
  joinLounge,
  openSessionFixture,
  passTime,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';

const guildId = toGuildId('g');
const evaId = toPersonId('eva');

/** Adam and Eva sit in the Lounge, and both agreed. Calls of the store are counted by name. */
async function openLounge() {
  const fixture = openSessionFixture({}, [adam, eva]);
  await joinLounge(fixture);
  await fixture.privacy.allow(guildId, evaId);
  await passTime(fixture, 100);
  const calls: string[] = [];
  const { consents } = fixture.stores;
  for (const name of ['erasePerson', 'write', 'endErasure'] as const) {
    const call = consents[name].bind(consents) as (...args: unknown[]) => unknown;
    Object.assign(consents, {
      [name]: (...args: unknown[]) => {
        calls.push(name);
        return call(...args);
      },
    });
  }
  return { fixture, calls };
}

/** Counts how often the talk was begun anew: each time its history gets another version. */
function readVersion({ sessions }: SessionFixture) {
  return sessions.findSession(guildId)?.loop.state.history.version;
}

test('forty presses of forget at once are one erasure, and all get its answer', async () => {
  const { calls, fixture } = await openLounge();
  const { keptWords } = fixture.featurePorts.programAnswers;
  const pressing = Array.from({ length: 40 }, () =>
    fixture.privacy.forget(guildId, evaId),
  );
  await passTime(fixture, 500);
  const [first, ...others] = await Promise.all(pressing);
  expect(first).toMatchObject({ kind: 'forgotten' });
  for (const otherOutcome of others) expect(otherOutcome).toEqual(first);
  expect(calls).toEqual(['write', 'erasePerson', 'endErasure']);
  const version = readVersion(fixture);
  keptWords.keep('g bell 1', Promise.resolve('Seven.'));
  for (let n = 0; n < 5; n++) {
    const pressed = fixture.privacy.forget(guildId, evaId);
    await passTime(fixture, 100);
    expect(await pressed).toMatchObject({ kind: 'forgotten', total: 0 });
    await fixture.privacy.deny(guildId, evaId);
  }
  expect(readVersion(fixture)).toBe(version);
  expect(await keptWords.find('g bell 1')).toBe('Seven.');
  expect(calls.filter((name) => name === 'erasePerson')).toHaveLength(1);
});

test('what was stored while an erasure ran is erased by a press that came after it', async () => {
  const { calls, fixture } = await openLounge();
  const { leftOutPeople, consents } = fixture.stores;
  const held = Promise.withResolvers<void>();
  const end = consents.endErasure.bind(consents);
  consents.endErasure = async (erasure) => {
    await held.promise;
    await end(erasure);
  };
  const first = fixture.privacy.forget(guildId, evaId);
  await passTime(fixture, 200);
  await leftOutPeople.write(guildId, evaId, true);
  const second = fixture.privacy.forget(guildId, evaId);
  held.resolve();
  await passTime(fixture, 500);
  expect(await second).toEqual(await first);
  expect(await consents.countItems(guildId, evaId)).toBe(0);
  expect(calls.filter((name) => name === 'erasePerson')).toHaveLength(2);
});

test('personal settings that were read while an erasure ran are forgotten with it', async () => {
  const { fixture } = await openLounge();
  const { consents } = fixture.stores;
  const { peopleSettings } = fixture;
  await peopleSettings.changeSettings(guildId, evaId, { voice: 'rms' });
  const held = Promise.withResolvers<void>();
  const erase = consents.erasePerson.bind(consents);
  consents.erasePerson = async (erasure) => {
    await held.promise;
    return await erase(erasure);
  };
  const forgetting = fixture.privacy.forget(guildId, evaId);
  await passTime(fixture, 200);
  expect(await peopleSettings.loadSettings(guildId, evaId)).toEqual({ voice: 'rms' });
  held.resolve();
  await passTime(fixture, 500);
  expect(await forgetting).toMatchObject({ kind: 'forgotten' });
  expect(peopleSettings.getCached(guildId, evaId)).toEqual({});
});
