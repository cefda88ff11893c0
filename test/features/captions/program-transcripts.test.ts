import { toChannelId, toGuildId } from '#src/base/ids.ts';
import { openCaptioned, sayAll } from '#test/conversation/setup/captioned-session.ts';
import { openDeeply } from '#test/fakes/opened-replies.ts';

const json = { format: 'json' } as const;

test('programs read what captions kept in the channels that their token names, and nothing else', async () => {
  const fixture = await openCaptioned();
  await sayAll(fixture);
  const { transcriptFor } = fixture;
  const lounge = [toChannelId('lounge'), toChannelId('den')];
  const listed = await transcriptFor.listSessions(toGuildId('g'), lounge);
  expect(await openDeeply(listed)).toMatchObject([{ channelName: 'Lounge' }]);
  expect(await transcriptFor.createFile(toGuildId('g'), lounge, json)).toMatchObject({
    kind: 'file',
  });
  for (const others of [[], ['den']]) {
    expect(
      await transcriptFor.listSessions(toGuildId('g'), others.map(toChannelId)),
    ).toEqual([]);
    expect(
      await transcriptFor.createFile(toGuildId('g'), others.map(toChannelId), json),
    ).toEqual({ kind: 'none' });
  }
});
