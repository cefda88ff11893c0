import { expect, test } from 'vitest';
import { captioned, says } from '#test/conversation/setup/captioned.ts';

const json = { format: 'json' } as const;

test('programs read what captions kept where every manager may, while people may catch up', async () => {
  const fixture = await captioned();
  await fixture.settings.set('g', 'catch_up', 'on');
  await says(fixture);
  const { managerTranscripts, captionChats } = fixture;
  expect(await managerTranscripts.sessions('g')).toMatchObject([{ channelName: 'Lounge' }]);
  expect(await managerTranscripts.file('g', json)).toMatchObject({ kind: 'files' });
  captionChats.barred.add('managers');
  expect(await managerTranscripts.sessions('g')).toEqual([]);
  expect(await managerTranscripts.file('g', json)).toEqual({ kind: 'none' });
});

test('where only those who were there may know what was said, programs know nothing of it', async () => {
  const fixture = await captioned();
  await fixture.settings.set('g', 'catch_up', 'off');
  await says(fixture);
  expect(await fixture.transcriptFor.file('g', 'adam', json)).toMatchObject({ kind: 'files' });
  expect(await fixture.managerTranscripts.sessions('g')).toEqual([]);
  expect(await fixture.managerTranscripts.file('g', json)).toEqual({ kind: 'none' });
});
