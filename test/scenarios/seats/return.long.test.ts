import { expect } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { text } from '#src/texts/texts.ts';
import { speech } from '#test/audio/speech.ts';
import { commandReply } from '#test/scenarios/setup/asking.ts';
import {
  callIn,
  converse,
  eventually,
  hearing,
  openScenario,
  recognised,
  returned,
  type ScenarioSetup,
  scenario,
  seat,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

const question = speech('human-cards-004');
const another = speech('human-cards-003');
const story = [
  'Once upon a time there was a small house.',
  'It stood beside a river that ran down to the sea and its windows were blue.',
  'Nobody knew who had built it, and nobody asked, for it had always been there.',
];
const endless = { replies: [{ match: /^/, text: story.join(' ') }] };
const brief = { replies: [{ match: /^/, text: 'Yes.' }] };

/** Texts of the messages in the channel where the bot was called. */
function shown({ sandbox }: ScenarioSetup, channel = 'general'): readonly string[] {
  return sandbox.messages(channel).map((message) => message.text);
}

/** The newest message there: Ben's call moved the panel. */
function panel(setup: ScenarioSetup): string | undefined {
  return shown(setup).at(-1);
}

scenario(
  'a bot that is killed in the middle of an answer comes back by itself and hears who agreed for that session',
  async () => {
    await using setup = await openScenario({ providers: endless });
    const adam = await callIn(setup, 'Adam');
    const ben = await seat(setup, 'Ben');
    await commandReply(ben, 'join');
    const emil = await seat(setup, 'Emil');
    await adam.say(question, soon());
    await hearing(adam);
    await setup.bot.kill();
    setup.providers.set(brief);
    const startedAtMs = realClock.nowMs();
    await setup.restart();
    await returned(setup, adam, ben, emil);
    expect(realClock.nowMs() - startedAtMs).toBeLessThan(30_000);
    await eventually(() => expect(panel(setup)).toContain(text('seat.returned.anew')));
    expect(shown(setup)).toHaveLength(2); // of two calls
    const heardBefore = adam.heard.frames.filter(({ audible }) => audible).length;
    await emil.say(another, soon());
    expect(adam.heard.frames.filter(({ audible }) => audible)).toHaveLength(heardBefore);
    await converse(setup, ben, another);
    await converse(setup, adam, question);
    expect(recognised(setup)).toEqual(['Adam', 'Ben', 'Adam']);
    expect(shown(setup, 'Lounge')).toEqual([]);
  },
);

scenario(
  'a bot that is stopped in the middle of an answer ends with its clause, tells who waits, and is back after the next start',
  async () => {
    await using setup = await openScenario({ providers: endless });
    const adam = await callIn(setup, 'Adam');
    const ben = await seat(setup, 'Ben');
    await commandReply(ben, 'join');
    await ben.settled(soon());
    await adam.say(question, soon());
    await hearing(adam);
    void ben.command('ask', { question: 'And you?', answer: 'voice' });
    const next = text('panel.next', { name: 'Ben' });
    await eventually(() => expect(shown(setup).join()).toContain(next));
    const stoppedAtMs = realClock.nowMs();
    expect(await setup.bot.stop()).toBe(0);
    expect(realClock.nowMs() - stoppedAtMs).toBeLessThan(6_000);
    expect(setup.sandbox.bot().channel).toBeUndefined();
    expect(shown(setup, 'Lounge')).toEqual([text('seat.stopped')]);
    setup.providers.set(brief);
    await setup.restart();
    await returned(setup, adam);
    await converse(setup, adam, another);
    await eventually(() => expect(shown(setup).join()).toContain(text('seat.returned.anew')));
    await commandReply(adam, 'leave');
    await setup.restart();
    await eventually(() => expect(shown(setup)).toContain(text('leave.nowhere')));
    expect(setup.sandbox.bot().channel).toBeUndefined();
  },
);
