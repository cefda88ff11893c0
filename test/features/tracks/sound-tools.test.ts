import type { ChatMessage, ChatModel, ChatPart } from '#src/chat/chat-model.ts';
import { tools } from '#src/features/features.ts';
import {
  adam,
  eva,
  openCalled,
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
    const argumentsJson = JSON.stringify(this.#requests[0]);
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
  const sounds = makeCatalog(lying);
  const fixture = await openCalled({ chat, pieces: 2, tools, sounds }, [adam, eva], 40);
  return { fixture, chat };
}

async function ask(fixture: SessionFixture, words = 'Play that.') {
  void fixture.talk.askQuestion('g', words, adam, 'voice');
  await passTime(fixture, 3_000);
}

test.each([
  ['bell', 'bell'],
  ['the bell', 'bell'],
  ['roof', 'tin roof'],
])('who asks for %j hears %s, which is theirs', async (sound, title) => {
  const { fixture } = await openSetup({ sound });
  await ask(fixture);
  expect(listTitles(fixture)).toEqual([title]);
  expect(fixture.tracks.listTracks('g')?.[0]?.current?.owner).toBe('Adam');
  expect(fixture.of('tool')).toMatchObject([{ tool: 'play_sound', how: 'ran' }]);
});

test('if two sounds fit, the bot asks which one, and plays the one that the model takes from the answer', async () => {
  const asked = [{ sound: 'rain' }, { sound: 'nature rain' }];
  const { fixture, chat } = await openSetup(...asked);
  await ask(fixture, 'Play rain.');
  expect(listTitles(fixture)).toEqual([undefined]);
  const spoken = fixture.synthesizer.texts.join(' ');
  expect(spoken).toMatch(/^Which one: nature rain, city rain\?/);
  chat.next();
  await ask(fixture, 'The first one, please.');
  expect([listTitles(fixture), fixture.offered]).toEqual([['nature/rain'], []]);
});

test.each([
  [{ sound: 'https://sounds.example/song.mp3' }, 'Links are not played.'],
  [{ sound: 'http://127.0.0.1/x' }, 'Links are not played.'],
  [{ sound: 'file:///etc/passwd' }, 'Links are not played.'],
  [{ sound: 'sounds.example/song.mp3' }, 'Links are not played.'],
  [{ sound: 'thunder' }, 'There are: '],
  [{ sound: 'bell', track: 'voice' }, 'voice is mine'],
  [{ sound: 'bell', track: 'all' }, 'all is mine'],
  [{ sound: 'bell', track: '...' }, '1 to 40 characters'],
])('%j plays nothing, and the model is told why', async (given, why) => {
  const { fixture, chat } = await openSetup(given);
  await ask(fixture);
  expect(listTitles(fixture)).toEqual([undefined]);
  expect(chat.results[0]).toContain(why);
});
