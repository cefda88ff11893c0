import { expect, test } from 'vitest';
import {
  agreeAlways,
  agreeForSession,
  type ConsentPolicy,
  forget,
  heard,
  mayHear,
  moveAlong,
  pause,
  recall,
  refuse,
  resume,
  type SessionConsents,
  unasked,
  underPolicy,
} from '#src/people/consent.ts';
import type { StoredConsent } from '#src/people/consent-store.ts';
import { fc } from '#test/properties.ts';

const policies: readonly ConsentPolicy[] = ['ask', 'role', 'notice'];

/** A session whose book was read. */
function session(
  policy: ConsentPolicy,
  consents: Readonly<Record<string, StoredConsent>> = {},
): SessionConsents {
  return recall(unasked(policy), new Map(Object.entries(consents)));
}

function hears(consent: SessionConsents, id: string): boolean {
  return mayHear(consent, { id, hasRole: false });
}

test('nobody is heard before they agreed', () => {
  expect(hears(session('ask'), 'ann')).toBe(false);
});

test('a yes is heard from then on, and only from the person who gave it', () => {
  const consent = agreeForSession(session('ask'), 'ann');
  expect(hears(consent, 'ann')).toBe(true);
  expect(hears(consent, 'bob')).toBe(false);
});

test('under notice everybody is heard but those who refused', () => {
  const consent = refuse(session('notice'), 'bob');
  expect(hears(consent, 'ann')).toBe(true);
  expect(hears(consent, 'bob')).toBe(false);
});

test('under role the members of the role are heard, and others once they agree', () => {
  const consent = agreeForSession(session('role'), 'cy');
  expect(mayHear(consent, { id: 'ann', hasRole: true })).toBe(true);
  expect(mayHear(consent, { id: 'bob', hasRole: false })).toBe(false);
  expect(mayHear(consent, { id: 'cy', hasRole: false })).toBe(true);
});

test.each(policies)('under %s a stored no is honoured until a newer yes', (policy) => {
  const ann = { id: 'ann', hasRole: true };
  const consent = session(policy, { ann: { kind: 'never' } });
  expect(mayHear(consent, ann)).toBe(false);
  expect(mayHear(agreeForSession(consent, 'ann'), ann)).toBe(true);
  expect(mayHear(agreeAlways(consent, 'ann'), ann)).toBe(true);
});

test('a stored yes is heard without being asked again', () => {
  expect(hears(session('ask', { ann: { kind: 'always' } }), 'ann')).toBe(true);
});

test.each(policies)('under %s a store that was not read means that nobody agreed', (policy) => {
  const ann = { id: 'ann', hasRole: true };
  expect(mayHear(unasked(policy), ann)).toBe(false);
  expect(mayHear(agreeForSession(unasked(policy), 'ann'), ann)).toBe(true);
});

test('what was said in the session is newer than the store, however late the store is read', () => {
  const consent = recall(refuse(unasked('ask'), 'ann'), new Map([['ann', { kind: 'always' }]]));
  expect(hears(consent, 'ann')).toBe(false);
});

test('while the channel is paused nobody is heard, and afterwards the same people as before', () => {
  const consent = agreeForSession(session('ask', { bob: { kind: 'always' } }), 'ann');
  const paused = pause(consent);
  expect([hears(paused, 'ann'), hears(paused, 'bob')]).toEqual([false, false]);
  const resumed = resume(refuse(paused, 'bob'));
  expect([hears(resumed, 'ann'), hears(resumed, 'bob')]).toEqual([true, false]);
});

test.each(policies)('under %s a forgotten person is as somebody new', (policy) => {
  const consents: Readonly<Record<string, StoredConsent>> = { bob: { kind: 'always' } };
  const consent = agreeAlways(agreeForSession(session(policy, consents), 'ann'), 'ann');
  const forgotten = forget(forget(consent, 'ann'), 'bob');
  expect(forgotten).toEqual(session(policy));
});

test('where nobody is heard unasked, who said no and is forgotten is as somebody new', () => {
  const consent = session('ask', { bob: { kind: 'never' } });
  expect(forget(refuse(consent, 'ann'), 'ann')).toEqual(consent);
  expect(forget(consent, 'bob')).toEqual(session('ask'));
});

test.each(['role', 'notice'] as const)(
  'under %s a no outlives its forgetting, until a newer yes and in this session only',
  (policy) => {
    const consent = refuse(session(policy, { bob: { kind: 'never' } }), 'ann');
    const forgotten = forget(forget(consent, 'ann'), 'bob');
    for (const id of ['ann', 'bob']) {
      expect(mayHear(forgotten, { id, hasRole: true })).toBe(false);
      expect(hears(agreeForSession(forgotten, id), id)).toBe(true);
    }
    expect([...(forgotten.standings?.keys() ?? [])]).toEqual([]);
  },
);

test('the panel tells who is heard, who was not asked and who said no', () => {
  const consent = refuse(agreeForSession(session('ask'), 'ann'), 'bob');
  const shown = ['ann', 'bob', 'cy'].map((id) => heard(consent, { id, hasRole: false }));
  expect(shown).toEqual(['yes', 'no', 'unasked']);
});

test('a change leaves the earlier answers as they were', () => {
  const before = agreeForSession(session('ask'), 'ann');
  forget(refuse(before, 'ann'), 'ann');
  expect(hears(before, 'ann')).toBe(true);
});

test('the latest word of each person counts, whatever others say', () => {
  const word = fc.record({ yes: fc.boolean(), who: fc.constantFrom('ann', 'bob', 'cy') });
  fc.assert(
    fc.property(fc.constantFrom(...policies), fc.array(word), (policy, words) => {
      const consent = words.reduce(
        (now, { yes, who }) => (yes ? agreeForSession(now, who) : refuse(now, who)),
        session(policy),
      );
      for (const who of ['ann', 'bob', 'cy']) {
        const last = words.findLast((one) => one.who === who);
        expect(hears(consent, who)).toBe(last?.yes ?? policy === 'notice');
      }
    }),
  );
});

test('in another channel a yes for the session counts only for those who are there', () => {
  const called = agreeForSession(agreeForSession(session('ask'), 'ann'), 'bob');
  const said = refuse(agreeAlways(called, 'dan'), 'eva');
  const moved = moveAlong(said, new Set(['bob', 'eva']));
  expect(['ann', 'bob', 'dan'].map((id) => hears(moved, id))).toEqual([false, true, true]);
  expect(heard(moved, { id: 'eva', hasRole: false })).toBe('no');
  expect(moveAlong(pause(said), new Set()).paused).toBe(true);
});

test('another policy decides about those who said nothing, and changes nobody’s word', () => {
  const consents: Readonly<Record<string, StoredConsent>> = { eva: { kind: 'never' } };
  const asked = refuse(agreeForSession(session('ask', consents), 'ann'), 'bob');
  const reported = underPolicy(asked, 'notice');
  expect(['ann', 'bob', 'cleo', 'eva'].map((id) => hears(reported, id))).toEqual([
    true,
    false,
    true,
    false,
  ]);
  expect(hears(underPolicy(reported, 'ask'), 'cleo')).toBe(false);
  expect(mayHear(underPolicy(asked, 'role'), { id: 'cleo', hasRole: true })).toBe(true);
});

test('a pause takes back nobody’s yes', () => {
  const paused = pause(agreeForSession(session('ask'), 'ann'));
  expect(heard(paused, { id: 'ann', hasRole: false })).toBe('yes');
});
