import { Writable } from 'node:stream';
import OpenAI from 'openai';
import { APIError } from 'openai/core/error';
import { BotError } from '#src/base/errors.ts';
import { type GuildId, toGuildId } from '#src/base/ids.ts';
import type * as gate from '#src/base/logged-text.ts';
import { type Log, logSession, openLog } from '#src/ops/log.ts';
import { type SessionEvent, toFailureEvent } from '#src/ports/session-events.ts';
import { describeError } from '#src/provider/models/describe-error.ts';

const utterance = 'the quagga is sold to Eva on Friday';

function listLines(error: unknown) {
  let lines = '';
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines += chunk;
      done();
    },
  });
  const log = openLog('trace', [], sink);
  logSession(log, toGuildId('1'), toFailureEvent(error, 'think'));
  return lines;
}

const spellings = [
  utterance,
  'Flagged: "quagga".',
  'Flagged: QUAGGA',
  'Flagged: q-u-a-g-g-a',
  'Flagged: qua gga',
  'Flagged: uagga',
  'Flagged: aggauq',
  'Flagged: qu4gg4',
  'Flagged: quágga',
  String.raw`Flagged: \u0071uagga`,
  'Flagged: %71uagga',
  'Flagged: &#113;uagga',
  `Flagged: ${Buffer.from('the quagga').toString('base64')}`,
  `Flagged: ${Buffer.from('the quagga').toString('hex')}`,
];

test.each([400, 401, 402, 403, 404, 409, 413, 422, 429, 500, 502])(
  'status %i puts no word of people into the log, however its server spells it',
  (status) => {
    const client = new OpenAI({ baseURL: 'http://127.0.0.1/v1', apiKey: 'sk-1' });
    for (const message of spellings)
      for (const body of [
        { message },
        { message: 'No.', type: message, code: message },
      ]) {
        const thrown = APIError.generate(
          status,
          { error: body },
          undefined,
          new Headers(),
        );
        const lines = listLines(describeError(thrown, client, `Adam ${utterance}`));
        const text = message.replace('Flagged: ', '').replaceAll('"', '').slice(0, 6);
        expect(lines.toLowerCase(), message).not.toContain(text.toLowerCase());
        expect(lines).toContain('provider.');
      }
  },
);

test('a library’s message, a path and a host of people stay out of the log', () => {
  const foreign = Object.assign(new Error('MCP error: quagga'), {
    stack: 'Error\n    at f (/srv/parley/node_modules/sdk/index.js:1:1)',
  });
  const missing = Object.assign(new Error("ENOENT: no such file, open '/quagga.mp3'"), {
    code: 'ENOENT',
    syscall: 'open',
  });
  const unknown = Object.assign(new Error('getaddrinfo ENOTFOUND quagga.example'), {
    code: 'ENOTFOUND',
    syscall: 'getaddrinfo',
  });
  const zone = thrownBy(() => new Intl.DateTimeFormat('en', { timeZone: 'quagga' }));
  for (const cause of [foreign, missing, unknown, zone]) {
    const error = new BotError('tool.refused', false, 'It failed.', cause);
    expect(listLines(error)).not.toContain('quagga');
  }
});

function thrownBy(work: () => unknown) {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}

declare const writeSentence: typeof gate.writeSentence;
declare const channelName: string;
declare const guildId: GuildId;

/** Never called: the compiler alone reads it. */
function logWords(log: Log, report: (event: SessionEvent) => void): void {
  log.info({ guildId, tries: 2, isLate: true, finish: 'failed' as const }, 'a literal');
  log.info(writeSentence`In ${guildId} it took ${3} ms.`);
  // @ts-expect-error: A name of people as a field.
  log.info({ guildId, channel: channelName }, 'joined');
  // @ts-expect-error: A name of people as a field of a field.
  log.info({ guildId, channel: { name: channelName } }, 'joined');
  // @ts-expect-error: A name of people inside a sentence.
  log.info({ guildId }, `joined ${channelName}`);
  // @ts-expect-error: A plain string as a sentence.
  log.warn(channelName);
  // @ts-expect-error: A plain string in a written sentence.
  log.warn(writeSentence`joined ${channelName}`);
  const failed = { kind: 'failed', stage: 'think', code: 'provider.late' } as const;
  // @ts-expect-error: A sentence of a server that nobody compared.
  report({ ...failed, message: channelName });
  // @ts-expect-error: The cause of an alert reaches the log and the operator.
  report({ kind: 'alert', name: 'link-down', state: 'raised', cause: channelName });
}

test('the doors of the log take no plain string', () => {
  expect(logWords).toBeInstanceOf(Function);
});

test('an error of a library is logged by its class and code, and a bug without its words', () => {
  const bug = Object.assign(new TypeError('the quagga is sold'), {
    code: 'quagga',
    stack: 'Error\n    at f (/srv/parley/node_modules/sdk/index.js:1:1)',
  });
  const lines = listLines(bug);
  expect(lines).not.toContain('quagga');
  expect(JSON.parse(lines)).toMatchObject({ code: 'bug', msg: 'TypeError' });
});
