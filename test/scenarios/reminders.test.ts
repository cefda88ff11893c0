import { expect } from 'vitest';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import { storePath } from '#src/storage/store.ts';
import { speech } from '#test/audio/speech.ts';
import { sets } from '#test/fakes/providers/sets-reminders.ts';
import {
  callIn,
  converse,
  eventually,
  madeTexts,
  openScenario,
  returned,
  type ScenarioSetup,
  scenario,
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

scenario('what was due while the bot was away is told as late after its start, once', async () => {
  await using setup = await openScenario({
    providers: { replies: sets('in 1 hour', 'call my mother') },
  });
  const adam = await callIn(setup, 'Adam');
  await converse(setup, adam, question);
  await setup.bot.stop();
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
});
