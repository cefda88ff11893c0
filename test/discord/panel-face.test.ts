import { expect, test } from 'vitest';
import { drawPanel } from '#src/discord/panel-face.ts';
import type { PanelFace } from '#src/session/panel.ts';
import { locales, text } from '#src/texts/texts.ts';

const listening: PanelFace = { state: { kind: 'listening' }, people: [], engine: 'built-in' };

function linesOf(face: PanelFace, locale: (typeof locales)[number] = 'en'): readonly string[] {
  return drawPanel(undefined, face, { locale, botName: 'Nova', presses: new Map() }).content.split(
    '\n',
  );
}

test.each(locales)(
  'while the link is away the panel says that it is coming back (%s)',
  (locale) => {
    const face: PanelFace = { ...listening, state: { kind: 'reconnecting' } };
    expect(linesOf(face, locale)[0]).toBe(text('panel.reconnecting', {}, locale));
  },
);

test('whoever was just heard for the first time reads so under the state', () => {
  expect(linesOf({ ...listening, firstHeard: ['Ann'] })[1]).toBe('I hear you, Ann.');
  expect(linesOf({ ...listening, firstHeard: ['Ann', '*Bob*'] })[1]).toBe(
    'I hear you, Ann, \\*Bob\\*.',
  );
  expect(linesOf(listening)).toHaveLength(2);
});

test.each(locales)(
  'whoever pressed Ask reads under the state that they may go ahead (%s)',
  (locale) => {
    const name = { name: 'Ann' };
    const lines = linesOf({ ...listening, asked: ['Ann'], firstHeard: ['Ann'] }, locale);
    expect(lines.slice(0, 3)).toEqual([
      text('panel.listening', {}, locale),
      text('panel.asked', name, locale),
      text('join.first_heard', name, locale),
    ]);
  },
);

test.each(locales)('the panel names who is next, and who is not answered (%s)', (locale) => {
  const face: PanelFace = { ...listening, next: 'Ben', lost: ['Ann', 'Eva'] };
  expect(linesOf(face, locale).slice(1, 3)).toEqual([
    text('panel.next', { name: 'Ben' }, locale),
    text('panel.lost', { name: 'Ann, Eva' }, locale),
  ]);
});

test.each(locales)('while a tool runs the panel names the step (%s)', (locale) => {
  const face: PanelFace = { ...listening, state: { kind: 'step', step: 'tool.here' } };
  expect(linesOf(face, locale)[0]).toBe(text('tool.here', {}, locale));
});
