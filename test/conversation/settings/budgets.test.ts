import { expect, test } from 'vitest';
import type { PipelineRegistry } from '#src/conversation/ports/pipeline-registry.ts';
import { openSessionFixture } from '#test/conversation/setup/session-fixture.ts';
import { dollars } from '#test/fakes/spending.ts';

/** Pipelines that nobody opens. */
const nowhere: PipelineRegistry = {
  names: ['chained'],
  open: () => {
    throw new Error('Nobody answers here.');
  },
  engine: () => '',
  needs: () => 'REALTIME_MODEL',
};

test('a budget is taken in money and minutes below the cap of the operator, and refused above it', async () => {
  const caps = { personDay: dollars(1), serverDay: { ...dollars(5), ms: 3_600_000 } };
  const { settings } = openSessionFixture({
    planOf: () => ({ caps: { ...caps, serverMonth: dollars(0) } }),
  });
  const set = (key: string, value: string) => settings.set('g', key, value);
  expect(await set('budget_person', '$0.50')).toMatchObject({ kind: 'set', value: '$0.5' });
  expect(await set('budget_day', '2 30m')).toMatchObject({ kind: 'set', value: '$2 30m' });
  expect(await set('budget_month', '900m')).toMatchObject({ kind: 'set', value: '900m' });
  expect(await set('budget_day', '6')).toEqual({ kind: 'above', key: 'budget_day', cap: '$5 60m' });
  expect(await set('budget_day', '61m')).toMatchObject({ kind: 'above' });
  expect(await set('budget_day', 'none')).toMatchObject({ kind: 'set', value: 'none' });
});

test("a server's own budget stays below its plan, whatever others have", async () => {
  const caps = { personDay: dollars(0), serverDay: dollars(5), serverMonth: dollars(0) };
  const planOf = (guildId: string) => ({
    caps: guildId === 'big' ? { ...caps, serverDay: dollars(20) } : caps,
  });
  const { settings } = openSessionFixture({ planOf });
  expect(await settings.set('big', 'budget_day', '10')).toMatchObject({ kind: 'set' });
  expect(await settings.set('g', 'budget_day', '10')).toMatchObject({ kind: 'above', cap: '$5' });
});

test('a pipeline outside of the plan of a server is refused, and not used where it was set before', async () => {
  const names = ['realtime', 'chained'] as const;
  const usual = openSessionFixture().sessions.settings.choicesIn('g').caps;
  let isBasic = false;
  const fixture = openSessionFixture({
    pipelines: { ...nowhere, names },
    planOf: () => ({ caps: usual, ...(isBasic && { pipelines: ['chained'] }) }),
  });
  const { sessions, settings } = fixture;
  expect(sessions.settings.in('g').pipeline).toBe('realtime');
  await settings.set('g', 'pipeline', 'realtime');
  isBasic = true;
  expect(await settings.set('g', 'pipeline', 'realtime')).toMatchObject({
    kind: 'missing',
    needs: 'SERVER_PLANS_FILE',
  });
  expect(settings.values('g', 'pipeline')).toEqual(['chained', 'default']);
  await settings.set('g', 'cues', 'off'); // read anew, as after a start
  expect(sessions.settings.in('g').pipeline).toBe('chained');
});
