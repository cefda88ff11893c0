import { expect } from 'vitest';
import { text } from '#src/texts/texts.ts';
import {
  callIn,
  eventually,
  openScenario,
  scenario,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

const replies = [{ match: /^/, text: 'Yes.' }];

scenario('/settings check tries everything, and whoever sits there hears a tone', async () => {
  await using setup = await openScenario({ providers: { replies } });
  const adam = setup.sandbox.person('Adam');
  expect(() => adam.command('settings check')).toThrow('Adam may not use settings.');
  const olga = await callIn(setup, 'Olga');
  const checking = olga.command('settings check');
  const report = await checking.answered(soon());
  const lines = report.text.split('\n');
  expect([report.ephemeral, lines.at(-1)]).toEqual([true, text('check.done')]);
  for (const line of lines.slice(0, 8)) expect(line).toMatch(/^[a-z ]+: ok, /);
  expect(lines[2]).toContain('end to end');
  for (const line of lines.slice(8, -1)) expect(line).toContain('does not list the model');
  await eventually(() => {
    const { frames } = olga.heard;
    const tone = frames.filter(({ audible, atMs }) => audible && atMs > checking.sentAtMs);
    expect(tone.length).toBeGreaterThan(5);
  });
});
