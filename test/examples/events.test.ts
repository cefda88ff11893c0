import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import { endedSession } from '#test/commands/command-ports.ts';
import {
  guildId,
  makeProgramPorts,
  openApi,
  openLoopback,
} from '#test/web/api/api-setup.ts';

test('the example greets whoever is heard first after the bot has joined, by name', async () => {
  const said = Promise.withResolvers<string>();
  const ports = makeProgramPorts({
    sayText: async (_guildId, text) => {
      said.resolve(text);
      return { kind: 'queued', position: 0, ended: endedSession };
    },
  });
  await using api = await openApi(ports);
  const channelId = toChannelId('2029384756102938475');
  await api.add('parley_dog', { scopes: ['events', 'say'], channelIds: [channelId] });
  using served = await openLoopback(api.app);
  const env = {
    PARLEY_URL: `${served.url}/v1`,
    PARLEY_TOKEN: 'parley_dog',
    PARLEY_SERVER: guildId,
  };
  const child = spawn(process.execPath, ['examples/events.mjs'], { env });
  const [first] = await once(child.stdout.setEncoding('utf8'), 'data');
  expect(first).toBe('listening\n');
  const channel = { guildId, channelId, name: 'Lounge' };
  api.events.report(toGuildId(guildId), { kind: 'joined', channel, tookMs: 1 });
  const heard = { speakerId: toPersonId('1'), name: 'Ana', text: 'Good evening.' };
  api.events.report(toGuildId(guildId), { kind: 'recognised', channelId, ...heard });
  expect(await said.promise).toBe('Hello, Ana.');
  child.kill();
  await once(child, 'close');
});
