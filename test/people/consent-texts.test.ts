import { type ConsentPolicy, mayHear } from '#src/people/consent.ts';
import { readTexts } from '#src/texts/texts.ts';

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
