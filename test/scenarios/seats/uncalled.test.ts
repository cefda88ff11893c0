import { expect } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { text } from '#src/texts/texts.ts';
import { commandReply } from '#test/scenarios/setup/asking.ts';
import { another, come, question, replies, setAutoJoin } from '#test/scenarios/setup/auto-join.ts';
import {
  converse,
  eventually,
  openScenario,
  recognised,
  scenario,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

scenario(
  'the first person in a channel of auto_join is heard at once if they agreed earlier, and the panel asks the others',
  async () => {
    await using setup = await openScenario({ providers: { replies } });
    const guild = setup.sandbox.guild();
    const [adam, ben] = [guild.person('Adam'), guild.person('Ben')];
    await commandReply(adam, 'privacy allow');
    await setAutoJoin(guild, 'Lounge');
    const fromMs = realClock.nowMs();
    await adam.join('Lounge', soon());
    await come(setup, adam, 'Lounge');
    expect(realClock.nowMs() - fromMs).toBeLessThan(5_000);
    const head = text('join.uncalled', { channel: 'Lounge' });
    await eventually(() => expect(guild.messages('Lounge').at(-1)?.text).toContain(head));
    await converse(setup, adam, question);
    await ben.join('Lounge', soon());
    await ben.settled(soon());
    await ben.say(another, soon());
    await converse(setup, adam, question);
    expect(recognised(setup)).toEqual(['Adam']);
  },
);
