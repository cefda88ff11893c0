import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { flowLimits, messageLimits } from '#src/features/tools/mcp/message-limits.ts';
import { readServers } from '#src/features/tools/mcp/servers-file.ts';

const text = await readFile('docs/tools.md', 'utf8');

test('the file of servers in the document is one, with the rules that it shows', () => {
  const read = readServers(/```json\n([\s\S]*?)```/.exec(text)?.[1] ?? '', '/', (name) =>
    name === 'NOTES_TOKEN' ? 'n' : undefined,
  );
  const servers = read.kind === 'ok' ? read.servers : [];
  expect(servers.map(({ name }) => name)).toEqual(['weather', 'notes']);
  expect(servers[0]?.rulesFor('forecast')).toMatchObject({ who: 'anyone', effect: 'read' });
  expect(servers[1]?.rulesFor('search')).toMatchObject({ effect: 'read', deadlineMs: 60_000 });
  expect(servers[1]?.rulesFor('add')).toMatchObject({ effect: 'last' });
  expect(servers[1]?.rulesFor('delete_all')).toBeUndefined();
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
