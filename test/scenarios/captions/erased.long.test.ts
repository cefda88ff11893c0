import { expect } from 'vitest';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import { transcriptsPath } from '#src/storage/transcripts/transcripts-path.ts';
import { commandReply, pressed } from '#test/scenarios/setup/asking.ts';
import { captioned, Sayings, untilShown } from '#test/scenarios/setup/captioning.ts';
import {
  eventually,
  openOwnScenario,
  type ScenarioSetup,
  scenario,
} from '#test/scenarios/setup/scenario-setup.ts';
import { filesWith } from '#test/storage/copied-stores.ts';

const [canary, other] = ['quagga at eight', 'bread and wine'] as const;

/** Ben said the canary and went away; Adam said something else, and stays. */
async function spoken(): Promise<{ readonly setup: ScenarioSetup; readonly ben: SandboxPerson }> {
  const sayings = new Sayings([canary, other]);
  const setup = await openOwnScenario({ providers: sayings.providers });
  const [adam, ben] = await captioned(setup, ['Ben']);
  if (!ben) throw new Error('Nobody came.');
  await sayings.say(ben, canary);
  await untilShown(setup, `**Ben** ${canary}`);
  await sayings.say(adam, other);
  await untilShown(setup, `**Adam** ${other}`);
  await eventually(() => {
    for (const word of ['quagga', other, ben.id])
      expect(filesWith(setup.dataDir, word)).not.toEqual([]);
  });
  await ben.leave();
  return { setup, ben };
}

/** No file in DATA_DIR holds a word of the canary; who said it stands in the row "forgotten" alone. What Adam said is still there. */
function expectErased({ dataDir }: ScenarioSetup, ben: SandboxPerson): void {
  expect(filesWith(dataDir, 'quagga')).toEqual([]);
  for (const path of filesWith(dataDir, ben.id)) expect(path).toMatch(/parley\.db/);
  expect(filesWith(dataDir, other)).not.toEqual([]);
}

scenario('not a word of who was forgotten is in any file, and their id in no log', async () => {
  const { setup, ben } = await spoken();
  await using _ = setup;
  await pressed(ben, await commandReply(ben, 'privacy forget'), 'forget.confirm');
  expectErased(setup, ben);
  await setup.restart();
  expectErased(setup, ben);
});

scenario('not a byte of what expired is in any file', async () => {
  const { setup } = await spoken();
  await using _ = setup;
  await setup.bot.stop();
  using sqlite = new DatabaseSync(transcriptsPath(setup.dataDir));
  sqlite.exec(`UPDATE sessions SET started_at_wall_ms = started_at_wall_ms - ${40 * 86_400_000}`);
  sqlite.close();
  expect(filesWith(setup.dataDir, 'quagga')).not.toEqual([]);
  await setup.restart();
  await eventually(() => expect(filesWith(setup.dataDir, 'quagga')).toEqual([]));
});

scenario(
  'what a bot had begun to erase when it was killed is in no file once the next one runs',
  async () => {
    const { setup, ben } = await spoken();
    await using _ = setup;
    const card = await commandReply(ben, 'privacy forget');
    const reader = new DatabaseSync(transcriptsPath(setup.dataDir), { readOnly: true });
    reader.exec('BEGIN; SELECT * FROM lines');
    const other = new DatabaseSync(transcriptsPath(setup.dataDir), { readOnly: true });
    ben.press(card, 'parley:forget.confirm');
    const lines = () => other.prepare('SELECT text FROM lines').all();
    await eventually(() => expect(JSON.stringify(lines())).not.toContain('quagga'));
    await setup.bot.kill();
    for (const one of [other, reader]) one.close();
    expect(filesWith(setup.dataDir, 'quagga')).not.toEqual([]);
    await setup.restart();
    await eventually(() => expectErased(setup, ben));
  },
);
