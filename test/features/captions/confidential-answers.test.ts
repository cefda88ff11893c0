import { expect, test } from 'vitest';
import { turnOn } from '#test/conversation/setup/captioned.ts';
import {
  asked,
  type Narration,
  openNarration,
  reported,
} from '#test/conversation/setup/narration.ts';
import { adam, pass } from '#test/conversation/setup/session-fixture.ts';

const neutral = '(said to those present)';

/** Adam says a word aloud, and asks for it; before or after captions are on, where people may catch up or not. */
async function captionsOf(isEarly: boolean, catchUp: 'on' | 'off'): Promise<Narration> {
  const setup = await openNarration({ addressing: 'name' });
  const { fixture, say } = setup;
  await fixture.settings.set('g', 'catch_up', catchUp);
  if (!isEarly) await turnOn(fixture);
  await say(adam, `Nova, mind the ${reported}.`);
  if (isEarly) await turnOn(fixture);
  await say(adam, 'Nova, what did I tell you?');
  await pass(fixture, 12_000);
  return setup;
}

/** Texts in the chat of the captions, and the lines of the bot that are kept. */
async function shownIn({ fixture }: Narration) {
  const { captionChats, transcripts } = fixture;
  const viewers = [{ personId: 'adam', openPlaceIds: ['lounge'] }] as const;
  const { reader } = transcripts.onDisk;
  const sessions = await reader.sessions('g', viewers, 9);
  const lines = await Promise.all(sessions.map(({ id }) => reader.lines(id, viewers)));
  const kept = lines.flat().flatMap(({ speaker, text }) => (speaker.kind === 'bot' ? [text] : []));
  return { posted: captionChats.chat.lines.join('\n'), kept };
}

test.each(['on', 'off'] as const)(
  'captions show none of an answer that is made of what was said before they were on, with catch_up %s',
  async (catchUp) => {
    const { posted, kept } = await shownIn(await captionsOf(true, catchUp));
    expect([posted, ...kept].filter((text) => text.includes(reported))).toEqual([]);
    expect([posted.includes(neutral), kept]).toEqual([true, [neutral]]);
  },
);

test.each(['on', 'off'] as const)(
  'captions show the answers of a conversation that all stands in them, with catch_up %s',
  async (catchUp) => {
    const { posted, kept } = await shownIn(await captionsOf(false, catchUp));
    expect([posted, kept.at(-1)].map((text) => text?.includes(reported))).toEqual([true, true]);
    expect(posted).not.toContain(neutral);
  },
);

test('captions show an answer that quotes them', async () => {
  const setup = await openNarration({ addressing: 'name' });
  const { fixture, say } = setup;
  await turnOn(fixture);
  await say(adam, `The ${reported} is decided.`);
  await asked(setup, adam, 'What was decided?');
  const { posted, kept } = await shownIn(setup);
  expect(kept.at(-1)).toContain(reported);
  expect(posted).not.toContain(neutral);
});
