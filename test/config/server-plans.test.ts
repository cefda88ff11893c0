import { mkdtempSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { readConfig } from '#src/config/config.ts';
import { planOf, serverPlansSchema } from '#src/config/server-plans.ts';

const [big, small, other] = ['1029384756102938475', '1029384756102938476', '1029384756102938477'];

function fileWith(content: unknown): string {
  const path = join(mkdtempSync(join(tmpdir(), 'plans-')), 'plans.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

function read(content: unknown) {
  const path = fileWith(content);
  return { path, read: readConfig({ SERVER_PLANS_FILE: path, BUDGET_SERVER_DAY_USD: '5' }) };
}

/** Mistakes without the path of their file. */
function mistakes(content: unknown): readonly string[] {
  const { path, read: result } = read(content);
  return result.kind === 'bad'
    ? result.mistakes.map((one) => one.replace(`SERVER_PLANS_FILE: ${path} `, ''))
    : [];
}

const example = {
  plans: { free: { serverDayUsd: 0.5, captionsDayMinutes: 30, pipelines: ['chained'] } },
  default: 'free',
  servers: { [big]: { serverDayUsd: 20, personDayUsd: 0 }, [small]: 'free' },
};

test('each server has its plan, others the default, and what a plan leaves out is as the settings say', () => {
  const { read: result } = read(example);
  if (result.kind === 'bad') throw new Error(result.mistakes.join('\n'));
  const { serverPlans } = result.config;
  const ofBig = planOf(serverPlans, big);
  expect(ofBig.caps.serverDay).toEqual({ nanoUsd: 20e9, ms: 36_000_000 });
  expect(ofBig.caps.personDay.nanoUsd).toBe(0);
  expect(ofBig.pipelines).toBeUndefined();
  for (const id of [small, other]) {
    const { caps, pipelines } = planOf(serverPlans, id);
    expect([caps.serverDay.nanoUsd, caps.captionsDayMs]).toEqual([0.5e9, 1_800_000]);
    expect(pipelines).toEqual(['chained']);
  }
});

test('without a file the settings are the plan of all servers', () => {
  const result = readConfig({ BUDGET_SERVER_DAY_USD: '7' });
  if (result.kind === 'bad') throw new Error(result.mistakes.join('\n'));
  expect(planOf(result.config.serverPlans, other).caps.serverDay.nanoUsd).toBe(7e9);
});

test('a bad file is told by path, entry and reason, and nothing of it is used', () => {
  expect(mistakes({ ...example, default: 'gold' })).toEqual([
    'default: there is no plan "gold" in plans',
  ]);
  expect(mistakes({ servers: { home: 'free', [big]: { serverDayUsd: -1 } } })).toEqual([
    'servers.home: must be the numeric id of a server',
    'servers.home: there is no plan "free" in plans',
    expect.stringMatching(`^servers.${big}.serverDayUsd: Too small`),
  ]);
  expect(mistakes({ plans: { free: { perDay: 1 } } })).toEqual([
    expect.stringMatching(/^plans.free: Unrecognized key: "perDay"/),
  ]);
  expect(mistakes({ default: { pipelines: ['realtime'] } })).toEqual([
    'default.pipelines: the bot has no pipeline of this list',
  ]);
  expect(mistakes({ plan: {} })).toEqual([expect.stringMatching(/^the file: Unrecognized key/)]);
  expect(mistakes('{')).toEqual(['the file: cannot be read as JSON']);
  expect(readConfig({ SERVER_PLANS_FILE: '/nowhere/plans.json' })).toEqual({
    kind: 'bad',
    mistakes: ['SERVER_PLANS_FILE: /nowhere/plans.json the file: cannot be read as JSON'],
  });
});

test('the published schema of plans is the one they are checked by', async () => {
  const published: object = JSON.parse(await readFile('docs/server-plans.schema.json', 'utf8'));
  expect(published).toEqual(serverPlansSchema());
  const fits = new Ajv2020().compile(published);
  expect(fits(example)).toBe(true);
  expect(fits({ servers: { home: 'free' } })).toBe(false);
  expect(fits({ plans: { free: { perDay: 1 } } })).toBe(false);
});
