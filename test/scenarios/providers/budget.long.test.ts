import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { text } from '#src/texts/texts.ts';
import { speech } from '#test/audio/speech.ts';
import { commandReply } from '#test/scenarios/setup/asking.ts';
import {
  callIn,
  converse,
  eventually,
  openOwnScenario,
  scenario,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

const question = speech('human-cards-001');
const replies = [{ match: /^/, text: 'Yes, I think so too.' }];
const priced = { asOf: '2026-11-20', source: 'made up' };
/** An answer is expected to cost 1.8 cents, and costs a tenth of that. */
const prices = [
  { ...priced, model: 'writes', usd: { perMillionInputTokens: 1, perMillionOutputTokens: 1 } },
  { ...priced, model: 'speaks', usd: { perMillionCharacters: 70 } },
];

scenario(
  'a used budget is told once, shown on the panel, and not forgotten over a restart',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'parley-prices-'));
    await using _gone = { [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
    const file = join(folder, 'prices.json');
    await writeFile(file, JSON.stringify(prices));
    await using setup = await openOwnScenario({
      environment: {
        CHAT_COMPLETION_MODEL: 'writes',
        SPEECH_MODEL: 'speaks',
        PRICES: file,
        BUDGET_SERVER_DAY_USD: '0.02',
        BUDGET_PERSON_DAY_USD: '0',
      },
      providers: { replies },
    });
    const olga = await callIn(setup, 'Olga');
    await converse(setup, olga, question);
    await olga.say(question, soon());
    const [used = ''] = text('budget.guild').split('{');
    const [quiet = ''] = text('panel.quiet').split('{');
    const shown = (channel: string) =>
      setup.sandbox.messages(channel).map((message) => message.text);
    await eventually(() => {
      expect(shown('Lounge').filter((one) => one.startsWith(used))).toHaveLength(1);
      expect(shown('general')[0]).toContain(quiet);
    });
    const costs = await commandReply(olga, 'stats', { view: 'cost' });
    expect(costs.text).toMatch(/^Today \$0\.00\d\d \+ .* min not priced of \$0\.02\. 1 turn, /);
    expect(costs.text).toContain('Most: Olga.');
    await setup.restart();
    const later = await commandReply(olga, 'stats', { view: 'cost' });
    expect(later.text.split(' Most: ')[0]).toBe(costs.text.split(' Most: ')[0]);
  },
);
