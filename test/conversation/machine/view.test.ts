import { expect, test } from 'vitest';
import { conversationRules } from '#src/conversation/machine/rules.ts';
import type { ConversationState } from '#src/conversation/machine/state.ts';
import { step } from '#src/conversation/machine/step.ts';
import { type PanelAdditions, panelOf } from '#src/conversation/machine/view.ts';
import { began, person, room, roomWith, says } from './conversation-case.ts';

const names = { channel: 'Lounge', bot: 'Nova' };
const noParts: PanelAdditions = { lines: [], buttons: [] };

function panel(state: ConversationState, parts = noParts) {
  return panelOf(state, 1_000, names, parts, conversationRules);
}

function headline(state: ConversationState): string {
  return panel(state).headline.id;
}

function after(state: ConversationState, events: ReturnType<typeof says>): ConversationState {
  return events.reduce((one, event) => step(one, event, conversationRules).state, state);
}

const undecided: ConversationState = {
  ...room('ana'),
  people: [person('ana'), person('ben')],
};

test('the first line of the panel follows from the state', () => {
  const several = room('ana', 'ben');
  const { consent, link } = several;
  expect(headline(room('ana'))).toBe('join.ok');
  expect(headline(several)).toBe('join.ok.several');
  expect(headline(undecided)).toBe('join.ok.ask');
  expect(headline(roomWith(several, { mode: 'captions' }))).toBe('panel.captions_only');
  expect(headline({ ...several, consent: { ...consent, isPaused: true } })).toBe('panel.paused');
  expect(headline({ ...several, link: { ...link, isUp: false } })).toBe('panel.reconnecting');
  expect(headline({ ...several, isOver: true })).toBe('leave.nowhere');
});

test('other bots are no company', () => {
  const state = { ...room('ana'), people: [person('ana'), person('dj', { isBot: true })] };
  expect(headline(state)).toBe('join.ok');
});

test('buttons of consent stand there only for people who have not decided', () => {
  expect(panel(room('ana', 'ben')).buttons).toEqual(['ask', 'stop', 'more']);
  expect(panel(undecided).buttons).toEqual([
    'ask',
    'stop',
    'more',
    'consent.always',
    'consent.never',
  ]);
});

test('seven buttons stand there at most, the others behind More', () => {
  const parts = { lines: [], buttons: ['play', 'skip', 'mute', 'fade', 'loop'] };
  expect(panel(undecided, parts).buttons).toHaveLength(7);
  expect(panel(undecided, parts).menu).toEqual(['privacy', 'pause', 'mute', 'fade', 'loop']);
  expect(panel(room('ana'), parts).buttons).toHaveLength(7);
  expect(panel(room('ana'), parts).menu).toEqual(['privacy', 'pause', 'loop']);
});

test('a pause of hearing offers to hear again', () => {
  const state = room('ana', 'ben');
  const { buttons, menu } = panel({ ...state, consent: { ...state.consent, isPaused: true } });
  expect(buttons).toEqual(['resume', 'stop', 'more']);
  expect(menu).not.toContain('pause');
});

test('the panel tells who talks, what is understood and who comes next', () => {
  const talking = after(room('ana', 'ben'), [began(1, 'ana', 0)]);
  expect(panel(talking).lines).toContainEqual({ id: 'panel.hearing', with: { name: 'Ana' } });
  const asked = after(room('ana', 'ben'), [
    ...says(1, 'ana', 0, 'Nova, the bridge?'),
    ...says(2, 'ben', 100, 'Nova, two?'),
  ]);
  const { lines } = panel(asked);
  expect(lines).toContainEqual({ id: 'panel.thinking' });
  expect(lines).toContainEqual({
    id: 'panel.heard',
    with: { name: 'Ana', words: 'Nova, the bridge?' },
  });
  expect(lines).toContainEqual({ id: 'panel.next', with: { name: 'Ben' } });
});

test('a tool that runs is named in place of the wait', () => {
  const asked = after(room('ana'), says(1, 'ana', 0, 'the bridge?'));
  const step = 'slow.voice' as const;
  expect(panel(asked, { ...noParts, step }).lines).toContainEqual({ id: step });
});

test('a person who speaks without the name is told of it once', () => {
  const first = after(room('ana', 'ben'), says(1, 'ana', 0, 'the bridge?'));
  const told = { id: 'panel.unnamed', with: { name: 'Ana', bot: 'Nova' } };
  expect(panel(first).lines).toContainEqual(told);
  const second = after(first, says(2, 'ana', 20_000, 'and long?'));
  expect(panel(second).lines).not.toContainEqual(told);
});
