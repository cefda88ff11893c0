import { expect } from 'vitest';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { text } from '#src/texts/texts.ts';
import { speech } from '#test/audio/speech.ts';
import { commandReply } from '#test/scenarios/setup/asking.ts';
import { confirm, show } from '#test/scenarios/setup/mcp-tools.ts';
import {
  callIn,
  converse,
  eventually,
  hearAnswer,
  madeTexts,
  openScenario,
  pass,
  scenario,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

const question = speech('human-cards-001');
const wishes = [
  ['play some rain', 'play_sound', { sound: 'rain' }],
  ['louder please', 'volume', { change: 20 }],
  ['captions off', 'captions', { on: false }],
  ['set a timer', 'set_reminder', { when: 'in ten minutes' }],
] as const;

scenario(
  'in company with captions on, sounds, volume, captions and timers need no press',
  async () => {
    let heard = 'Nova, who are you?';
    const replies = [
      { match: /"result"/, text: 'Done.' },
      ...wishes.toReversed().map(([match, name, given]) => ({
        match,
        call: { name, argumentsJson: JSON.stringify(given) },
      })),
    ];
    await using setup = await openScenario({ providers: { hears: () => heard, replies } });
    const adam = await callIn(setup, 'Adam');
    const ben = await callIn(setup, 'Ben');
    await commandReply(adam, 'captions on');
    await converse(setup, ben, question);
    const runs = () =>
      setup.bot.log.flatMap(({ msg, tool, how }) => (msg === 'tool' ? [`${tool}: ${how}`] : []));
    for (const [wish, name] of wishes) {
      heard = `Nova, ${wish}.`;
      await adam.say(question, soon());
      await eventually(() => expect(runs()).toContain(`${name}: ran`));
      await pass(3_000);
    }
    expect(runs().filter((one) => !one.endsWith(': ran'))).toEqual([]);
    const prompts = setup.providers.requests.filter(({ endpoint }) => endpoint === 'chat');
    expect(JSON.stringify(prompts.at(-1)?.body)).toContain('who are you');
    const shown = setup.sandbox.messages('Lounge').map(({ text }) => text);
    expect(shown.filter((text) => text.includes('press Show'))).toEqual([]);
  },
);

const dinner = 'Dinner is ready.';

/** The model was shown words of Ben, wants to post for Adam, and the bot has asked him aloud; both may be heard. */
async function askedAloud() {
  let heard = 'Nova, who are you?';
  const call = { name: 'post_text', argumentsJson: JSON.stringify({ text: dinner }) };
  const replies = [
    { match: 'has to press', text: 'It waits for you.' },
    { match: 'you know what to do', call },
  ];
  const setup = await openScenario({ providers: { hears: () => heard, replies } });
  const adam = await callIn(setup, 'Adam');
  const ben = await callIn(setup, 'Ben');
  await converse(setup, ben, question);
  heard = 'Nova, you know what to do.';
  const { firstPacketAtMs } = await adam.say(question, soon());
  const wanted = text('tool.spoken.ask', { name: 'Adam', call: `post text, text: ${dinner}` });
  await hearAnswer(adam, firstPacketAtMs);
  expect(madeTexts(setup).join(' ')).toContain(wanted);
  const { messages } = setup.sandbox;
  const find = (fits: (words: string) => boolean) =>
    messages('Lounge').filter((one) => fits(one.text));
  return {
    setup,
    adam,
    posted: () => find((words) => words === dinner).length,
    ran: () =>
      setup.bot.log.flatMap(({ msg, tool, how }) => (msg === 'tool' ? [`${tool}: ${how}`] : [])),
    /** One word of somebody's, heard as this. */
    async say(who: SandboxPerson, words: string): Promise<void> {
      heard = words;
      await who.say(word, soon());
    },
    ben,
  };
}

/** One word of a recording, as long as "yes, do it" takes. */
const { samples, ...rate } = speech('human-cards-004');
const word = { ...rate, samples: samples.slice(0, 0.74 * 16_000) };

scenario(
  'what waits for Confirm is asked aloud, and "yes, do it" of the person asked does it, once',
  async () => {
    const { setup, adam, posted, ran, say } = await askedAloud();
    await using _ = setup;
    expect(posted()).toBe(0);
    await say(adam, 'Yes, do it.');
    await eventually(() => expect(ran()).toEqual(['post_text: asked', 'post_text: spoken']));
    expect(posted()).toBe(1);
    expect((await show(setup, adam)).text).toBe(text('confirm.over'));
    await say(adam, 'Yes, do it.');
    await pass(3_000);
    expect([posted(), ran().length]).toEqual([1, 2]);
  },
);

scenario('"yes, do it" of somebody else does nothing, and the button still does it', async () => {
  const { setup, adam, ben, posted, ran, say } = await askedAloud();
  await using _ = setup;
  await say(ben, 'Yes, do it.');
  await pass(3_000);
  await say(adam, 'Yes, do it.'); // too late: the words of another person came first
  await pass(3_000);
  expect([posted(), ran()]).toEqual([0, ['post_text: asked']]);
  await confirm(setup, adam);
  await eventually(() => expect(ran()).toEqual(['post_text: asked', 'post_text: pressed']));
  expect(posted()).toBe(1);
});
