import { expect, test } from 'vitest';
import { openSandbox } from '#sandbox/sandbox.ts';
import type { HeardFrame } from '#sandbox/voice/voice-ports.ts';
import { HeardRecorder } from '#sandbox/voice-client/heard-recorder.ts';
import { silentVoice } from '#test/sandbox/voice/silent-voice.ts';
import { ask } from './raw-bot.ts';
import { SteppedClock } from './stepped-clock.ts';

const never = new AbortController().signal;
const listening = { quietMs: 200, timeoutMs: 5000 };

function frame(atMs: number, change: Partial<HeardFrame> = {}): HeardFrame {
  const samples = new Int16Array(960).fill(5000);
  return { fromUserId: 'bot', atMs, samples, audible: true, sealed: true, ...change };
}

test('listening lasts from the first audible frame until it has been quiet', async () => {
  const clock = new SteppedClock();
  const recorder = new HeardRecorder(clock);
  const heard = recorder.listen(listening, never);
  recorder.add(frame(1000, { audible: false, samples: new Int16Array(960) }));
  recorder.add(frame(1020));
  recorder.add(frame(1041));
  await clock.step(300);
  expect(await heard).toMatchObject({ firstAudibleAtMs: 1020, lastAtMs: 1041, ended: 'quiet' });
});

test('a pause in what was heard is as long as it was, and jitter makes none', async () => {
  const clock = new SteppedClock();
  const recorder = new HeardRecorder(clock);
  for (const atMs of [1000, 1025, 1039, 1160]) recorder.add(frame(atMs));
  const heard = recorder.listen({ ...listening, sinceMs: 1000 }, never);
  await clock.step(500);
  const { pcm } = await heard;
  expect(pcm.samples).toHaveLength(160 * 48 + 960);
  expect([...pcm.samples.subarray(2879, 2881)]).toEqual([5000, 0]);
});

test('sealed and open frames are counted apart, and silence frames are neither', async () => {
  const clock = new SteppedClock();
  const recorder = new HeardRecorder(clock);
  recorder.add(frame(1000));
  recorder.add(frame(1020, { sealed: false }));
  recorder.add(frame(1040, { audible: false, sealed: false, samples: new Int16Array(960) }));
  recorder.add(frame(1060));
  const heard = recorder.listen({ ...listening, sinceMs: 1000 }, never);
  await clock.step(500);
  expect(await heard).toMatchObject({ sealedFrames: 2, openFrames: 1 });
});

test('hearing nothing in time is an error, and hearing no end is told', async () => {
  const clock = new SteppedClock();
  const recorder = new HeardRecorder(clock);
  const nothing = recorder.listen(listening, never);
  const refused = expect(nothing).rejects.toThrow('Nothing was heard within 5 s.');
  await clock.step(5010);
  await refused;
  const endless = recorder.listen({ quietMs: 2000, timeoutMs: 1000 }, never);
  recorder.add(frame(clock.nowMs() + 5));
  await clock.step(1010);
  expect((await endless).ended).toBe('timeout');
});

test('an aborted listener throws the reason it was given', async () => {
  const reason = new Error('left');
  const heard = new HeardRecorder(new SteppedClock()).listen(listening, AbortSignal.abort(reason));
  await expect(heard).rejects.toBe(reason);
});

test('the recorder keeps three minutes and forgets the oldest', () => {
  const recorder = new HeardRecorder(new SteppedClock());
  for (let n = 0; n < 9100; n++) recorder.add(frame(n * 20));
  expect(recorder.frames).toHaveLength(9000);
  expect(recorder.frames[0]?.atMs).toBe(2000);
});

test('a person hears the bot, and is not deceived by other people', async () => {
  const voice = silentVoice();
  await using sandbox = await openSandbox({ voice: voice.half });
  const adam = sandbox.person('Adam');
  await adam.join('Lounge', never);
  voice.play(frame(1, { fromUserId: sandbox.person('Bob').id }));
  voice.play(frame(2, { fromUserId: sandbox.botId }));
  expect(adam.heard.frames.map(({ atMs }) => atMs)).toEqual([2]);
});

test('a command that is not answered in 15 seconds is an error', async () => {
  const clock = new SteppedClock();
  await using sandbox = await openSandbox({ voice: silentVoice().half, clock });
  const path = `/applications/${sandbox.botId}/commands`;
  await ask(sandbox, path, { body: { name: 'join', description: 'x' } });
  const answered = sandbox.person('Adam').command('join').answered(never);
  const refused = expect(answered).rejects.toThrow('The bot did not answer within 15 s.');
  await clock.step(15_010);
  await refused;
});

test('a person can only use commands that exist, with words that fit', async () => {
  await using sandbox = await openSandbox({ voice: silentVoice().half });
  const adam = sandbox.person('Adam');
  const options = [
    { name: 'channel', description: 'x', type: 7, channel_types: [2], required: true },
    { name: 'loud', description: 'x', type: 5 },
  ];
  const play = { name: 'play', description: 'x', type: 1, options };
  const body = { name: 'track', description: 'x', options: [play] };
  await ask(sandbox, `/applications/${sandbox.botId}/commands`, { body });
  expect(() => adam.command('nothing')).toThrow('There is no command /nothing here.');
  expect(() => adam.command('track')).toThrow('/track has no form without a subcommand.');
  expect(() => adam.command('track play')).toThrow('/track play needs channel.');
  expect(() => adam.command('track play', { channel: 'general' })).toThrow(
    '/track play cannot take general for channel.',
  );
  expect(() => adam.command('track play', { channel: 'Lounge', to: 1 })).toThrow(
    '/track play has no option to.',
  );
  adam.command('track play', { channel: 'Lounge', loud: 'true' });
});

test('what a live microphone takes goes into the call, and everybody in it is handed on', async () => {
  const { half, lives, play } = silentVoice();
  await using sandbox = await openSandbox({ voice: half, ownerName: 'Adam' });
  const adam = sandbox.person('Adam');
  const heard: HeardFrame[] = [];
  adam.live(Buffer.of(1));
  const listening = adam.onHeard((each) => heard.push(each));
  await adam.join('Lounge', never);
  adam.live(Buffer.of(2));
  adam.endLive();
  play(frame(1, { fromUserId: sandbox.person('Ben').id }));
  listening[Symbol.dispose]();
  play(frame(2));
  expect(lives).toEqual([Buffer.of(2), 'end']);
  expect(heard.map(({ atMs }) => atMs)).toEqual([1]);
  expect(sandbox.guild().roster()).toMatchObject({
    people: [{ name: 'Adam', channel: 'Lounge' }, { name: 'Ben' }],
    channels: [{ name: 'general', kind: 'text' }, { name: 'Lounge' }, { name: 'Workshop' }],
  });
});
