import { expect, test } from 'vitest';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import type { StoredConsent } from '#src/people/consent.ts';
import { admitPersonErasure } from '#test/fakes/admitted-erasures.ts';
import { anyCharacter, fc } from '#test/properties.ts';
import type { OpenStore } from './open-store.ts';

/** Contract of every store of consents. */
export function testConsentStore(name: string, open: OpenStore) {
  testRemembering(name, open);
  testForgetting(name, open);
}

const alwaysConsent: StoredConsent = { kind: 'always' };
const neverConsent: StoredConsent = { kind: 'never' };
const forgottenConsent: StoredConsent = { kind: 'forgotten' };

function testRemembering(name: string, open: OpenStore) {
  test(`${name}: the latest word of each person comes back as it was said`, async () => {
    await using opened = await open();
    let guild = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(anyId, anyStanding)), async (words) => {
        const guildId = toGuildId(`${guild++}`);
        for (const [id, standing] of words)
          await opened.consents.write(guildId, toPersonId(id), standing);
        expect(await opened.consents.read(guildId)).toEqual(new Map(words));
      }),
      { numRuns: 20 },
    );
  });
}

function testForgetting(name: string, open: OpenStore) {
  test(`${name}: a forgotten person is gone from that server but for their no, and only that person from only that one`, async () => {
    await using opened = await open();
    const { consents, leftOutPeople } = opened;
    for (const guildId of ['10', '20']) {
      for (const personId of ['1', '2']) {
        await consents.write(toGuildId(guildId), toPersonId(personId), alwaysConsent);
        await leftOutPeople.write(toGuildId(guildId), toPersonId(personId), true);
      }
    }
    await consents.write(toGuildId('10'), toPersonId('1'), {
      ...forgottenConsent,
      erasesSinceWallMs: 5,
    });
    expect(
      await consents.erasePerson(admitPersonErasure(toGuildId('10'), toPersonId('1'))),
    ).toBe(1);
    expect(await leftOutPeople.read(toGuildId('10'))).toEqual(new Map([['2', true]]));
    expect((await leftOutPeople.read(toGuildId('20'))).size).toBe(2);
    expect(await consents.read(toGuildId('10'))).toEqual(
      new Map<string, unknown>([
        ['1', forgottenConsent],
        ['2', alwaysConsent],
      ]),
    );
    expect(await consents.countItems(toGuildId('10'), toPersonId('1'))).toBe(0);
  });

  test(`${name}: an erasure is there until it is complete, whatever the person says`, async () => {
    await using opened = await open();
    const { consents } = opened;
    const erasure = {
      guildId: toGuildId('10'),
      personId: toPersonId('1'),
      sinceWallMs: 5.5,
    };
    for (const sinceWallMs of [5.5, 7])
      await consents.write(toGuildId('10'), toPersonId('1'), {
        ...forgottenConsent,
        erasesSinceWallMs: sinceWallMs,
      });
    await consents.write(toGuildId('10'), toPersonId('1'), alwaysConsent);
    await consents.erasePerson(admitPersonErasure(toGuildId('10'), toPersonId('1')));
    await consents.endErasure(erasure, 8); // of the former, while the later one goes on
    const later = { ...erasure, sinceWallMs: 7 };
    expect(await consents.listErasures()).toEqual([later]);
    expect(await consents.read(toGuildId('10'))).toEqual(
      new Map([['1', alwaysConsent]]),
    );
    await consents.endErasure(later, 9);
    expect(await consents.listErasures()).toEqual([]);
  });
}

const anyId = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n }).map(String),
  fc.string({ unit: anyCharacter, minLength: 1 }),
);
const anyStanding: fc.Arbitrary<StoredConsent> = fc.constantFrom(
  alwaysConsent,
  neverConsent,
);
