import { realClock } from '#src/base/clock.ts';
import { toGuildId } from '#src/base/ids.ts';
import { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import { createSoundOpener } from '#src/sources/sound-sources.ts';
import { passTime } from '#test/conversation/setup/session-fixture.ts';
import { openSetup } from '#test/conversation/setup/tracks-fixture.ts';
import { makeLibrary } from '#test/fakes/fake-sounds.ts';
import { neverAborted } from '#test/sources/open-source.ts';
import { openDecoding } from '#test/sources/source-sounds.ts';
import { expectRefusal, makeProgramPorts, openApi, openLoopback } from './api-setup.ts';

const decoding = openDecoding();
afterAll(() => decoding[Symbol.asyncDispose]());
const opener = createSoundOpener({
  ...{ clock: realClock, decoding, allowed: new AllowedHosts([]) },
});

const second = Buffer.alloc(48_000, 1);
const label = 'audio/pcm;rate=24000;channels=1;format=s16';

/** A session whose sounds are really decoded, asked over HTTP on loopback. */
async function openTracks() {
  await using stack = new AsyncDisposableStack();
  const sounds = { opener, library: makeLibrary() };
  const fixture = await openSetup(undefined, { sounds });
  const api = stack.use(
    await openApi(makeProgramPorts({ more: { tracks: fixture.tracks } })),
  );
  await api.add('band', { guildId: toGuildId('g'), scopes: ['track'] });
  const { url } = stack.use(await openLoopback(api.app));
  const askTracks = (
    path: string,
    init: RequestInit & { readonly duplex?: 'half' } = {},
  ) =>
    fetch(`${url}/v1/servers/g/tracks${path}`, {
      ...init,
      headers: { authorization: 'Bearer band', ...init.headers },
    });
  const all = stack.move();
  return {
    fixture,
    ask: askTracks,
    send: (
      path: string,
      body: NonNullable<RequestInit['body']>,
      type = label,
      signal?: AbortSignal,
    ) =>
      askTracks(path, {
        ...{ method: 'POST', body, duplex: 'half', headers: { 'content-type': type } },
        ...(signal && { signal }),
      }),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** Passes time for the session, while its decoder and its program work in time of their own. */
async function passTimeUntil<T>(
  { fixture }: Awaited<ReturnType<typeof openTracks>>,
  done: Promise<T>,
): Promise<T> {
  let isDone = false;
  const noteEnd = () => {
    isDone = true;
  };
  done.then(noteEnd, noteEnd);
  while (!isDone) {
    await passTime(fixture, 20);
    // A sound without a sample for 8 s of the session would be given up.
    await realClock.sleep(40, neverAborted);
  }
  return await done;
}

test('samples that a program sends while they play are heard to their end, and the answer says so', async () => {
  await using setup = await openTracks();
  async function* sendSecond() {
    for (let at = 0; at < second.length; at += 997) yield second.subarray(at, at + 997);
  }
  const path = '/My%20first%20TTS%20request/sound?wait=true';
  const answer = await setup.send(path, ReadableStream.from(sendSecond()));
  const text = await passTimeUntil(setup, answer.text());
  const title = 'My first TTS request';
  expect(JSON.parse(text)).toEqual({ track: title, title, ended: 'completed' });
});

test('an endless stream is taken at the pace of its track, and ends with the track', async () => {
  await using setup = await openTracks();
  let sentBytes = 0;
  async function* sendForever() {
    for (;;) {
      sentBytes += second.length;
      yield second;
    }
  }
  const answer = await setup.send('/bg/sound', ReadableStream.from(sendForever()));
  // Nobody has heard a frame yet, since the time of the session stands still.
  let bytesBefore = -1;
  while (bytesBefore !== sentBytes) {
    bytesBefore = sentBytes;
    await realClock.sleep(300, neverAborted);
  }
  expect(sentBytes).toBeLessThan(8 * 2 ** 20);
  await setup.ask('/bg/stop', {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/json' },
  });
  expect(await answer.json()).toEqual({ track: 'bg', title: 'bg' });
});

test.each([
  [`${label}2`, /^Content-Type: format is not known/],
  ['audio/pcm;rate=1', /^Content-Type: rate is not known/],
  ['audio/pcm;channels=9', /^Content-Type: channels is not known/],
  ['audio/pcm;rate=-24000', /^Content-Type: rate is not known/],
  [`${label};endian=big`, /^Content-Type: endian is not known/],
])('the label %s is refused before a byte is read', async (type, sentence) => {
  await using setup = await openTracks();
  const sent = setup.send('/bg/sound', second, type);
  await expectRefusal(sent, 400, 'request.invalid', sentence);
});

test('a packed body is refused, since it would be noise', async () => {
  await using setup = await openTracks();
  const headers = { 'content-type': label, 'content-encoding': 'gzip' };
  const sent = setup.ask('/bg/sound', { method: 'POST', body: second, headers });
  await expectRefusal(sent, 415, 'request.invalid', /^Content-Encoding: .*gzip/);
});

test('a body without a byte is refused', async () => {
  await using setup = await openTracks();
  const sent = setup.send('/bg/sound', Buffer.alloc(0));
  await expectRefusal(sent, 400, 'sound.unusable');
});

test('a volume without a number is refused, and is no silence', async () => {
  await using setup = await openTracks();
  const sent = setup.send('/bg/sound?percent=', second);
  await expectRefusal(sent, 400, 'request.invalid', /^percent: must be a whole number/);
});

test('samples of a rate with a fraction are heard', async () => {
  await using setup = await openTracks();
  const sent = setup.send('/bg/sound?wait=yes', second, 'audio/pcm;rate=12345.6');
  const text = await passTimeUntil(
    setup,
    sent.then((answer) => answer.text()),
  );
  expect(JSON.parse(text)).toMatchObject({ ended: 'completed' });
});

test('samples without a label are refused with the label that they need', async () => {
  await using setup = await openTracks();
  const sent = setup.send('/bg/sound', second, 'application/octet-stream');
  await expectRefusal(
    sent,
    400,
    'sound.unusable',
    /Content-Type: audio\/pcm;rate=24000/,
  );
});

test('a program that hangs up ends its sound', async () => {
  await using setup = await openTracks();
  const hangUp = new AbortController();
  async function* sendUntilHungUp() {
    for (; !hangUp.signal.aborted; ) {
      yield second;
      await realClock.sleep(20, neverAborted);
    }
  }
  const endless = ReadableStream.from(sendUntilHungUp());
  await setup.send('/bg/sound', endless, label, hangUp.signal);
  expect(findCurrent(setup)).toBeDefined();
  hangUp.abort();
  const endSound = async () => {
    while (findCurrent(setup)) await realClock.sleep(20, neverAborted);
  };
  await passTimeUntil(setup, endSound());
  expect(findCurrent(setup)).toBeUndefined();
});

function findCurrent({ fixture }: Awaited<ReturnType<typeof openTracks>>) {
  const tracks = fixture.tracks.listTracks(toGuildId('g'));
  return tracks?.find(({ name }) => name === 'bg')?.current;
}
