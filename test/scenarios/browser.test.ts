import { expect } from 'vitest';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { resample } from '#src/audio/resample.ts';
import { realClock } from '#src/base/clock.ts';
import { speech } from '#test/audio/speech.ts';
import { usualPace } from '#test/fakes/providers/providers.ts';
import { openRecogniser } from '#test/fakes/recogniser/recogniser.ts';
import { openTestPage } from '#test/sandbox/page/browser-client.ts';
import { expectAlike } from '#test/scenarios/setup/likeness.ts';
import {
  call,
  callIn,
  eventually,
  hearAnswer,
  openScenario,
  pass,
  type ScenarioSetup,
  scenario,
  shownWords,
  soon,
  toneOf,
} from '#test/scenarios/setup/scenario-setup.ts';

const recogniser = await openRecogniser();
const frameMs = 20;

function openHonest(): Promise<ScenarioSetup> {
  const hears = (pcm: Pcm) => recogniser.hear(pcm);
  const replies = [{ match: 'Adam: ', text: 'Yes, Adam.' }];
  return openScenario({ providers: { hears, replies, pace: usualPace } });
}

/** A recording as frames of 20 ms of the page's microphone. */
function pcmFrames(name: string): readonly Int16Array[] {
  const { samples } = resample(speech(name), 48_000);
  const frames: Int16Array[] = [];
  for (let at = 0; at + 960 <= samples.length; at += 960) frames.push(samples.slice(at, at + 960));
  return frames;
}

scenario('somebody talks through a page, and hears the answer there', async () => {
  await using setup = await openHonest();
  await using opened = await openTestPage(setup.sandbox, 'Adam');
  const tab = await opened.open('a');
  expect(await tab.ask({ kind: 'join', channel: 'Lounge' })).toMatchObject({ ok: true });
  const adam = setup.sandbox.person('Adam');
  await call(setup, adam);
  const sound = await opened.openSound('a');
  const sinceMs = realClock.nowMs();
  for (const [n, samples] of pcmFrames('human-cards-004').entries()) {
    sound.send(2, new Uint8Array(samples.buffer));
    await pass(Math.max(0, sinceMs + (n + 1) * frameMs - realClock.nowMs()));
  }
  await eventually(() => expect(shownWords(setup).at(-1)).toBe('Adam: five five'));
  await hearAnswer(adam, sinceMs);
  const heard = sound.heard.filter((frame) => frame.readDoubleLE(5) >= sinceMs);
  await expectAlike(soundOf(heard), toneOf(['Yes, Adam.']));
  expect(adam.counts()).toMatchObject({ undecodable: 0, stillSealed: 0 });
  expect(tab.ofKind('speaks')).toContainEqual({ kind: 'speaks', who: 'Adam', on: true });
  await adam.settled(soon());
});

scenario('pages that misbehave cost nobody a frame of what the bot says', async () => {
  await using setup = await openHonest();
  await using opened = await openTestPage(setup.sandbox, 'Adam');
  const ben = await callIn(setup, 'Ben');
  const tab = await opened.open('a');
  expect(await tab.ask({ kind: 'join', channel: 'Lounge' })).toMatchObject({ ok: true });
  const undisturbed = await framesSaid(ben);
  const disturbed = await framesSaid(ben, () => misbehave(opened));
  expect(disturbed).toBe(undisturbed);
  expect(await tab.ask({ kind: 'write', text: 'Still here.' })).toMatchObject({ ok: true });
  expect(opened.bugs).toEqual([]);
});

/** Number of frames of the bot's sentence that reach a person while something else goes on. */
async function framesSaid(person: SandboxPerson, meanwhile = async () => {}): Promise<number> {
  const said = person.command('say', {
    text: 'one two three four five six',
  });
  const [heard] = await Promise.all([hearAnswer(person, said.sentAtMs), meanwhile()]);
  return heard.sealedFrames + heard.openFrames;
}

/** Sound faster than time, frames of 10 MB, junk, requests without end, and readers that read nothing. */
async function misbehave(setup: Awaited<ReturnType<typeof openTestPage>>): Promise<void> {
  const sockets = await Promise.all(Array.from({ length: 8 }, (_, n) => setup.openSound(`${n}`)));
  const tabs = await Promise.all(Array.from({ length: 4 }, (_, n) => setup.open(`${n}`)));
  const [fast, big, junk, ...still] = sockets;
  for (const one of [...still, tabs[0]]) one?.pause();
  for (let n = 0; n < 500; n++) fast?.send(2, new Uint8Array(1920));
  big?.sendRaw(Buffer.alloc(10_000_000));
  junk?.sendRaw('hello');
  for (let n = 0; n < 500; n++) tabs[1]?.sendText('{}');
  const ended = await Promise.all([fast?.ended, junk?.ended, tabs[1]?.ended]);
  expect(ended.map((end) => end?.[1])).toEqual([
    'Sound came faster than time.',
    'Sound comes as binary frames.',
    'Too many requests: at most 50 a second.',
  ]);
  await big?.ended;
}

/** Sound that the page plays, one frame after the other. */
function soundOf(frames: readonly Buffer[]): Pcm {
  const samples = new Int16Array(frames.length * 960);
  for (const [n, frame] of frames.entries()) {
    for (let at = 0; at < 960; at++) samples[n * 960 + at] = frame.readInt16LE(13 + at * 2);
  }
  return { samples, rateHz: 48_000, channels: 1 };
}
