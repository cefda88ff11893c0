import { expect, test } from 'vitest';
import { openSessionFixture } from '#test/session/setup/session-fixture.ts';

test('times are those of the zone that a server names, by a name that there is', async () => {
  const { settings, sessions } = openSessionFixture();
  expect(await settings.set('g', 'timezone', 'Berlin')).toMatchObject({ kind: 'bad' });
  expect(sessions.settings.in('g').timeZone).toBe('UTC');
  const set = await settings.set('g', 'timezone', 'Europe/Berlin');
  expect(set).toMatchObject({ kind: 'set', value: 'Europe/Berlin' });
  expect(sessions.settings.in('g').timeZone).toBe('Europe/Berlin');
  expect(settings.values('timezone')).toContain('Asia/Tokyo');
});
