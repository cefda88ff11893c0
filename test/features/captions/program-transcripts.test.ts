import { openCaptioned, sayAll } from '#test/conversation/setup/captioned-session.ts';

const json = { format: 'json' } as const;

test('programs read what captions kept in the channels that their token names, and nothing else', async () => {
  const fixture = await openCaptioned();
  await sayAll(fixture);
  const { transcriptFor } = fixture;
  const lounge = ['lounge', 'den'];
  expect(await transcriptFor.listSessions('g', lounge)).toMatchObject([
    { channelName: 'Lounge' },
  ]);
  expect(await transcriptFor.createFile('g', lounge, json)).toMatchObject({
    kind: 'file',
  });
  for (const others of [[], ['den']]) {
    expect(await transcriptFor.listSessions('g', others)).toEqual([]);
    expect(await transcriptFor.createFile('g', others, json)).toEqual({ kind: 'none' });
  }
});
