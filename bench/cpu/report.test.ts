import { expect, test } from 'vitest';
import { botReading, cpuReading, people } from './readings-fake.ts';
import { cpuReport } from './report.ts';

/** Cells of one line, by the head of its column. */
function line(report: string, n: number): Record<string, string> {
  const [head = '', ...lines] = report.split('\n');
  const starts = [...head.matchAll(/(?<=^| {2})\S+(?: \S+)*/g)];
  const text = lines[n] ?? '';
  const cells = starts.map(({ 0: name, index }, column) => {
    return [name, text.slice(index, starts[column + 1]?.index).trim()];
  });
  return { ...Object.fromEntries(cells), name: text.slice(0, starts[0]?.index).trim() };
}

test('each row is a multiple of the bare loop with the same packets', () => {
  const report = cpuReport([cpuReading({ bots: [botReading({ cpu: 4, minutes: 0.5 })] })]);
  expect(line(report, 0)).toMatchObject({ 'CPU s/min': '4.00', bare: '60', 'times bare': '2.0' });
});

test('a turn costs its share of all CPU time', () => {
  const asked = people({ asked: 4 });
  const report = cpuReport([cpuReading({ bots: [botReading({ minutes: 0.5, people: asked })] })]);
  expect(line(report, 0)).toMatchObject({ 'a turn': '0.50', 'turns/min': '8.0' });
});

test('a further channel costs what it adds to the step before, and the first what it adds to none', () => {
  const step = (channels: number, cpu: number) =>
    cpuReading({
      row: {
        name: `${channels}`,
        channels,
        ...(channels > 0 && { load: { do: 'converse', channels, quietMs: 400 } }),
      },
      bots: [botReading({ cpu })],
    });
  const silent = cpuReading({ row: { name: 'silent', channels: 1 } });
  const report = cpuReport([step(0, 0.5), silent, step(1, 4.5), step(4, 10.5)]);
  const each = [0, 1, 2, 3].map((n) => line(report, n)['each channel']);
  expect(each).toEqual(['', '', '4.00', '2.00']);
});

test('several bots stand below each other, each with its share of the first', () => {
  const bots = [botReading({ label: 'old', cpu: 4 }), botReading({ label: 'new', cpu: 3 })];
  const report = cpuReport([cpuReading({ bots })]);
  expect(line(report, 0)).toMatchObject({ name: 'talk', bot: 'old', 'of first': '' });
  expect(line(report, 1)).toMatchObject({ name: '', bot: 'new', 'of first': '0.75' });
});

test('a disturbed reading is shown, and says so', () => {
  const report = cpuReport([cpuReading({ machine: { others: 30, stolen: 0 } })]);
  expect(report).toContain('4.00');
  expect(report).toContain('DISTURBED: other programs took 30.0 s/min of processor');
});
