import { expect, test } from 'vitest';
import { chained } from '#src/pipeline/chained.ts';
import { type ChatStep, FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';
import { tools } from '#tools/tools.ts';
import { adam, eva, lounge, openHouse, pass } from './house.ts';
import { ben, byAdam, byEva, play } from './tracks-house.ts';

/** Adam asks for one change; the model, asked twice, calls the tool for it. */
async function changed(given: object, tracks: readonly ['adam' | 'eva', string, string][]) {
  const clock = new VirtualClock();
  const call: ChatStep = {
    call: { id: '1', name: 'change_track', argumentsJson: JSON.stringify(given) },
  };
  const chat = new FakeChat([[call], [call], ['As you like.']], clock);
  const pipeline = chained({ chat, synthesizer: new FakeSynthesizer({ pieces: 2 }) });
  const house = openHouse({ chat, pipeline, tools }, [adam, eva, ben], clock);
  await house.rooms.join(lounge, 'adam');
  await pass(house, 40);
  for (const [who, sound, track] of tracks) {
    await play(house, who === 'adam' ? byAdam : byEva, { sound, track });
  }
  void house.talk.ask('g', 'Turn the rain down.', adam, 'voice');
  await pass(house, 2_000);
  const [result = ''] = chat.asked.flatMap(({ messages }) =>
    messages.flatMap((one) => (one.role === 'tool' ? [one.content] : [])),
  );
  return { house, outcome: JSON.parse(result).result?.outcome };
}

const quieter = { deed: 'volume', change: -20 };

test.each([
  ['rain', 'bg'],
  ['the rain', 'bg'],
  ['BG', 'bg'],
  ['sea', 'main'],
  [undefined, 'main'],
])('who asks for %j to be turned down has %s turned down', async (track, found) => {
  const { house, outcome } = await changed({ ...quieter, ...(track && { track }) }, [
    ['adam', 'rain', 'bg'],
    ['adam', 'sea', 'main'],
  ]);
  expect(outcome).toEqual([`${found} at 80 %.`]);
  const view = house.tracks.list('g')?.find(({ name }) => name === found);
  expect(view?.percent).toBe(80);
});

test('whoever speaks has their own rights: somebody else’s sounds stay as they are', async () => {
  const { house, outcome } = await changed({ deed: 'stop', track: 'all' }, [
    ['eva', 'rain', 'bg'],
    ['adam', 'sea', 'main'],
  ]);
  expect(outcome).toEqual(['main stopped, 0 removed.', "That's Eva's. Ask a DJ."]);
  expect(house.tracks.list('g')?.[0]).toMatchObject({ name: 'bg', current: { title: 'rain' } });
});

test('what does not play is told to the model with what does', async () => {
  const { outcome } = await changed({ deed: 'pause', track: 'wind' }, [['adam', 'rain', 'bg']]);
  expect(outcome).toEqual(['No track "wind". There are: bg.']);
  const none = await changed({ deed: 'pause' }, []);
  expect(none.outcome).toEqual(['No sound is on a track. /track play starts one.']);
});
