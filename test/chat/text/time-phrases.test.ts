import { parseTimePhrase } from '#src/chat/text/time-phrases.ts';

/** A Friday, 17:25 in Berlin. */
const nowWallMs = Date.UTC(2026, 10, 20, 16, 25);
const berlin = { nowWallMs, timeZone: 'Europe/Berlin' };

function formatShown(phrase: string, context = berlin) {
  const wallMs = parseTimePhrase(phrase, context);
  if (wallMs === undefined) return 'none';
  const at = new Intl.DateTimeFormat('sv-SE', {
    timeZone: context.timeZone,
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  const [, month, rest = ''] = /^\d+-0?(\d+)-(.*)$/.exec(at.format(wallMs)) ?? [];
  return `${month}-${rest.replace(/:00$/, '')}`;
}

test.each([
  ['in ten minutes', 10],
  ['for an hour and a half', 90],
  ['twenty-five minutes from now', 25],
  ['in 90 seconds', 1.5],
])('"%s" is that long from now, to the millisecond', (phrase, minutes) => {
  const wallMs = nowWallMs + 123 + minutes * 60_000;
  const context = { ...berlin, nowWallMs: nowWallMs + 123 };
  expect(parseTimePhrase(phrase, context)).toBe(wallMs);
});

test.each([
  ['at half past six', '11-20 18:30'],
  ['at half past twelve', '11-21 00:30'],
  ['a quarter past five', '11-21 05:15'],
  ["five o'clock", '11-21 05:00'],
  ['at 9 p.m.', '11-20 21:00'],
  ['noon', '11-21 12:00'],
  ['midnight', '11-21 00:00'],
  ['tomorrow', '11-21 09:00'],
  ['tomorrow at 9 pm', '11-21 21:00'],
  ['on Monday', '11-23 09:00'],
  ['on friday at 18:30', '11-20 18:30'],
  ['friday at 09:00', '11-27 09:00'],
  ['2026-12-24T18:30', '12-24 18:30'],
  ['2026-12-24T18:30:00Z', '12-24 19:30'],
  ['in two days', '11-22 17:25'],
])('"%s" is %s for whoever says it on a Friday at 17:25', (phrase, time) =>
  expect(formatShown(phrase)).toBe(time),
);

test.each([
  'soon',
  'when the cake is done',
  'at 25:00',
  'tomorrow today',
  '2026-13-01',
  '',
  '99999999999999999999 weeks',
  '2026-11-20T17:25',
  'today at 9 am',
  'in 0 minutes',
])('"%s" is no time ahead', (phrase) =>
  expect(parseTimePhrase(phrase, berlin)).toBeUndefined(),
);

test('a day keeps its time of day where clocks are put forward, and an hour its length', () => {
  const eve = { nowWallMs: Date.UTC(2026, 2, 28, 17), timeZone: 'Europe/Berlin' }; // 18:00
  expect(formatShown('in one day', eve)).toBe('3-29 18:00');
  expect(formatShown('in 24 hours', eve)).toBe('3-29 19:00');
  expect(formatShown('tomorrow at 2:30 am', eve)).toBe('3-29 03:30');
});
