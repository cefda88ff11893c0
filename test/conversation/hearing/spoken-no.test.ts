import { expect, test } from 'vitest';
import {
  adam,
  eva,
  lounge,
  openSessionFixture,
  pass,
  type SessionFixture,
  talkative,
  words,
} from '#test/conversation/setup/session-fixture.ts';
import { RecordedUtterances } from '#test/fakes/speakers/utterances.ts';
import { FakeTranscriber } from '#test/fakes/speech.ts';

const speech = 'human-cards-004';
const said = "Don't listen to me.";
const receipt = "Understood, I don't hear you any more. Press Hear me to change that.";

/** Adam has called the bot; everybody's words are those `texts`, one after the other, and are taken down. */
async function called(
  texts: readonly string[],
  over: Parameters<typeof openSessionFixture>[0] = {},
  people = [adam, eva],
) {
  const listener = new RecordedUtterances();
  const transcriber = new FakeTranscriber({ texts: [...texts] });
  const fixture = openSessionFixture({ transcriber, captions: () => listener, ...over }, people);
  await fixture.consents.write('g', 'eva', { kind: 'always' });
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 4_000);
  return { fixture, listener };
}

async function says(fixture: SessionFixture, person = adam, ms = 8_000): Promise<void> {
  await pass(fixture, ms, await words(speech, person, fixture.clock.nowMs()));
}

const spoken = ({ synthesizer }: SessionFixture) => synthesizer.asked.map(({ text }) => text);
const gateOf = ({ sessions }: SessionFixture) =>
  sessions.session('g')?.context.gate ?? expect.fail();

test('a spoken no works as the press does: kept, no word of it shown, and one receipt', async () => {
  const { fixture, listener } = await called([said]);
  const before = spoken(fixture).length;
  await says(fixture);
  expect(gateOf(fixture).standing('adam')).toBe('no');
  expect(gateOf(fixture).mayHear('adam')).toBe(false);
  expect((await fixture.consents.read('g')).get('adam')).toEqual({ kind: 'never' });
  expect(spoken(fixture).slice(before).join(' ')).toBe(receipt);
  expect([fixture.notified, fixture.of('recognised'), fixture.chat.asked]).toEqual([[], [], []]);
  expect(listener.ends).toEqual(['(withdrawn)']);
  const heard = fixture.of('stream').length;
  await says(fixture);
  expect(fixture.of('stream')).toHaveLength(heard);
  expect(spoken(fixture).slice(before).join(' ')).toBe(receipt);
});

test.each(['auto', 'name', 'off'] as const)(
  'it needs no name, in the mode %s, and takes nothing of others',
  async (addressing) => {
    const { fixture } = await called([said, 'five five'], { addressing });
    await says(fixture);
    expect(gateOf(fixture).standing('adam')).toBe('no');
    expect(gateOf(fixture).standing('eva')).toBe('yes');
    await says(fixture, eva);
    expect(fixture.of('recognised').map(({ name }) => name)).toEqual(['Eva']);
  },
);

test.each([
  "don't listen to me when I sing",
  'you don’t listen to me',
  "Ben, don't listen to me",
  "she said don't listen to me",
  "Don't. Listen to me!",
])('%s is no no', async (text) => {
  const { fixture } = await called([text]);
  await says(fixture);
  expect(gateOf(fixture).standing('adam')).toBe('yes');
  expect((await fixture.consents.read('g')).get('adam')).toBeUndefined();
  expect(spoken(fixture).join(' ')).not.toContain(receipt);
});

test('it ends the answer to its speaker, and lets that to another go on', async () => {
  const own = await called([said], { pipeline: talkative(8) });
  void own.fixture.talk.ask('g', 'Talk.', { id: 'adam', name: 'Adam' }, 'voice');
  await pass(own.fixture, 1_000);
  await says(own.fixture, adam, 12_000);
  expect(own.fixture.of('answered')).toEqual([]);
  const other = await called([said], { pipeline: talkative(8) });
  void other.fixture.talk.ask('g', 'Talk.', { id: 'eva', name: 'Eva' }, 'voice');
  await pass(other.fixture, 1_000);
  await says(other.fixture, adam, 30_000);
  expect(gateOf(other.fixture).standing('adam')).toBe('no');
  expect(other.fixture.of('answered').map(({ name }) => name)).toEqual(['Eva']);
});

test('who is deafened reads the receipt, with a mention; a no that is not kept says so', async () => {
  const { fixture } = await called([said], {}, [{ ...adam, isDeaf: true }, eva]);
  fixture.consents.trouble = 'unwritable';
  await says(fixture);
  expect(gateOf(fixture).standing('adam')).toBe('no');
  expect(fixture.notified).toEqual([
    [
      {
        personId: 'adam',
        text: `${receipt} That holds for now, and I save it as soon as I can. I told the operator.`,
      },
    ],
  ]);
  expect(fixture.offered).toContain('consent.always');
});

test('where it is only there for captions the receipt is written', async () => {
  const { fixture } = await called([said]);
  await fixture.sessions.join(lounge, 'adam', 'captions');
  await says(fixture);
  expect(fixture.notified).toEqual([[{ personId: 'adam', text: receipt }]]);
});
