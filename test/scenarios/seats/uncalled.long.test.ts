import { expect } from 'vitest';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { commandReply } from '#test/scenarios/setup/asking.ts';
import { come, question, replies, setAutoJoin } from '#test/scenarios/setup/auto-join.ts';
import {
  converse,
  openScenario,
  type ScenarioSetup,
  scenario,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

/** The bot comes into the Lounge to Adam, who had agreed before. */
async function comeUncalled(setup: ScenarioSetup) {
  const guild = setup.sandbox.guild();
  const adam = guild.person('Adam');
  await commandReply(adam, 'privacy allow');
  await setAutoJoin(guild, 'Lounge');
  await adam.join('Lounge', soon());
  await come(setup, adam, 'Lounge');
  return { guild, adam };
}

/** The bot, which was sent away from Adam, does not come for Ben, and comes for Adam once both have left. */
async function expectAwayUntilEmpty(setup: ScenarioSetup, adam: SandboxPerson): Promise<void> {
  const ben = setup.sandbox.guild().person('Ben');
  const joins = () => setup.bot.log.filter(({ msg }) => msg === 'joined').length;
  const before = joins();
  await ben.join('Lounge', soon());
  await commandReply(ben, 'privacy status'); // by then the coming of Ben was looked at
  expect([setup.sandbox.bot().channel, joins()]).toEqual([undefined, before]);
  await Promise.all([adam.leave(), ben.leave()]);
  await adam.join('Lounge', soon());
  await come(setup, adam, 'Lounge');
}

scenario('after a kick it does not come back before the channel was empty', async () => {
  await using setup = await openScenario({ providers: { replies } });
  const { guild, adam } = await comeUncalled(setup);
  // Before that a kick ends the attempt to join, which is logged otherwise.
  await setup.bot.logged(({ msg }) => msg === 'joined', 20_000);
  guild.disconnectBot();
  await setup.bot.logged(({ msg }) => msg === 'left', 20_000);
  await expectAwayUntilEmpty(setup, adam);
  await converse(setup, adam, question);
});
