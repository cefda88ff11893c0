import type { ChatMessage, ChatModel, ChatPart } from '#src/chat/chat-model.ts';
import { tools } from '#src/features/features.ts';
import {
  adam,
  lounge,
  openSessionFixture,
  passTime,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { listTitles } from '#test/conversation/setup/tracks-fixture.ts';
import { makeCatalog, makeLibrary } from '#test/fakes/fake-sounds.ts';

const lying = makeLibrary('bell', 'nature/rain', 'city/rain', 'song', 'tin roof');

/** Calls `play_sound` with what is next in the list for each question. */
class Caller implements ChatModel {
  readonly results: string[] = [];
  readonly #requests: object[];

  constructor(requests: readonly object[]) {
    this.#requests = [...requests];
  }

  async *reply(messages: readonly ChatMessage[]): AsyncGenerator<ChatPart> {
    const last = messages.at(-1);
    if (last?.role === 'tool') {
      this.results.push(last.content);
      return yield { kind: 'text', text: 'Well.' };
    }
    const request = this.#requests[0];
    const argumentsJson = JSON.stringify(request);
    yield { kind: 'tool', call: { id: '1', name: 'play_sound', argumentsJson } };
  }

  /** The next question is about the next wish. */
  next() {
    this.#requests.shift();
  }
}

/** Adam and Eva sit with the bot; the model wants these one after the other. */
async function openSetup(...requests: readonly object[]) {
  const chat = new Caller(requests);
  const fixture = openSessionFixture({
    chat,
    pieces: 2,
    tools,
    sounds: makeCatalog(lying),
  });
  await fixture.sessions.join(lounge, 'adam');
  await passTime(fixture, 40);
  return { fixture, chat, synthesizer: fixture.synthesizer };
}

async function ask(fixture: SessionFixture, words: string) {
  void fixture.talk.askQuestion('g', words, adam, 'voice');
  await passTime(fixture, 3_000);
}

test.each([
  ['bell', 'bell'],
  ['the bell', 'bell'],
  ['roof', 'tin roof'],
])('who asks for %j hears %s, which is theirs', async (sound, title) => {
  const { fixture } = await openSetup({ sound });
  await ask(fixture, 'Play that.');
  expect(listTitles(fixture)).toEqual([title]);
  expect(fixture.tracks.listTracks('g')?.[0]?.current?.owner).toBe('Adam');
  expect(fixture.of('tool')).toMatchObject([{ tool: 'play_sound', how: 'ran' }]);
});

test('if two sounds fit, the bot asks which one, and plays the one that the model takes from the answer', async () => {
  const { fixture, chat, synthesizer } = await openSetup(
    { sound: 'rain' },
    { sound: 'nature rain' },
  );
  await ask(fixture, 'Play rain.');
  expect(listTitles(fixture)).toEqual([undefined]);
  const spoken = synthesizer.asked.map(({ text }) => text).join(' ');
  expect(spoken).toMatch(/^Which one: nature rain, city rain\?/);
  chat.next();
  await ask(fixture, 'The first one, please.');
  expect(listTitles(fixture)).toEqual(['nature/rain']);
  expect(fixture.offered).toEqual([]);
});

test.each([
  'https://sounds.example/song.mp3',
  'http://127.0.0.1/x',
  'file:///etc/passwd',
  'sounds.example/song.mp3',
])('a model plays no link: %s', async (sound) => {
  const { fixture, chat } = await openSetup({ sound });
  await ask(fixture, 'Play that.');
  expect(listTitles(fixture)).toEqual([undefined]);
  expect(chat.results[0]).toContain('Links are not played.');
});

test.each([
  [{ sound: 'thunder' }, 'There are: '],
  [{ sound: 'bell', track: 'voice' }, 'voice is mine'],
  [{ sound: 'bell', track: 'all' }, 'all is mine'],
  [{ sound: 'bell', track: '...' }, '1 to 40 characters'],
])('%j plays nothing, and the model is told why', async (given, why) => {
  const { fixture, chat } = await openSetup(given);
  await ask(fixture, 'Play that.');
  expect(listTitles(fixture)).toEqual([undefined]);
  expect(chat.results[0]).toContain(why);
});
