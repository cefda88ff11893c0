import { PassThrough, Writable } from 'node:stream';
import { BotError } from '#src/base/errors.ts';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { Secret } from '#src/base/secret.ts';
import { reminderEndedEvent } from '#src/features/reminders/reminder-scheduler.ts';
import { type Log, logSession, openLog } from '#src/ops/log.ts';
import {
  type SessionEvent,
  toFailureEvent,
  toFeatureEvent,
} from '#src/ports/session-events.ts';
import { toLogged } from '#test/fakes/to-logged.ts';

/** Text that `write` leaves in a log that knows these secrets. */
function writeLog(write: (log: Log) => void, ...secrets: readonly Secret[]) {
  let out = '';
  const sink = new Writable({
    write(chunk, _encoding, done) {
      out += chunk;
      done();
    },
  });
  write(openLog('trace', secrets, sink));
  return out;
}

function logEvents(...events: SessionEvent[]) {
  return writeLog((log) => {
    for (const event of events) logSession(log, toGuildId('guild-1'), event);
  });
}

const instants = { heardAtMs: 1000, endedAtMs: 1300.4, firstSentAtMs: 1800 };
const answered: SessionEvent = {
  kind: 'answered',
  answerId: 1,
  speakerId: toPersonId('adam-1'),
  name: 'Adam',
  text: 'my secret answer',
  heardText: 'my secret',
  finish: 'completed',
  instants,
};

// Proves: The log holds no words by real
test('the log holds ids and numbers and never the words people or the bot said', () => {
  const out = logEvents(answered, {
    kind: 'recognised',
    speakerId: toPersonId('adam-1'),
    name: 'Adam',
    text: 'my secret',
  });
  expect(out).toContain('adam-1');
  expect(out).toContain('"firstSentMs":800');
  expect(out).not.toMatch(/secret|Adam/);
});

test('a key that a library wrote into an error never reaches the log', () => {
  const key = 'sk-"hush"-quite-secret';
  const cause = new Error(`Headers.append: ${key} is an invalid header value`);
  const err = new BotError('provider.refused', false, `Refused ${key}.`, cause);
  const out = writeLog(
    (log) => log.error({ err, key: new Secret(key) as never }, toLogged(key)),
    new Secret(key),
  );
  expect(out).not.toContain('hush');
  expect(JSON.parse(out)).toMatchObject({ msg: '[secret]', key: '[secret]' });
  expect(out).toContain('is an invalid header value');
});

test('of a library’s error only its message, code and stack are logged, never what it was asked to send', () => {
  const refusal = Object.assign(new Error('Invalid Form Body'), {
    name: 'DiscordAPIError[50035]',
    code: 50035,
    status: 400,
    url: 'https://discord.com/api/v10/webhooks/1/interaction-token/messages',
    requestBody: { json: { content: 'words somebody said' } },
    rawError: { message: 'words somebody said' },
  });
  const err = new BotError(
    'discord.unreachable',
    true,
    'Discord took no reply.',
    refusal,
  );
  const out = writeLog((log) => log.error({ err }, 'a command failed'));
  expect(out).not.toMatch(/words somebody|interaction-token/);
  expect(JSON.parse(out).err).toMatchObject({
    type: 'BotError',
    code: 'discord.unreachable',
    cause: { message: 'Invalid Form Body', code: 50035, status: 400 },
  });
});

test('of a failure the log holds the server, the stage, the code, and what caused it down to the network', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED 192.0.2.1:443'), {
    code: 'ECONNREFUSED',
    syscall: 'connect',
  });
  const cause = new TypeError('fetch failed', { cause: refused });
  const error = new BotError(
    'provider.unreachable',
    true,
    'Nobody answers there.',
    cause,
  );
  expect(JSON.parse(logEvents(toFailureEvent(error, 'think')))).toMatchObject({
    level: 50,
    guildId: 'guild-1',
    stage: 'think',
    code: 'provider.unreachable',
    msg: 'Nobody answers there.',
    err: {
      type: 'TypeError',
      message: 'fetch failed',
      cause: { code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 192.0.2.1:443' },
    },
  });
});

const utterance = 'my words and nobody else';
test.each([
  [
    'a server that refuses',
    Object.assign(new Error(`400 ${utterance}`), { status: 400 }),
  ],
  ['a parser', thrownBy(() => JSON.parse(`{"a": ${utterance}`))],
  [
    'a string that is no object',
    thrownBy(() => Object.assign(Object(utterance), 0).a.b),
  ],
  ['the operator in', thrownBy(() => Reflect.apply(inText, undefined, [utterance]))],
  ['a quotation', new Error(`No voice "${utterance}" there.`)],
  ['a stack of several lines', new Error(`failed '${utterance}\n    ${utterance}'`)],
  ['a code', Object.assign(new Error('failed'), { code: utterance })],
])('what people said and %s quotes is not logged', (_who, cause) => {
  const out = logEvents(
    toFailureEvent(new BotError('provider.refused', false, 'No.', cause), 'think'),
  );
  expect(out).toContain('"err":{"type":');
  expect(out).not.toContain('my words');
});

function inText(text: string) {
  return 'x' in Object.seal(text as unknown as object);
}

function thrownBy(work: () => unknown) {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

test('an error that causes itself is logged once, not for ever', () => {
  const err = new Error('round and round');
  err.cause = err;
  expect(
    writeLog((log) => log.error({ err }, 'failed')).match(/"message":"round/g),
  ).toHaveLength(5);
  expect(
    writeLog((log) => log.error({ err: 'words thrown as they are' }, 'failed')),
  ).not.toContain('words');
});

test('a log nobody reads holds nobody up: it drops lines, and says afterwards how many', () => {
  const out: string[] = [];
  let [isRead, goOn] = [false, () => {}];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      out.push(`${chunk}`);
      if (isRead) done();
      else goOn = done;
    },
  });
  const log = openLog('info', [], sink);
  for (let n = 0; n < 15; n++) log.info(toLogged('x'.repeat(100_000)));
  expect(sink.writableLength).toBeLessThan(1_200_000);
  isRead = true;
  goOn();
  log.info('read again');
  expect(out.map((line) => JSON.parse(line).msg).slice(-2)).toEqual([
    '5 lines of the log were dropped: its reader was too slow',
    'read again',
  ]);
});

test('an event of a feature is a line with the fields that its kind names, in their order, and numbers rounded', () => {
  const out = logEvents(
    toFeatureEvent(reminderEndedEvent, {
      personId: toPersonId('adam-1'),
      outcome: toLogged('said'),
      lateMs: 1.6,
    }),
  );
  expect(out.replace(/"time":"[^"]*",/g, '').trim()).toBe(
    '{"level":30,"kind":"reminder","personId":"adam-1","outcome":"said","lateMs":2,"guildId":"guild-1","msg":"reminder"}',
  );
});

test('on a terminal the log is written for people, and holds nothing that moves the cursor', () => {
  const screen = Object.assign(new PassThrough(), { isTTY: true });
  const log = openLog('info', [new Secret('very-secret')], screen);
  log.info(
    { bot: 'Nova', invite: 'https://discord.com/invite' },
    'ready: call it with /join',
  );
  log.info(
    { shard: 0, kind: 'link-opened', guildId: '15', tookMs: 122.257 },
    'link-opened',
  );
  log.warn(
    { shard: 0, err: new BotError('provider.late', true, 'Too slow.') },
    'it is late',
  );
  log.error('lost \u001b[2Jvery-secret');
  expect(
    `${screen.read()}`.split('\n').map((line) => line.replace(/^\d\d:\d\d:\d\d /, '')),
  ).toEqual([
    'ready: call it with /join (bot Nova)',
    'invite https://discord.com/invite',
    'link opened (shard 0, guildId 15, tookMs 122)',
    'warning: it is late (shard 0, err Too slow.)',
    'error: lost  [2J[secret]',
    '',
  ]);
});
