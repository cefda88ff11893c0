import { expect } from 'vitest';
import type { ShownMessage } from '#sandbox/interactions/interaction.ts';
import { text } from '#src/texts/texts.ts';
import { speech } from '#test/audio/speech.ts';
import { commandReply, whispered } from '#test/scenarios/setup/asking.ts';
import {
  converse,
  eventually,
  openScenario,
  type ScenarioSetup,
  scenario,
  seat,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

const question = speech('human-cards-004');
const channel = 'Lounge';

/** Only the caller reads why, and the bot has gone nowhere. */
function expectNotJoined(
  setup: ScenarioSetup,
  answer: ShownMessage,
  line: ReturnType<typeof whispered>,
): void {
  expect(answer).toMatchObject(line);
  expect(setup.sandbox.bot().channel).toBeUndefined();
}

scenario('what the bot may not do in a channel is named with its fix before it joins', async () => {
  await using setup = await openScenario();
  const guild = setup.sandbox.guild();
  const adam = guild.person('Adam');
  await adam.join(channel, soon());
  const barred = async (right: 'viewChannel' | 'connect' | 'speak') => {
    guild.permit(channel, 'Nova', { deny: [right] });
    return await commandReply(adam, 'join');
  };
  const rows = [
    ['viewChannel', 'View Channel'],
    ['connect', 'Connect'],
    ['speak', 'Speak'],
  ] as const;
  for (const [right, permission] of rows) {
    expectNotJoined(
      setup,
      await barred(right),
      whispered('join.no_right', { channel, permission }),
    );
  }
  guild.permit(channel, 'Nova', {});
  guild.timeOut('Nova', 60_000);
  const timedOut = await commandReply(adam, 'join');
  expect(timedOut.ephemeral).toBe(true);
  expect(timedOut.text).toMatch(/^I'm timed out until \d{4}-\d\d-\d\d \d\d:\d\d UTC\.$/);
  guild.timeOut('Nova', 0);
  guild.permit('Workshop', '@everyone', { deny: ['connect'] });
  const forbidden = whispered('join.forbidden', { channel: 'Workshop' });
  expectNotJoined(setup, await commandReply(adam, 'join', { channel: 'Workshop' }), forbidden);
  expect((await commandReply(adam, 'join')).text).toContain(text('join.ok', { channel }));
});

scenario(
  'in a stage the bot sits in the audience, asks to speak, and is heard once invited',
  async () => {
    const replies = [{ match: /^/, text: 'Yes.' }];
    const guild = { stageChannels: ['Arena'] };
    await using setup = await openScenario({ providers: { replies }, guild });
    const { person, suppress, bot } = setup.sandbox.guild();
    const adam = person('Adam');
    await adam.join('Arena', soon());
    suppress('Adam', false);
    const joined = await commandReply(adam, 'join');
    expect(joined.ephemeral).toBe(false);
    expect(joined.text).toContain(text('muted.server'));
    await eventually(() => expect(bot()).toMatchObject({ suppressed: true, handRaised: true }));
    suppress('Nova', false);
    await adam.settled(soon());
    await converse(setup, adam, question);
  },
);

scenario('what Discord refuses a voice link for is told, and when it is tried again', async () => {
  await using setup = await openScenario();
  const { faults } = setup.sandbox;
  const adam = await seat(setup, 'Adam');
  // A second call comes after a pause, so that its answer may follow a "thinking".
  const called = async () => {
    const asked = adam.command('join');
    return await Promise.any([asked.answered(soon()), asked.followed(soon())]);
  };
  const refused = async (closeCode: number) => {
    faults.voice.closeAt(setup.sandbox.botId, 'identify', closeCode);
    return await called();
  };
  expect(await refused(4016)).toMatchObject(whispered('join.no_voice'));
  expect(await refused(4017)).toMatchObject(whispered('join.no_voice'));
  expect(await refused(4021)).toMatchObject(whispered('join.timeout', { s: 60 }));
  faults.heal();
  const { text: again } = await called();
  expect(again).toMatch(
    /^Discord doesn't connect me\. If I'm not there in (5\d|60) s, run \/join again\.$/,
  );
  expect(setup.sandbox.bot().channel).toBeUndefined();
});
