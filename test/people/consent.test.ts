import {
  type ConsentPolicy,
  type HearingFacts,
  mayHear,
  type StoredConsent,
  toConsent,
} from '#src/people/consent.ts';
import { readTexts } from '#src/texts/texts.ts';
import { fc } from '#test/properties.ts';

const policies: readonly ConsentPolicy[] = ['ask', 'role', 'notice'];
const noes: readonly StoredConsent[] = [{ kind: 'never' }, { kind: 'forgotten' }];
const always: StoredConsent = { kind: 'always' };

const anyFacts: fc.Arbitrary<HearingFacts> = fc.record({
  policy: fc.constantFrom(...policies),
  isPaused: fc.boolean(),
  isLoaded: fc.boolean(),
  word: fc.constantFrom(undefined, always, ...noes),
  hasPressed: fc.boolean(),
  hasCalled: fc.boolean(),
  hasRole: fc.boolean(),
  isTold: fc.boolean(),
});
const present = { isPaused: false, isLoaded: true };

function expectHeard(facts: Partial<HearingFacts>, heard: boolean) {
  fc.assert(fc.property(anyFacts, (any) => mayHear({ ...any, ...facts }) === heard));
}

// Proves: No policy, role or call outweighs a no by real
test('a person who said no, or was forgotten, is heard under no policy, role or call', () => {
  for (const word of noes) expectHeard({ word }, false);
});

test('nobody is heard while the channel is paused', () => {
  expectHeard({ isPaused: true }, false);
});

test('a person who agreed for always is heard, whatever the policy', () => {
  expectHeard({ ...present, word: always }, true);
});

test('a person who called the bot in is heard for that session, unless they said no', () => {
  expectHeard({ ...present, hasCalled: true, word: undefined }, true);
});

test('while settings or consents cannot be read, only those who pressed Hear me now are heard', () => {
  const unread = { isPaused: false, isLoaded: false };
  expectHeard({ ...unread, hasPressed: false }, false);
  expectHeard({ ...unread, word: undefined }, false);
  expectHeard({ ...unread, hasPressed: true, word: always }, true);
});

test('a person who said nothing is heard by the policy alone', () => {
  const silent = { ...present, word: undefined, hasCalled: false };
  expectHeard({ ...silent, policy: 'ask' }, false);
  expectHeard({ ...silent, policy: 'notice', isTold: true }, true);
  expectHeard({ ...silent, policy: 'role', hasRole: true, isTold: true }, true);
  expectHeard({ ...silent, policy: 'role', hasRole: false }, false);
});

test('no policy hears a person who was not told that the bot listens', () => {
  const silent = { ...present, word: undefined, hasCalled: false };
  expectHeard({ ...silent, isTold: false }, false);
});

test('a pause changes nobody’s consent', () =>
  fc.assert(
    fc.property(
      anyFacts,
      (any) =>
        toConsent({ ...any, isPaused: true }) ===
        toConsent({ ...any, isPaused: false }),
    ),
  ));

/** Texts that say of everybody, or of everybody with the role, whether they are heard unasked; each with the policy under which it is said. */
const claims: readonly (readonly [
  id: string,
  policy: ConsentPolicy,
  everybody: boolean,
  role: boolean,
])[] = [
  ['settings.told.role', 'role', false, true],
  ['join.spoken.notice', 'notice', true, true],
  ['settings.told.notice', 'notice', true, true],
];
/** Texts about other things that a yes is needed for, or about a moment in which the store cannot be read. */
const others = ['memory.no_yes', 'settings.about.consent', 'privacy.unread'];

test.each(claims)(
  '%s is said under the policy %s, and is true there',
  (_, policy, everybody, role) => {
    const silent = {
      isPaused: false,
      isLoaded: true,
      word: undefined,
      hasCalled: false,
      isTold: true,
    };
    const mayBeHeard = (hasRole: boolean) =>
      mayHear({ ...silent, policy, hasPressed: false, hasRole });
    expect([mayBeHeard(false), mayBeHeard(true)]).toEqual([everybody, role]);
  },
);

test('no other text says who is heard without a yes, or that a yes is needed', () => {
  const claim =
    /said yes|may always hear|hear only|only (hear|listen)|hear (everybody|members|people with)|would hear/i;
  const matches = [...readTexts('en')].flatMap(([id, { text }]) =>
    claim.test(text) ? [id] : [],
  );
  expect(matches.toSorted()).toEqual(
    [...claims.map(([id]) => id), ...others].toSorted(),
  );
});
