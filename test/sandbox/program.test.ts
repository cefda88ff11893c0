import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { perform } from '#sandbox/program/program.ts';
import { readLines } from '#sandbox/program/program-lines.ts';
import { messageLine } from '#sandbox/program/program-messages.ts';
import { type MessageLine, readRequestLine } from '#sandbox/program/protocol.ts';
import { openSandbox, type Sandbox } from '#sandbox/sandbox.ts';
import { readWav } from '#src/audio/wav.ts';
import { silentVoice } from '#test/sandbox/voice/silent-voice.ts';
import { download } from './download.ts';
import { ask, identified } from './raw-bot.ts';

const never = new AbortController().signal;

/** Answer of the program to a line. */
async function answerTo(sandbox: Sandbox, request: object): Promise<object> {
  const read = readRequestLine(JSON.stringify(request));
  return 'ok' in read ? read : await perform(sandbox, read, never);
}

/** A bot with one command, logged in, and the lines about what it writes. */
async function openBotInSandbox() {
  const sandbox = await openSandbox({ voice: silentVoice().half });
  const options = [{ name: 'who', description: 'x', type: 3, autocomplete: true }];
  const body = { name: 'greet', description: 'x', options };
  await ask(sandbox, `/applications/${sandbox.botId}/commands`, { body });
  const bot = await identified(sandbox);
  const lines: MessageLine[] = [];
  sandbox.onMessage((change) => {
    const line = messageLine(change, (id) => sandbox.nameOf(id), 0);
    if (line) lines.push(line);
  });
  /** The bot answers the `place`th interaction with this callback. */
  const callBack = async (place: number, body: object) => {
    const interactions = () => bot.heard.filter(({ t }) => t === 'INTERACTION_CREATE');
    await expect.poll(() => interactions()[place]).toBeDefined();
    const { id, token } = interactions()[place]?.d ?? {};
    await ask(sandbox, `/interactions/${id}/${token}/callback`, { body });
  };
  const answer = (request: object) => answerTo(sandbox, request);
  return {
    lines,
    callBack,
    answer,
    async [Symbol.asyncDispose]() {
      bot[Symbol.dispose]();
      await sandbox[Symbol.asyncDispose]();
    },
  };
}

/** The sandbox program as a child, with what it prints. */
function startProgram(...options: string[]) {
  const child = spawn(process.execPath, ['sandbox/main.ts', ...options], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => JSON.parse(String((await lines.next()).value));
  const say = (line: object | string) =>
    child.stdin.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
  return { child, next, say };
}

async function exitCode(child: ChildProcess): Promise<unknown> {
  const [code] = await once(child, 'exit');
  return code;
}

test('lines arrive in pieces, and one that is too long is only that', async () => {
  const source = Readable.from([
    Buffer.from('on'),
    Buffer.from('e\n\ntwo\n'),
    Buffer.from('x'.repeat(50)),
    Buffer.from('\nthree\n'),
  ]);
  const lines = await Array.fromAsync(readLines(source, 10));
  expect(lines).toEqual(['one', 'two', undefined, 'three']);
});

test('a line that is no request is answered with what is wrong with it', () => {
  expect(readRequestLine('{')).toEqual({ id: null, ok: false, error: 'The line is not JSON.' });
  expect(readRequestLine('{"id":3,"do":"fly","person":"Adam"}')).toMatchObject({
    id: 3,
    ok: false,
  });
  expect(readRequestLine('{"id":4,"do":"join"}')).toMatchObject({
    id: 4,
    error: expect.stringContaining('person'),
  });
});

test('a person comes with the microphone the line names, and keeps it', async () => {
  const { half, microphones } = silentVoice();
  await using sandbox = await openSandbox({ voice: half });
  await answerTo(sandbox, { id: 1, do: 'join', person: 'Eve' });
  expect(microphones).toEqual([]);
  await answerTo(sandbox, { id: 2, do: 'join', person: 'Adam', microphone: 'open' });
  await answerTo(sandbox, { id: 3, do: 'join', person: 'Adam', channel: 'Workshop' });
  expect(microphones).toEqual([{ profile: 'open' }, { profile: 'open' }]);
  const bad = await answerTo(sandbox, { id: 4, do: 'join', person: 'Adam', microphone: 'tin' });
  expect(bad).toMatchObject({ ok: false, error: expect.stringContaining('at microphone') });
});

test('what goes wrong in a request is one sentence', async () => {
  await using sandbox = await openSandbox({ voice: silentVoice().half });
  const failing = [
    { id: 1, do: 'join', person: 'Adam', channel: 'Nowhere' },
    { id: 2, do: 'say', person: 'Adam', wav: '/nowhere/at-all.wav' },
    { id: 3, do: 'say', person: 'Adam', wav: 'package.json' },
    { id: 4, do: 'command', person: 'Adam', name: 'join' },
    { id: 5, do: 'listen', person: 'Adam', timeoutMs: 0 },
  ];
  const answers = [];
  for (const request of failing) answers.push(await answerTo(sandbox, request));
  expect(answers).toEqual([
    { id: 1, ok: false, error: 'There is no channel Nowhere here.' },
    { id: 2, ok: false, error: 'There is no file /nowhere/at-all.wav.' },
    { id: 3, ok: false, error: 'The sound is not a WAV file.' },
    { id: 4, ok: false, error: 'There is no command /join here.' },
    { id: 5, ok: false, error: 'Nothing was heard within 0 s.' },
  ]);
});

test('a person joins, speaks, uses a command and leaves, line by line', async () => {
  await using sandbox = await openSandbox({ voice: silentVoice().half });
  const commands = `/applications/${sandbox.botId}/commands`;
  await ask(sandbox, commands, { body: { name: 'join', description: 'x' } });
  using bot = await identified(sandbox);
  expect(await answerTo(sandbox, { id: 1, do: 'join', person: 'Adam' })).toEqual({
    id: 1,
    ok: true,
  });
  expect(await answerTo(sandbox, { id: 2, do: 'settled', person: 'Adam' })).toMatchObject({
    ok: true,
  });
  const wav = 'sandbox/recordings/human-digits-2934z.wav';
  const spoken = await answerTo(sandbox, { id: 3, do: 'say', person: 'Adam', wav });
  expect(spoken).toMatchObject({ ok: true, lastVoicedAtMs: 3 });
  const answered = answerTo(sandbox, { id: 'four', do: 'command', person: 'Adam', name: 'join' });
  const { id, token } = await bot.event('INTERACTION_CREATE');
  const body = { type: 4, data: { content: 'In Lounge.', flags: 64 } };
  await ask(sandbox, `/interactions/${id}/${token}/callback`, { body });
  expect(await answered).toMatchObject({ id: 'four', ok: true, text: 'In Lounge.' });
  const state = { bot: { online: true }, commands: [{ name: 'join', description: 'x' }] };
  expect(await answerTo(sandbox, { id: 5, do: 'state' })).toMatchObject(state);
  expect(await answerTo(sandbox, { id: 6, do: 'leave', person: 'Adam' })).toMatchObject({
    ok: true,
  });
});

test('buttons stand in the line of their message, and whoever sees it can press them', async () => {
  await using opened = await openBotInSandbox();
  const greeting = opened.answer({ id: 1, do: 'command', person: 'Adam', name: 'greet' });
  const row = [
    { type: 2, style: 1, label: 'Stop', custom_id: 'stop' },
    { type: 2, style: 2, label: 'Later', custom_id: 'later', disabled: true },
    { type: 2, style: 5, label: 'Docs', url: 'http://127.0.0.1/' },
  ];
  const components = [{ type: 1, components: row }];
  await opened.callBack(0, { type: 4, data: { content: 'Hi.', flags: 64, components } });
  expect(await greeting).toMatchObject({ ok: true, text: 'Hi.', ephemeral: true });
  const [line] = opened.lines;
  expect(line).toMatchObject({ change: 'posted', text: 'Hi.', to: 'Adam' });
  expect(line?.buttons).toEqual([
    { customId: 'stop', label: 'Stop', disabled: false, style: 1 },
    { customId: 'later', label: 'Later', disabled: true, style: 2 },
    { label: 'Docs', disabled: false, style: 5 },
  ]);
  const press = { do: 'press', messageId: line?.messageId, customId: 'stop' };
  const stranger = await opened.answer({ ...press, id: 2, person: 'Ben' });
  expect(stranger).toMatchObject({ ok: false, error: 'Ben cannot see that message.' });
  const pressed = opened.answer({ ...press, id: 3, person: 'Adam' });
  await opened.callBack(1, { type: 7, data: { content: 'Stopped.', components: [] } });
  expect(await pressed).toMatchObject({ ok: true, text: 'Stopped.' });
  expect(opened.lines.at(-1)).toMatchObject({ change: 'edited', text: 'Stopped.', buttons: [] });
  const gone = await opened.answer({ ...press, id: 4, person: 'Adam', messageId: '1' });
  expect(gone).toMatchObject({ ok: false, error: 'That message is gone.' });
});

test('a half-typed option is answered with what the bot suggests', async () => {
  await using opened = await openBotInSandbox();
  const half = { do: 'complete', person: 'Adam', name: 'greet', options: { who: 'Be' } };
  const suggesting = opened.answer({ ...half, id: 1, focused: 'who' });
  const choices = [{ name: 'Ben', value: 'Ben' }];
  await opened.callBack(0, { type: 8, data: { choices } });
  expect(await suggesting).toEqual({ id: 1, ok: true, choices });
});

test('the program says when it is ready, serves a person, survives junk, and ends with its parent', async () => {
  const { child, next, say } = startProgram();
  const ready = await next();
  expect(ready).toMatchObject({ kind: 'ready', botName: 'Nova' });
  expect(ready.ca).toContain('BEGIN CERTIFICATE');
  for (const path of Object.values(ready.recordings)) readWav(await readFile(String(path)));
  expect((await fetch(`${ready.apiUrl}/v10/gateway`)).status).toBe(200);
  say('junk');
  expect(await next()).toMatchObject({ ok: false });
  say({ id: 1, do: 'join', person: 'Adam', channel: 'Lounge' });
  expect(await next()).toEqual({ id: 1, ok: true });
  child.stdin.end();
  expect(await exitCode(child)).toBe(0);
});

test('the program ends in order on SIGTERM', async () => {
  const { child, next } = startProgram();
  await next();
  child.kill('SIGTERM');
  expect(await exitCode(child)).toBe(0);
});

test('a message line tells where its files lie', async () => {
  await using sandbox = await openSandbox({ voice: silentVoice().half });
  const lines: unknown[] = [];
  sandbox.onMessage((change) => lines.push(messageLine(change, (id) => sandbox.nameOf(id), 0)));
  const form = new FormData();
  form.set('files[0]', new Blob(['Ana: hello\n']), 'transcript.txt');
  const path = `/channels/${sandbox.channelId('general')}/messages`;
  await ask(sandbox, path, { method: 'POST', form });
  const [file] = sandbox.messages('general')[0]?.files ?? [];
  expect(lines).toMatchObject([
    { files: [{ name: 'transcript.txt', sizeBytes: 11, url: file?.url }] },
  ]);
  expect((await download(file?.url ?? '', sandbox)).text).toBe('Ana: hello\n');
});

test('a program that starts again with its file has the link and the server of before', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const start = async () => {
    const { child, next } = startProgram('--page-port', '0', '--kept', join(folder, 'page.json'));
    const [{ guildId, botId }, { link }] = [await next(), await next()];
    child.stdin.end();
    expect(await exitCode(child)).toBe(0);
    return { guildId, botId, key: new URL(link).hash };
  };
  const first = await start();
  expect(await start()).toEqual(first);
});

test('the program opens the page of the channel at the next free port, and tells a link to it once', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  const taken = (other.address() as AddressInfo).port;
  const { child, next, say } = startProgram('--page-port', `${taken}`);
  await next();
  const { kind, url, link } = await next();
  expect(kind).toBe('page');
  expect(Number(new URL(url).port)).not.toBe(taken);
  expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#key=[\w-]{43}$/);
  expect((await fetch(url)).status).toBe(200);
  say({ id: 1, do: 'tell', event: { kind: 'dropped', who: 'Adam', why: 'too late' } });
  expect(await next()).toEqual({ id: 1, ok: true });
  say({ id: 2, do: 'tell', event: { kind: 'dropped' } });
  expect(await next()).toMatchObject({ id: 2, ok: false });
  child.stdin.end();
  expect(await exitCode(child)).toBe(0);
});
