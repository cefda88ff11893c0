import { expect } from 'vitest';
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

/** Sound that the page plays, one frame after the other. */
function soundOf(frames: readonly Buffer[]): Pcm {
  const samples = new Int16Array(frames.length * 960);
  for (const [n, frame] of frames.entries()) {
    for (let at = 0; at < 960; at++) samples[n * 960 + at] = frame.readInt16LE(13 + at * 2);
  }
  return { samples, rateHz: 48_000, channels: 1 };
}
