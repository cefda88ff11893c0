import { expect, test, vi } from 'vitest';
import { ToolCalls } from '#src/chat/completions/tool-calls.ts';
import { fc } from '#test/properties.ts';

function collected(...deltas: unknown[]) {
  const calls = new ToolCalls();
  for (const delta of deltas) calls.add(delta);
  return calls.collected();
}

const weather = { id: 'a', name: 'weather', argumentsJson: '{"in":"Oslo"}' };
const clock = { id: 'b', name: 'clock', argumentsJson: '{}' };

test('a call is put together from its crumbs', () => {
  const crumbs = [
    [{ index: 0, id: 'a', type: 'function', function: { name: 'weather', arguments: '' } }],
    [{ index: 0, function: { arguments: '{"in":' } }],
    [{ index: 0, id: '', function: { name: '', arguments: '"Oslo"}' } }],
    [{ index: 1, id: 'b', function: { name: 'clock', arguments: '' } }],
  ];
  expect(collected(...crumbs)).toEqual([weather, clock]);
});

test('whole calls without an index are told apart by their id', () => {
  expect(
    collected([
      { id: 'a', function: { name: 'weather', arguments: '{"in":"Oslo"}' } },
      { id: 'b', function: { name: 'clock', arguments: '{}' } },
    ]),
  ).toEqual([weather, clock]);
});

test('two calls at the same index are two calls', () => {
  expect(
    collected(
      [{ index: 0, id: 'a', function: { name: 'weather', arguments: '{"in":"Oslo"}' } }],
      [{ index: 0, id: 'b', function: { name: 'clock', arguments: '{}' } }],
    ),
  ).toEqual([weather, clock]);
});

test('calls without any id get one each', () => {
  const call = { function: { name: 'clock', arguments: {} } };
  expect(collected([call], [call]).map(({ id }) => id)).toEqual(['call_0', 'call_1']);
});

test('what is not a tool call is ignored', () => {
  fc.assert(
    fc.property(fc.array(fc.anything()), (deltas) => {
      for (const call of collected(...deltas)) expect(call.name).not.toBe('');
    }),
  );
});

test('arguments arrive whole, however they were cut', () => {
  const whole = '{"in":"Oslo","days":[1,2]}';
  fc.assert(
    fc.property(fc.array(fc.nat(whole.length)), (places) => {
      const cuts = [0, ...places.toSorted((a, b) => a - b), whole.length];
      const crumbs = cuts
        .slice(1)
        .map((to, at) => [{ index: 3, function: { arguments: whole.slice(cuts[at], to) } }]);
      const head = [{ index: 3, id: 'x', function: { name: 'weather' } }];
      expect(collected(head, ...crumbs)[0]?.argumentsJson).toBe(whole);
    }),
  );
});

test('a call in any number of named pieces is looked through a bounded number of times', () => {
  const parsed = vi.spyOn(JSON, 'parse');
  const pieces = Array.from({ length: 3_000 }, () => [
    { index: 0, function: { name: 'weather', arguments: `${'5,'.repeat(500)}` } },
  ]);
  const [call] = collected(...pieces);
  const chars = parsed.mock.calls.reduce((sum, [text]) => sum + text.length, 0);
  parsed.mockRestore();
  expect(chars).toBeLessThan(2 ** 23);
  expect(call?.argumentsJson.length).toBeLessThan(2 ** 19);
});
