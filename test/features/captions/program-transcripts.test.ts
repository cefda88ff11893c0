import { expect, test } from 'vitest';
import { captioned, says } from '#test/conversation/setup/captioned.ts';

const json = { format: 'json' } as const;

test('programs read what captions kept in the channels that their token names, and nothing else', async () => {
  const fixture = await captioned();
  await says(fixture);
  const { transcriptFor } = fixture;
  const lounge = ['lounge', 'den'];
  expect(await transcriptFor.sessions('g', lounge)).toMatchObject([{ channelName: 'Lounge' }]);
  expect(await transcriptFor.file('g', lounge, json)).toMatchObject({ kind: 'file' });
  for (const others of [[], ['den']]) {
    expect(await transcriptFor.sessions('g', others)).toEqual([]);
    expect(await transcriptFor.file('g', others, json)).toEqual({ kind: 'none' });
  }
});
