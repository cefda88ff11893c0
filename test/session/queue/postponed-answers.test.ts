import { expect, test } from 'vitest';
import { chained } from '#src/pipeline/chained.ts';
import { type ChatStep, FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';
import {
  adam,
  eva,
  germanPlaces,
  type House,
  lounge,
  openHouse,
  pass,
  words,
} from '#test/session/setup/session-fixture.ts';

const later = "This takes longer. I'll tell you when it's done.";
const answer = 'Here it is at last.';

async function slow(
  rounds: readonly (readonly ChatStep[])[],
  over: Parameters<typeof openHouse>[0] = {},
) {
  const clock = new VirtualClock();
  const chat = new FakeChat(rounds, clock);
  const synthesizer = new FakeSynthesizer();
  const pipeline = chained({ chat, synthesizer });
  const house = openHouse({ pipeline, synthesizer, ...over }, [adam, eva], clock);
  await house.rooms.join(lounge, 'adam');
  await pass(house, 11_000);
  return { ...house, chat, synthesizer };
}

type Slow = Awaited<ReturnType<typeof slow>>;

function asks(house: House, text: string, who = adam) {
  return house.talk.ask('g', text, who, 'voice');
}

const floorOf = (house: House) => house.rooms.session('g')?.context.queue;
const spoken = ({ synthesizer }: Slow) => synthesizer.asked.map(({ text }) => text);

test('an answer that takes 12 s is promised, and given at the next pause', async () => {
  const house = await slow([[{ waitMs: 40_000 }, answer]]);
  const told = asks(house, 'Count the stars.');
  await pass(house, 11_900);
  expect(spoken(house)).not.toContain(later);
  await pass(house, 4_100);
  expect(spoken(house)).toContain(later);
  expect(floorOf(house)?.isFree).toBe(true);
  expect(await told).toEqual({ kind: 'failed', line: { id: 'ask.late' } });
  await pass(house, 28_000);
  expect(house.of('answered')).toMatchObject([{ name: 'Adam', heardText: answer }]);
  expect(floorOf(house)?.aside).toEqual([]);
});

test('it is promised in the language of the server, where the voice speaks it', async () => {
  const house = await slow([['stall']], { places: germanPlaces, spokenLocales: ['en', 'de'] });
  void asks(house, 'Count the stars.');
  await pass(house, 21_000);
  expect(spoken(house)).toContain(
    'Das dauert länger. Ich sage dir Bescheid, wenn ich so weit bin.',
  );
});

test('meanwhile others are answered, and the answer names whom it is for', async () => {
  const house = await slow([[{ waitMs: 40_000 }, answer], ['Two.']]);
  void asks(house, 'Count the stars.');
  await pass(house, 25_000);
  void asks(house, 'One and one?', eva);
  await pass(house, 3_000);
  expect(house.of('answered')).toMatchObject([{ name: 'Eva', heardText: 'Two.' }]);
  await pass(house, 20_000);
  expect(house.of('answered').at(-1)).toMatchObject({ name: 'Adam', text: answer });
  expect(house.of('answered').at(-1)?.heardText).toBe(`Adam, ${answer}`);
});

test('it does not talk into what somebody is saying', async () => {
  const house = await slow([[{ waitMs: 40_000 }, answer], ['Two.']], { addressing: 'name' });
  void asks(house, 'Count the stars.');
  await pass(house, 39_500);
  const said = await words('human-librivox-0880', adam, house.clock.nowMs());
  const endMs = Math.max(...said.map(({ atMs }) => atMs));
  await pass(
    house,
    1_500,
    said.filter(({ atMs }) => atMs < house.clock.nowMs() + 1_500),
  );
  expect(floorOf(house)?.aside).toHaveLength(1);
  await pass(
    house,
    endMs - house.clock.nowMs() + 6_000,
    said.filter(({ atMs }) => atMs > house.clock.nowMs()),
  );
  expect(house.of('answered').at(-1)?.text).toBe(answer);
});

test('what is not there after five minutes is given up aloud', async () => {
  const house = await slow([['stall']]);
  void asks(house, 'Count the stars.');
  await pass(house, 290_000);
  expect(house.chat.running).toBe(1);
  await pass(house, 15_000);
  expect(house.chat.running).toBe(0);
  expect(spoken(house).at(-1)).toContain("can't think");
  expect(house.of('failed')).toMatchObject([{ stage: 'think', code: 'provider.late' }]);
  expect(floorOf(house)?.isFree).toBe(true);
});

test('three are awaited at most, the fourth is given up at once', async () => {
  const house = await slow([['stall']]);
  for (let n = 0; n < 4; n++) {
    void asks(house, `Question number ${n}.`);
    await pass(house, 27_000);
  }
  expect(floorOf(house)?.aside).toHaveLength(3);
  expect(floorOf(house)?.isFree).toBe(true);
  expect(house.of('failed')).toMatchObject([{ code: 'provider.late' }]);
});

test.each(['stop', 'no', 'leave'])('after a "%s" it does not come any more', async (how) => {
  const house = await slow([[{ waitMs: 40_000 }, answer]]);
  void asks(house, 'Count the stars.');
  await pass(house, 30_000);
  if (how === 'stop') house.talk.stop('g');
  if (how === 'no') await house.privacy.deny('g', 'adam');
  if (how === 'leave') await house.rooms.leave('g');
  await pass(house, 12_000);
  expect(house.chat.running).toBe(0);
  expect(spoken(house)).not.toContain(answer);
});

test('a lost link does not lose it', async () => {
  const house = await slow([[{ waitMs: 40_000 }, answer]]);
  void asks(house, 'Count the stars.');
  await pass(house, 30_000);
  house.door.link.lose();
  await pass(house, 25_000);
  expect(house.of('answered')).toMatchObject([{ heardText: answer }]);
});
