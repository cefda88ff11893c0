import { expect } from 'vitest';
import { makeNoise, type NoiseName } from '#bench/turns/noises.ts';
import { speech } from '#test/audio/speech.ts';
import { expectAlike } from '#test/scenarios/setup/likeness.ts';
import {
  callIn,
  converse,
  openScenario,
  pass,
  scenario,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

const seconds = 6;
const noises: readonly NoiseName[] = ['keyboard', 'breath'];

for (const noise of noises) {
  scenario(`${seconds} s of ${noise} ask nothing of any provider`, async () => {
    await using setup = await openScenario();
    const adam = await callIn(setup, 'Adam');
    adam.useMicrophone({ profile: 'open' });
    const before = setup.providers.requests.length;
    const samples = makeNoise(noise, seconds, 1);
    await adam.say({ samples, rateHz: 48_000, channels: 1 }, soon(40_000));
    await pass(1_500);
    expect(setup.providers.requests.slice(before)).toEqual([]);
    const { uttered, heard, made } = await converse(setup, adam, speech('human-cards-004'));
    expect(uttered.samples.length).toBeGreaterThan(0);
    await expectAlike(heard.pcm, made);
    await adam.settled(soon());
  });
}
