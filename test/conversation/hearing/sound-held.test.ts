import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import type { Transcriber } from '#src/speech/speech-engine.ts';
import {
  adam,
  eva,
  joinLounge,
  passTime,
  sayWords,
} from '#test/conversation/setup/session-fixture.ts';
import { waitUntilSettled } from '#test/fakes/virtual-clock.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Two minutes of speech are decoded. */
const timeout = 60_000;

/** Understands the same each time, and keeps nothing of what it heard. */
const transcriber: Transcriber = {
  async *transcribe() {
    yield { kind: 'final', transcript: { text: 'five five' } };
  },
};

async function callBot(people: readonly ChannelMember[]) {
  const byName = {
    addressing: 'name',
    names: ['Nova'],
    consent: { policy: 'notice' },
  } as const;
  const fixture = await joinLounge({ ...byName, transcriber }, people);
  await passTime(fixture, 5_000);
  return fixture;
}

/** Bytes of sound and other buffers that are still reachable. */
async function heldBytes() {
  for (let round = 0; round < 2; round++) {
    await waitUntilSettled();
    collect();
  }
  return process.memoryUsage().arrayBuffers;
}

test('of somebody who never pauses only the last words are kept in memory', {
  timeout,
}, async () => {
  const fixture = await callBot([adam, eva]);
  const before = await heldBytes();
  for (let said = 0; said < 12; said++) {
    const packets = await sayWords('human-goforward', adam, fixture.clock.nowMs());
    await passTime(fixture, packets.length * 20 + 100, packets);
  }
  expect((await heldBytes()) - before).toBeLessThan(1_200_000); // 12 utterances are 3 MB
});
