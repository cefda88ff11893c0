import { expect } from 'vitest';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import { storePath } from '#src/storage/store.ts';
import { text } from '#src/texts/texts.ts';
import { speech } from '#test/audio/speech.ts';
import { sets } from '#test/fakes/providers/sets-reminders.ts';
import { wordsFor } from '#test/scenarios/setup/numbered-utterances.ts';
import {
  converse,
  eventually,
  madeTexts,
  openScenario,
  returned,
  type ScenarioSetup,
  scenario,
  seat,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

const question = speech('human-cards-004');
const dayMs = 86_400_000;

const said = (setup: ScenarioSetup) => madeTexts(setup).join(' ');
const pinged = ({ sandbox }: ScenarioSetup) =>
  sandbox.messages('Lounge').filter(({ pings }) => pings.length > 0);
const isReported = (setup: ScenarioSetup, times: number) =>
  expect(setup.bot.log.filter(({ msg }) => msg === 'reminder')).toHaveLength(times);

/** Sets the due time of this server's reminder to a day ago. */
function age({ dataDir, sandbox }: ScenarioSetup): void {
  using sqlite = new DatabaseSync(storePath(dataDir));
  const sql = 'UPDATE reminders SET due_at_wall_ms = ? WHERE guild_id = ?';
  expect(sqlite.prepare(sql).run(Date.now() - dayMs, sandbox.guildId).changes).toBe(1);
}

scenario(
  'an end takes the words off the panel, and what was due while the bot was away is told as late after its start, once',
  async () => {
    await using setup = await openScenario({
      providers: { replies: sets('in 1 hour', 'call my mother') },
    });
    const adam = await seat(setup, 'Adam');
    const { id } = await adam.command('join', {}, 'Lounge').answered(soon());
    await adam.settled(soon());
    const panel = () => setup.sandbox.message(id)?.text;
    const understood = text('panel.heard', { name: 'Adam', words: wordsFor(1) });
    await converse(setup, adam, question);
    await eventually(() => expect(panel()).toContain(understood));
    expect(await setup.bot.stop()).toBe(0);
    expect(panel()).not.toContain(wordsFor(1));
    age(setup);
    await setup.restart();
    await returned(setup, adam);
    const sentence = /Your reminder for .*: call my mother/;
    const all = () =>
      [said(setup), ...pinged(setup).map(({ text }) => text)].filter((one) => sentence.test(one));
    await eventually(() => expect(all()).toHaveLength(1));
    await eventually(() => isReported(setup, 1));
    await setup.restart();
    await returned(setup, adam);
    await converse(setup, adam, question);
    expect(all()).toHaveLength(1);
    isReported(setup, 0);
  },
);
