import { expect, test } from 'vitest';
import { captioned, says } from '#test/conversation/setup/captioned.ts';

const json = { format: 'json' } as const;

test('programs read what captions kept in the channels that their token names, and nothing else', async () => {
  const { programTranscripts, ...fixture } = await captioned();
  await says({ programTranscripts, ...fixture });
  const lounge = ['lounge', 'den'];
  expect(await programTranscripts.sessions('g', lounge)).toMatchObject([{ channelName: 'Lounge' }]);
  expect(await programTranscripts.file('g', lounge, json)).toMatchObject({ kind: 'files' });
  for (const others of [[], ['den']]) {
    expect(await programTranscripts.sessions('g', others)).toEqual([]);
    expect(await programTranscripts.file('g', others, json)).toEqual({ kind: 'none' });
  }
});
