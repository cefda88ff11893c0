import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import type { BotError } from '#src/base/errors.ts';
import { hello, joinText, openChatServer } from './chat-server.ts';

const folder = new URL('../../fakes/dialects/recordings/', import.meta.url);
const readRecording = (file: string) => readFile(new URL(file, folder), 'utf8');
type Expected = {
  readonly words?: string;
  readonly call?: string;
  readonly code?: string;
};
const expected: Readonly<Record<string, Expected>> = parse(
  await readRecording('expected.yaml'),
);
const clock = {
  name: 'time',
  description: 'Tells it.',
  parameters: { type: 'object' },
};

/** Head and body; a recording without a head is an event stream. */
const form =
  /^(?:HTTP\/1\.1 (\d+).*\n(?:.*: .*\n)*?content-type: (.*)\n(?:.*: .*\n)*\n)?([\s\S]*)$/i;

test.each(Object.entries(expected))(
  '%s, as it was recorded, is understood',
  async (file, { words = '', call, code }) => {
    const [, status = '200', type = 'text/event-stream', body] =
      form.exec((await readRecording(file)).replaceAll('\r', '')) ?? [];
    await using server = await openChatServer([
      (response) =>
        void response.writeHead(Number(status), { 'content-type': type }).end(body),
    ]);
    const { parts, error } = await server.ask([hello], [clock]);
    const calls = parts.flatMap((part) => (part.kind === 'tool' ? part.call.name : []));
    expect([joinText(parts), calls[0], (error as BotError | undefined)?.code]).toEqual([
      words,
      call,
      code,
    ]);
  },
);
