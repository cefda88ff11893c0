import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { openToolFiles } from '#src/features/tools/files/tool-files.ts';
import { flowLimits, messageLimits } from '#src/features/tools/mcp/message-limits.ts';
import { readServers } from '#src/features/tools/mcp/servers-file.ts';

const text = await readFile('docs/tools.md', 'utf8');

function block(language: string): string {
  const [, found = ''] = new RegExp(`\\n\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(text) ?? [];
  return found;
}

test('the file of servers in the document is one, with the rules that it shows', () => {
  const read = readServers(block('json'), '/', (name) =>
    name === 'NOTES_TOKEN' ? 'n' : undefined,
  );
  const servers = read.kind === 'ok' ? read.servers : [];
  expect(servers.map(({ name }) => name)).toEqual(['weather', 'notes']);
  expect(servers[0]?.rulesFor('forecast')).toMatchObject({ who: 'anyone', confirm: 'never' });
  expect(servers[1]?.rulesFor('search')).toMatchObject({ confirm: 'asked', deadlineMs: 60_000 });
  expect(servers[1]?.rulesFor('delete_all')).toBeUndefined();
});

test('the function in the document rolls dice', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-tools-'));
  await writeFile(join(folder, 'roll.ts'), block('ts'));
  const signal = new AbortController().signal;
  const options = { folder, taken: new Set<string>(), clock: realClock, report: () => undefined };
  const [roll] = await openToolFiles(options, signal);
  const { structured = '' } = (await roll?.run({ sides: 1 }, signal)) ?? {};
  expect(JSON.parse(structured)).toEqual({ rolled: 1 });
});

test('the limits in the document are those of the program', () => {
  const { windowBytes, windowLines, windowMs } = flowLimits;
  const [message, all] = [messageLimits.bytes / 2 ** 20, windowBytes / 2 ** 20];
  const lines = windowLines.toLocaleString('en');
  const sentence = `more than ${message} MiB, or more than ${lines} lines or ${all} MiB in ${windowMs / 1_000} s`;
  expect(text).toContain(sentence);
  const [elements, values] = [messageLimits.elements, messageLimits.values].map((most) =>
    most.toLocaleString('en'),
  );
  const shape = `JSON with more than ${values} values, ${elements} elements in one array or object, or ${messageLimits.depth} levels of nesting`;
  expect(text).toContain(shape);
});
