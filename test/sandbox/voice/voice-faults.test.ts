import { expect, test } from 'vitest';
import { openVoiceServer } from '#sandbox/voice-server/voice-server.ts';
import { ada, bob, chirp, enter, heardFrames, record, settle, soon } from './voice-callers.ts';

/** Two people who hear each other. */
async function pair(options: Parameters<typeof openVoiceServer>[0] = {}) {
  const server = await openVoiceServer(options);
  const one = await enter(server, ada);
  const two = await enter(server, bob);
  await settle({ [ada]: one, [bob]: two });
  return {
    server,
    one,
    two,
    async [Symbol.asyncDispose]() {
      for (const open of [one, two, server]) await open[Symbol.asyncDispose]();
    },
  };
}

test('a dead way stops one direction of one person, until it is healed', async () => {
  await using call = await pair();
  const { server, one, two } = call;
  const [heard, back] = [record(two), record(one)];
  server.faults.network(ada, { up: { dead: true } });
  await one.speak(chirp(100, 300), soon());
  await two.speak(chirp(100, 300), soon());
  await heardFrames(back, 10);
  expect(heard.frames).toEqual([]);
  server.faults.heal(ada);
  await one.speak(chirp(100, 300), soon());
  await heardFrames(heard, 10);
  expect(heard.frames).toHaveLength(10);
});

test.each([0, 1] as const)('garbled speech arrives, and no word of it (DAVE %i)', async (dave) => {
  await using call = await pair({ dave });
  const { server, one, two } = call;
  const heard = record(two);
  server.faults.garble(ada, true);
  await one.speak(chirp(100, 300), soon());
  await heardFrames(heard, 5);
  const { receivedPackets, stillSealed, undecodable } = two.counts();
  expect({ receivedPackets, broken: stillSealed + undecodable }).toEqual({
    receivedPackets: 10,
    broken: 5,
  });
  server.faults.garble(ada, false);
  await one.speak(chirp(100, 300), soon());
  await heardFrames(heard, 15);
  expect(heard.frames.filter(({ audible }) => audible)).toHaveLength(5);
});
