import { expect, test } from 'vitest';
import type { Button } from '#src/conversation/command.ts';
import type { PanelPlace } from '#src/conversation/ports/panel.ts';
import type { DiscordEvent } from '#src/discord/events.ts';
import type { RestBody } from '#src/discord/outbox/outbox.ts';
import { PanelThreads } from '#src/discord/panel/panel-threads.ts';
import type { PanelOptions } from '#src/discord/panel/panels.ts';
import { text } from '#src/texts/texts.ts';
import { refusal } from '#test/discord/setup/refusals.ts';

const buttons = new Map(
  (
    [
      ['consent.always', 'button.hear_me'],
      ['consent.never', 'button.not_me'],
    ] as const
  ).map(([name, label]): [string, Button] => [
    name,
    { name, label, style: 'plain', run: async () => [{ id: 'stop.ok', to: 'caller' }] },
  ]),
);

/** Threads over a Discord that takes notes; `failures` are thrown one by one where it is to open or write. */
function open() {
  const at: { place: PanelPlace | undefined } = { place: { channelId: 'c', messageId: 'm1' } };
  const opened: string[] = [];
  const written: { readonly in: string; readonly mention: RestBody }[] = [];
  const events: DiscordEvent[] = [];
  const failures: unknown[] = [];
  const rest = {
    async post(route: string, { body }: { readonly body: { readonly name: string } }) {
      opened.push(body.name);
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      return { id: `under ${route.split('/')[4]}` };
    },
  };
  const guild = { preferredLocale: 'de', members: { me: { displayName: '*Nova*' } } };
  const user = { displayName: 'Nova', id: '1' };
  const client = { rest, user, guilds: { cache: new Map([['g', guild]]) } };
  const outbox = {
    async post(id: string, mention: RestBody) {
      written.push({ in: id, mention });
      return { id: 'm' };
    },
  };
  const report = (event: DiscordEvent) => void events.push(event);
  const options = { client, buttons, outbox, report } as unknown as PanelOptions;
  const threads = new PanelThreads(options, () => at.place);
  const invite = async (personId: string) => {
    threads.invite('g', personId, 7);
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };
  return { at, opened, written, events, failures, invite };
}

test('a newcomer is mentioned in a thread under the panel, with what the bot would like and three buttons', async () => {
  const { opened, written, invite } = open();
  await invite('7');
  expect(opened).toEqual([text('panel.thread', { bot: '\\*Nova\\*' }, 'de')]);
  expect(written.map((one) => one.in)).toEqual(['under m1']);
  const { content, components, allowed_mentions } = written[0]?.mention ?? ({} as RestBody);
  const rows = components as readonly { readonly components: readonly { custom_id: string }[] }[];
  const card = `${text('consent.no', {}, 'de')} ${text('panel.privacy', {}, 'de')}`;
  expect(content).toBe(`<@7> ${card} ${text('captions.kept', { days: 7 }, 'de')}`);
  expect(allowed_mentions).toEqual({ parse: [], users: ['7'] });
  expect(rows.flatMap((row) => row.components.map(({ custom_id: id }) => id))).toEqual([
    'parley:consent.always',
    'parley:consent.never',
  ]);
});

test('without a panel nobody is mentioned', async () => {
  const { at, opened, written, invite } = open();
  at.place = undefined;
  await invite('7');
  expect([opened, written]).toEqual([[], []]);
});

test('without the right to open a thread nobody is mentioned, and the operator is told once', async () => {
  const { at, failures, opened, written, events, invite } = open();
  failures.push(refusal(403, 50_013), refusal(400, 50_024));
  await invite('7');
  await invite('8');
  expect(opened).toHaveLength(1);
  at.place = { channelId: 'c', messageId: 'm2' };
  await invite('9');
  expect([opened.length, written]).toEqual([2, []]);
  expect(events).toMatchObject([{ kind: 'warning' }]);
});
