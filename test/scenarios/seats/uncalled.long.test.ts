import { expect } from 'vitest';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { commandReply } from '#test/scenarios/setup/asking.ts';
import {
  another,
  come,
  question,
  replies,
  set,
  setAutoJoin,
  untilOn,
} from '#test/scenarios/setup/auto-join.ts';
import { linesIn, postedBy, Sayings, untilShown } from '#test/scenarios/setup/captioning.ts';
import {
  callIn,
  converse,
  eventually,
  openScenario,
  returned,
  type ScenarioSetup,
  scenario,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

scenario(
  'where auto_join writes captions, it comes to people who said yes, writes them alone, and answers nobody',
  async () => {
    const sayings = new Sayings(['Nova are you there', 'nobody may write this']);
    const providers = { ...sayings.providers, replies };
    await using setup = await openScenario({ providers });
    const guild = setup.sandbox.guild();
    const [adam, ben] = [guild.person('Adam'), guild.person('Ben')];
    await commandReply(adam, 'privacy allow');
    await set(guild, 'auto_join_mode', 'captions');
    await setAutoJoin(guild, 'Lounge');
    await ben.join('Lounge', soon());
    await adam.join('Lounge', soon());
    await come(setup, adam, 'Lounge');
    await untilOn(guild);
    await ben.say(sayings.sound('nobody may write this'), soon());
    await sayings.say(adam, 'Nova are you there');
    const written = ['**Adam** Nova are you there'];
    await eventually(() => expect(linesIn(setup)).toEqual(written));
    expect(setup.providers.requests.filter(({ endpoint }) => endpoint === 'chat')).toEqual([]);
    expect(postedBy(setup)).not.toContain('nobody may');
  },
);

scenario(
  'captions begin with each session where the server wants that, and end with /captions off until the next',
  async () => {
    const sayings = new Sayings(['first words', 'second words', 'third words']);
    await using setup = await openScenario({ providers: { ...sayings.providers, replies } });
    const guild = setup.sandbox.guild();
    await set(guild, 'captions', 'on');
    const adam = await callIn(setup, 'Adam');
    await untilOn(guild);
    await sayings.say(adam, 'first words');
    await untilShown(setup, '**Adam** first words');
    expect((await commandReply(adam, 'captions off')).text).toContain('off');
    await setup.restart();
    await returned(setup, adam);
    await sayings.say(adam, 'second words');
    await commandReply(adam, 'leave');
    await commandReply(adam, 'join');
    await adam.settled(soon());
    await untilOn(guild);
    await sayings.say(adam, 'third words');
    await untilShown(setup, '**Adam** third words');
    expect(linesIn(setup).join()).not.toContain('second');
  },
);

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

scenario('after /leave it does not come back before the channel was empty', async () => {
  await using setup = await openScenario({ providers: { replies } });
  const { adam } = await comeUncalled(setup);
  await commandReply(adam, 'leave');
  await eventually(() => expect(setup.sandbox.bot().channel).toBeUndefined());
  await expectAwayUntilEmpty(setup, adam);
});

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

scenario('who is followed is followed after a restart', async () => {
  await using setup = await openScenario({ providers: { replies } });
  const guild = setup.sandbox.guild();
  const adam = guild.person('Adam');
  await adam.join('Lounge', soon());
  await commandReply(adam, 'join', { follow: true });
  await adam.settled(soon());
  await setup.restart();
  await returned(setup, adam);
  await adam.join('Workshop', soon());
  await come(setup, adam, 'Workshop');
  await converse(setup, adam, question);
});

scenario(
  'people who come into two channels of auto_join at once have it in one of them',
  async () => {
    await using setup = await openScenario({ providers: { replies } });
    const guild = setup.sandbox.guild();
    const people = { Lounge: guild.person('Adam'), Workshop: guild.person('Ben') } as const;
    for (const person of Object.values(people)) await commandReply(person, 'privacy allow');
    await setAutoJoin(guild, 'Lounge', 'Workshop');
    await Promise.all([
      people.Lounge.join('Lounge', soon()),
      people.Workshop.join('Workshop', soon()),
    ]);
    await eventually(() => expect(setup.sandbox.bot().channel).toBeDefined());
    const first = setup.sandbox.bot().channel === 'Workshop' ? 'Workshop' : 'Lounge';
    const [here, other] =
      first === 'Lounge' ? (['Lounge', 'Workshop'] as const) : (['Workshop', 'Lounge'] as const);
    await people[here].settled(soon());
    await converse(setup, people[here], question);
    expect(setup.sandbox.bot().channel).toBe(here);
    await people[here].leave();
    await come(setup, people[other], other);
    await converse(setup, people[other], another);
  },
);
