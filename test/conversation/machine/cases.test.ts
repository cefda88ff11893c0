import { addressingCases } from '#test/conversation/machine/cases/addressing.ts';
import { bargeInCases } from '#test/conversation/machine/cases/barge-in.ts';
import { commandCases } from '#test/conversation/machine/cases/commands.ts';
import { consentCases } from '#test/conversation/machine/cases/consent.ts';
import { placeCases } from '#test/conversation/machine/cases/place.ts';
import { presenceCases } from '#test/conversation/machine/cases/presence.ts';
import { requestsCases } from '#test/conversation/machine/cases/requests.ts';
import { toolsCases } from '#test/conversation/machine/cases/tools.ts';
import { turnsCases } from '#test/conversation/machine/cases/turns.ts';
import { waitingCases } from '#test/conversation/machine/cases/waiting.ts';
import { listSteps, playCase } from './play-case.ts';

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

test.each(cases)('%s', (_name, scene) =>
  expect(playCase(scene)).toEqual(listSteps(scene).map(([, ...effects]) => effects)),
);
