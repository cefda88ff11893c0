import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { promptLines, type Suggestions } from '#src/console/prompt/prompt.ts';
import { Screen } from '#src/console/screen.ts';

/** A terminal of 80 columns with somebody before it. */
function openTerminal(suggest: (line: string) => Promise<Suggestions> = async () => nothing) {
  const input = new PassThrough();
  const output = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 });
  const screen = new Screen(output);
  const leave = new AbortController();
  const lines = promptLines({ input, output, screen, suggest }, leave.signal);
  const shown = () => `${output.read() ?? ''}`;
  return { input, screen, leave, lines, shown };
}

const nothing: Suggestions = { typed: '', words: [] };

test('typed lines are handed over until Ctrl+D', async () => {
  const { input, lines } = openTerminal();
  input.write('hello\nbob: hi\n');
  expect((await lines.next()).value).toBe('hello');
  expect((await lines.next()).value).toBe('bob: hi');
  input.write('\u0004');
  expect((await lines.next()).done).toBe(true);
});

test('Ctrl+C ends the lines instead of the process', async () => {
  const { input, lines } = openTerminal();
  const next = lines.next();
  input.write('half a li\u0003');
  expect((await next).done).toBe(true);
});

test('a signal ends the lines and gives the terminal back', async () => {
  const { leave, lines, screen, shown } = openTerminal();
  const next = lines.next();
  leave.abort();
  expect((await next).done).toBe(true);
  shown();
  screen.write('bye\n');
  expect(shown()).toBe('bye\n');
});

test('what is printed stands above what is being typed', async () => {
  const { input, lines, screen, shown } = openTerminal();
  const next = lines.next();
  input.write('hel');
  await expect.poll(shown).toContain('hel');
  screen.write('  Nova   Yes.\n');
  const redrawn = shown();
  expect(redrawn).toContain('  Nova   Yes.\n');
  expect(redrawn.slice(redrawn.indexOf('Yes.'))).toContain('> hel');
  input.write('lo\n');
  expect((await next).value).toBe('hello');
});

test('what is printed above a prompt of two rows goes over both, and leaves space for both', async () => {
  const { input, lines, screen, shown } = openTerminal();
  const next = lines.next();
  const long = 'a'.repeat(100);
  input.write(long);
  await expect.poll(shown).toContain('a');
  input.write('\u001b[D');
  await new Promise((resolve) => setImmediate(resolve));
  shown();
  screen.write('  Nova   Yes.\n');
  const redrawn = shown();
  expect(redrawn.startsWith('\u001b[1A')).toBe(true);
  expect(redrawn).toContain('  Nova   Yes.\n\n');
  expect(redrawn.slice(redrawn.indexOf('Yes.'))).toContain(`> ${'a'.repeat(70)}`);
  input.write('b\n');
  expect((await next).value).toBe(`${long.slice(1)}ba`);
});

test('Tab goes on with what is suggested, and a failing suggestion does nothing', async () => {
  const asked: string[] = [];
  const { input, lines } = openTerminal(async (line) => {
    asked.push(line);
    if (line.startsWith('/x')) throw new Error('no');
    return { typed: '/jo', words: ['/join '] };
  });
  const next = lines.next();
  input.write('/jo\t');
  await expect.poll(() => asked).toEqual(['/jo']);
  input.write('\n');
  expect((await next).value).toBe('/join ');
  const other = lines.next();
  input.write('/x\t');
  await expect.poll(() => asked).toContain('/x');
  input.write('\n');
  expect((await other).value).toBe('/x');
});
