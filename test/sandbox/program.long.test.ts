import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { TypedVoices } from '#sandbox/page/typed-voices.ts';
import { performRequest } from '#sandbox/program/perform-request.ts';
import { parseRequestLine } from '#sandbox/program/program-protocol.ts';
import { openSandbox, type Sandbox } from '#sandbox/sandbox.ts';
import { readWav } from '#src/audio/formats/wav.ts';
import { openSilentVoice } from '#test/sandbox/voice/silent-voice.ts';
import { identifyBot, sendRequest } from './raw-bot.ts';

const never = new AbortController().signal;

/** Answer of the program to a line. */
async function answerTo(sandbox: Sandbox, request: object) {
  const read = parseRequestLine(JSON.stringify(request));
  return 'ok' in read
    ? read
    : await performRequest(
        { sandbox, voices: new TypedVoices(), settle: () => undefined, report() {} },
        read,
        never,
      );
}

/** The sandbox program as a child, with what it prints. */
function startProgram(...options: string[]) {
  const child = spawn(process.execPath, ['sandbox/main.ts', ...options], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const readNext = async () => JSON.parse(String((await lines.next()).value));
  const sayLine = (line: object | string) =>
    child.stdin.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
  return { child, next: readNext, say: sayLine };
}

async function exitCode(child: ChildProcess) {
  const [code] = await once(child, 'exit');
  return code;
}

test('a line that is no request is answered with what is wrong with it', () => {
  expect(parseRequestLine('{')).toEqual({
    id: null,
    ok: false,
    error: 'The line is not JSON.',
  });
  expect(parseRequestLine('{"id":3,"do":"fly","person":"Adam"}')).toMatchObject({
    id: 3,
    ok: false,
  });
  expect(parseRequestLine('{"id":4,"do":"join"}')).toMatchObject({
    id: 4,
    error: expect.stringContaining('person'),
  });
});

test('a person joins, speaks, uses a command and leaves, line by line', async () => {
  await using sandbox = await openSandbox({ voice: openSilentVoice().half });
  const commands = `/applications/${sandbox.botId}/commands`;
  await sendRequest(sandbox, commands, {
    method: 'PUT',
    body: [{ name: 'join', description: 'x' }],
  });
  using bot = await identifyBot(sandbox);
  expect(await answerTo(sandbox, { id: 1, do: 'join', person: 'Adam' })).toEqual({
    id: 1,
    ok: true,
  });
  expect(
    await answerTo(sandbox, { id: 2, do: 'settled', person: 'Adam' }),
  ).toMatchObject({
    ok: true,
  });
  const wav = 'sandbox/recordings/what-time-is-it.wav';
  const spoken = await answerTo(sandbox, { id: 3, do: 'say', person: 'Adam', wav });
  expect(spoken).toMatchObject({ ok: true, lastVoicedAtMs: 3 });
  const answered = answerTo(sandbox, {
    id: 'four',
    do: 'command',
    person: 'Adam',
    name: 'join',
  });
  const { id, token } = await bot.event('INTERACTION_CREATE');
  const body = { type: 4, data: { content: 'In Lounge.', flags: 64 } };
  await sendRequest(sandbox, `/interactions/${id}/${token}/callback`, { body });
  expect(await answered).toMatchObject({ id: 'four', ok: true, text: 'In Lounge.' });
  const state = {
    bot: { online: true },
    commands: [{ name: 'join', description: 'x' }],
  };
  expect(await answerTo(sandbox, { id: 5, do: 'state' })).toMatchObject(state);
  expect(await answerTo(sandbox, { id: 6, do: 'leave', person: 'Adam' })).toMatchObject(
    {
      ok: true,
    },
  );
});

test('the program says when it is ready, serves a person, survives junk, and ends with its parent', async () => {
  const { child, next, say } = startProgram();
  const ready = await next();
  expect(ready).toMatchObject({ kind: 'ready' });
  expect(ready.ca).toContain('BEGIN CERTIFICATE');
  readWav(await readFile(String(ready.recording)));
  expect((await fetch(`${ready.apiUrl}/v10/gateway/bot`)).status).toBe(401);
  say('junk');
  expect(await next()).toMatchObject({ ok: false });
  say({ id: 1, do: 'join', person: 'Adam', channel: 'Lounge' });
  expect(await next()).toEqual({ id: 1, ok: true });
  child.stdin.end();
  expect(await exitCode(child)).toBe(0);
});

test('a program that starts again with its file has the server of before, and another key of the page', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const startSandbox = async () => {
    const { child, next } = startProgram(
      '--page-port',
      '0',
      '--kept',
      join(folder, 'page.json'),
    );
    const [{ guildId, botId }, { link }] = [await next(), await next()];
    child.stdin.end();
    expect(await exitCode(child)).toBe(0);
    return { server: { guildId, botId }, key: new URL(link).hash };
  };
  const first = await startSandbox();
  const second = await startSandbox();
  expect(second.server).toEqual(first.server);
  expect(second.key).not.toBe(first.key);
});
