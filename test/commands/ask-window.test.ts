import { expect, test } from 'vitest';
import { openAskWindow } from '#commands/ask-window.ts';
import { buttons } from '#commands/buttons.ts';
import { text } from '#src/texts/texts.ts';
import { adam, inLounge, ports } from './ports.ts';

test('whoever presses Ask is told in private for how long no name is needed', async () => {
  const asked: unknown[] = [];
  const talk = ports({
    openAskWindow: (...who) => {
      asked.push(who);
      return 'open';
    },
  });
  const [reply] = await openAskWindow(inLounge, talk);
  expect(reply.to).toBe('caller');
  expect(text(reply.id, reply.with)).toBe('Go ahead, Adam. For 15 s I need no name.');
  expect(text(reply.id, reply.with, 'de')).toMatch(/^Sprich nur, Adam\. 15 s lang/);
  expect(asked).toEqual([['g', 'adam']]);
});

test('whoever has not agreed to be heard is asked for that first', async () => {
  const [reply] = await openAskWindow(inLounge, ports({ openAskWindow: () => 'unheard' }));
  expect(reply).toEqual({
    id: 'ask.unheard',
    to: 'caller',
    buttons: ['consent.always', 'consent.never'],
  });
});

test('while listening is paused Ask tells how to resume it', async () => {
  const [reply] = await openAskWindow(inLounge, ports({ openAskWindow: () => 'paused' }));
  expect(reply).toEqual({ id: 'privacy.paused', to: 'caller', buttons: ['resume'] });
});

test('Ask is for those in the channel', async () => {
  expect((await openAskWindow(adam, ports()))[0]).toMatchObject({ id: 'perm.room', to: 'caller' });
  for (const over of [{ at: () => undefined }, { openAskWindow: () => 'nowhere' as const }]) {
    expect((await openAskWindow(inLounge, ports(over)))[0].id).toBe('leave.nowhere');
  }
});

test('the Ask button outlives its process under the name ask', () => {
  expect(buttons.find(({ name }) => name === 'ask')).toMatchObject({ label: 'button.ask' });
});
