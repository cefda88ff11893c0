import { expect, test } from 'vitest';
import { openSandbox } from '#sandbox/sandbox.ts';
import { type Clock, realClock } from '#src/base/clock.ts';
import type { Command, CommandPorts, Replies } from '#src/conversation/command.ts';
import { openDiscord } from '#src/discord/client.ts';
import type { DiscordEvent } from '#src/discord/events.ts';
import { text } from '#src/texts/texts.ts';
import { openAccess } from '#test/fakes/open-access.ts';
import { silentVoice } from '#test/sandbox/voice/silent-voice.ts';

const soon = () => AbortSignal.timeout(5_000);

/** The clock of Discord: it can be put forward, which wakes nobody. */
function clockAhead(): Clock & { aheadMs: number } {
  const clock = {
    ...realClock,
    aheadMs: 0,
    nowMs: () => realClock.nowMs() + clock.aheadMs,
  };
  return clock;
}

/** A bot with a slow command, and one that is answered at once. */
async function slowBot() {
  const clock = clockAhead();
  const sandbox = await openSandbox({ voice: silentVoice().half, clock });
  const release = Promise.withResolvers<void>();
  const events: DiscordEvent[] = [];
  const command = (name: string, run: () => Promise<Replies>): Command => {
    return { name, description: 'command.stop', shownTo: 'caller', options: [], run };
  };
  const commands = [
    command('slow', async () => {
      await release.promise;
      return [{ id: 'recap.none', to: 'caller' }];
    }),
    command('quick', async () => [{ id: 'stop.ok', to: 'caller' }]),
  ];
  const { apiUrl, token, guildId } = sandbox;
  const ports = () => ({ ...openAccess }) as CommandPorts;
  const onEvent = (event: DiscordEvent) => void events.push(event);
  const bot = await openDiscord({ apiUrl, token, guildId, commands, ports, onEvent }, soon());
  const close = async () => {
    await bot[Symbol.asyncDispose]();
    await sandbox[Symbol.asyncDispose]();
  };
  return { clock, sandbox, release, events, [Symbol.asyncDispose]: close };
}

test('an answer that comes after 15 minutes is refused by Discord, and who asked is told where they asked', async () => {
  await using setup = await slowBot();
  const { clock, events, release, sandbox } = setup;
  const ann = sandbox.person('Ann');
  const asked = ann.command('slow');
  await asked.acknowledged(soon());
  clock.aheadMs = 15 * 60_000;
  release.resolve();
  const said = text('answer.expired', { name: 'Ann' });
  await expect
    .poll(() => sandbox.messages('general').map((message) => message.text))
    .toContain(said);
  const refused = sandbox.requests().filter(({ path }) => path.includes('/webhooks/'));
  expect(refused.map(({ method, status }) => [method, status])).toEqual([['PATCH', 401]]);
  expect(events).toContainEqual(
    expect.objectContaining({ kind: 'command-failed', name: 'slow', code: 'discord.unreachable' }),
  );
  expect(asked.reply).toBeUndefined();
  // What Discord said no to was the old answer, and not the bot.
  expect(await ann.command('quick').answered(soon())).toMatchObject({ text: text('stop.ok') });
});
