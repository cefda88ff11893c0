import { expect, test } from 'vitest';
import { ChatsShowingSpeech } from '#src/conversation/presence/chats-showing-speech.ts';

test('words stand in every place that writes those of their speaker, while it is open', () => {
  const places = new ChatsShowingSpeech();
  expect(places.isEmpty).toBe(true);
  expect(places.since('ana', 0)).toBeUndefined();
  const first = places.open({
    since: (speakerId) => (speakerId === 'ana' ? ['a'] : undefined),
    openTo: (personId) => (personId === 'eva' ? ['a'] : []),
  });
  const second = places.open({ since: () => [], openTo: () => ['b'] });
  expect(places.isEmpty).toBe(false);
  expect(places.since('ana', 0)).toEqual(['a']);
  expect(places.since('eva', 0)).toEqual([]);
  expect(places.openTo('eva')).toEqual(['a', 'b']);
  second[Symbol.dispose]();
  expect(places.since('eva', 0)).toBeUndefined();
  first[Symbol.dispose]();
  expect(places.isEmpty).toBe(true);
});
