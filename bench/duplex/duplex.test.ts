import { expect, test } from 'vitest';
import { peopleOf } from '#bench/manners/channel.ts';
import { spread } from '#bench/manners/microphones.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { callPairs, playCalls } from './calls.ts';
import { figuresOf } from './figures.ts';
import { type OverlapScenario, playOverlaps } from './overlaps.ts';
import { duplexTable, missedTargets } from './report.ts';
import { SessionBot } from './session-bot.ts';
import { naiveRules, SimpleBot, voiceActivityRules } from './simple-bots.ts';
import { playTurns, turnScenarios } from './turns.ts';

const question: OverlapScenario = {
  kind: 'question',
  askerId: 'ana',
  personId: 'ana',
  text: 'What time is it in Oslo?',
  intoMs: 1_000,
};
const [first] = await callPairs(peopleOf(3), 1);
const pairs = first ? [first] : [];

test('the session answers a question said over its story, and falls silent for it', async () => {
  const [trial] = await playOverlaps(await SessionBot.open(3), [question]);
  expect(trial?.outcome.resumes).toBe(false);
  expect(trial?.outcome.silentMs).toBeLessThan(600);
  expect(trial?.outcome.answeredMs).toBeLessThan(1_000);
});

test('voice activity alone stops at once, and the naive bot never', async () => {
  const [quick] = await playOverlaps(new SimpleBot(voiceActivityRules), [question]);
  expect(quick?.outcome.silentMs).toBeLessThan(300);
  const [deaf] = await playOverlaps(new SimpleBot(naiveRules), [question]);
  expect(deaf?.outcome).toMatchObject({ silentMs: undefined, resumes: true });
});

test('the session speaks when it is called and not in the same scenario without a call', async () => {
  const outcomes = await playCalls(await SessionBot.open(3), pairs);
  expect(outcomes.map(({ isUninvited, isReleased }) => [isUninvited, isReleased])).toEqual([
    [false, true],
    [false, true],
  ]);
  expect(outcomes.map(({ answeredMs }) => answeredMs !== undefined)).toEqual([false, true]);
});

test('a bot that answers everything is uninvited where nobody called it', async () => {
  const [uncalled] = await playCalls(new SimpleBot(voiceActivityRules), pairs);
  expect(uncalled?.isUninvited).toBe(true);
});

test('who takes any pause for the end is heard in one', async () => {
  const scenarios = await turnScenarios(await loadOpus(), ({ id }) => id === 'hesitation-m0');
  const [outcome] = await playTurns(new SimpleBot(voiceActivityRules), scenarios);
  expect(outcome).toMatchObject({ hasPause: true, hasPaused: true });
});

test('packets that are made already arrive with their words', async () => {
  const bot = new SimpleBot(voiceActivityRules);
  const words = spread('good evening', 400);
  const { fromMs, toMs, text } = bot.say(
    { personId: 'ana', text: 'good evening', sound: { packets: [], words } },
    1_010,
  );
  expect({ fromMs, toMs, text }).toEqual({ fromMs: 1_020, toMs: 1_420, text: 'good evening' });
});

test('the table marks what is wanted and not reached, and leaves out what was not played', () => {
  const outcome = { silentMs: 300, longestGapMs: 700, answeredMs: 400, resumes: false };
  const column = { name: 'Parley', figures: figuresOf({ overlaps: [{ ...question, outcome }] }) };
  const rows = duplexTable([column]).split('\n');
  const row = (name: string) =>
    rows
      .find((line) => line.startsWith(name))
      ?.split(/ {2,}/)
      .slice(1);
  expect(row('v1.5 interruption: answered')).toEqual(['1.000', '>= 0.970', 'met']);
  expect(row('v1.5 interruption: silent, p50')).toEqual(['300', '<= 230', 'NOT MET']);
  expect(row('v1.5 backchannel: resumes')).toEqual(['-', '>= 0.990', 'NOT MET']);
  expect(missedTargets(column)).toContain('v1.5 interruption: silent, p50 ms');
  expect(missedTargets(column)).not.toContain('v1.5 interruption: answered');
});
