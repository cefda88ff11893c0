import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { text } from '#src/texts/texts.ts';
import { speech } from '#test/audio/speech.ts';
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
/** Before an answer begins, 10 cents are set aside for it; it costs about a tenth of that. */
const prices = [
  {
    ...priced,
    model: 'writes',
    usd: { perMillionInputTokens: 0.001, perMillionOutputTokens: 1_000 },
  },
  { ...priced, model: 'speaks', usd: { perMillionCharacters: 1 } },
];

/** A file of these prices, as long as it is kept. */
async function pricesFile() {
  const folder = await mkdtemp(join(tmpdir(), 'parley-prices-'));
  const path = join(folder, 'prices.json');
  await writeFile(path, JSON.stringify(prices));
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

scenario(
  'what one server spent of the total is missing in another, and a barred server is left with a sentence',
  async () => {
    await using file = await pricesFile();
    const guilds = [{ guildName: 'Second' }, { guildName: 'Barred' }];
    await using setup = await openOwnScenario({
      sandbox: { guilds },
      environment: (sandbox) => ({
        CHAT_COMPLETION_MODEL: 'writes',
        SPEECH_MODEL: 'speaks',
        PRICES: file.path,
        BUDGET_TOTAL_DAY_USD: '0.102',
        BUDGET_SERVER_DAY_USD: '0',
        BUDGET_PERSON_DAY_USD: '0',
        SERVERS_BARRED: sandbox.guild('Barred').id,
      }),
      providers: { replies },
    });
    const barred = setup.sandbox.guild('Barred');
    const second = setup.sandbox.guild('Second');
    const wrote = (guild: typeof barred, channel: string) =>
      guild.messages(channel).map((message) => message.text);
    await eventually(() => expect(wrote(barred, 'general')).toEqual([text('server.barred')]));
    await converse(setup, await callIn(setup, 'Olga'), question);
    const adam = second.person('Adam');
    await adam.join('Lounge', soon());
    await adam.command('join').answered(soon());
    await adam.settled(soon());
    await adam.say(question, soon());
    const [used = ''] = text('budget.guild').split('{');
    await eventually(() =>
      expect(wrote(second, 'Lounge').filter((one) => one.startsWith(used))).toHaveLength(1),
    );
    const line = wrote(second, 'Lounge').find((one) => one.startsWith(used));
    expect(line).toMatch(/<t:\d{10}:f>\.$/); // in each reader's own time zone
    expect(setup.bot.log.map(({ msg }) => msg)).not.toContain('guild-removed'); // which erases
    const left = setup.bot.log.filter(({ msg }) => msg === 'server-left');
    expect(left.map(({ guildId }) => guildId)).toEqual([barred.id]);
  },
);
