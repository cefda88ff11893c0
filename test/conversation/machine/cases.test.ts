import { expect, test } from 'vitest';
import { addressingCases } from './cases/addressing.ts';
import { bargeInCases } from './cases/barge-in.ts';
import { commandCases } from './cases/commands.ts';
import { consentCases } from './cases/consent.ts';
import { placeCases } from './cases/place.ts';
import { presenceCases } from './cases/presence.ts';
import { requestsCases } from './cases/requests.ts';
import { toolsCases } from './cases/tools.ts';
import { turnsCases } from './cases/turns.ts';
import { waitingCases } from './cases/waiting.ts';
import { playCase, stepsOf } from './play-case.ts';

const cases = Object.entries({
  ...turnsCases,
  ...addressingCases,
  ...bargeInCases,
  ...waitingCases,
  ...toolsCases,
  ...consentCases,
  ...requestsCases,
  ...placeCases,
  ...commandCases,
  ...presenceCases,
});

test.each(cases)('%s', (_name, one) => {
  expect(playCase(one)).toEqual(stepsOf(one).map(([, ...effects]) => effects));
});
