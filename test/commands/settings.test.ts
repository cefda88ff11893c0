import { expect, test } from 'vitest';
import { buttons } from '#commands/buttons.ts';
import { commands } from '#commands/commands.ts';
import type { Command, CommandCall, Replies } from '#src/conversation/command.ts';
import type {
  CheckReport,
  CheckResult,
  SettingOutcome,
} from '#src/conversation/ports/setting-and-check-outcomes.ts';
import { text } from '#src/texts/texts.ts';
import { adam, inLounge, lounge, type PortOverrides, ports } from './ports.ts';

const manager: CommandCall = { ...adam, mayManage: true };

function settings(name: string): Command {
  const groups = commands.filter((one) => 'commands' in one);
  const group = groups.find((one) => one.name === 'settings');
  const found = group?.commands.find((one) => one.name === name);
  if (!found) throw new Error(`no /settings ${name}`);
  return found;
}

function run(
  name: string,
  words: CommandCall['words'] = {},
  over: PortOverrides = {},
): Promise<Replies> {
  return settings(name).run({ ...manager, words }, ports(over));
}

/** The one private message this is, as it is read. */
function read([reply, ...others]: Replies): string[] {
  expect([others, reply.to]).toEqual([[], 'caller']);
  return [reply, ...(reply.lines ?? [])].map((line) => text(line.id, line.with));
}

const saying = (setting: SettingOutcome): PortOverrides => ({ set: async () => setting });

test('/settings alone is hidden from people without Manage Server, and all that is hidden so refuses them', async () => {
  const hidden = commands.flatMap((one) => {
    const all: readonly Command[] = 'commands' in one ? one.commands : 'label' in one ? [] : [one];
    return all.filter(({ needsManageServer }) => needsManageServer);
  });
  const own = commands.find((one) => 'commands' in one && one.name === 'settings');
  expect(own).toMatchObject({ commands: hidden });
  for (const one of hidden)
    expect(await one.run(adam, ports())).toEqual([{ id: 'perm.manage', to: 'caller' }]);
});

test.each(['view', 'set', 'check'])(
  '/settings %s needs Manage Server, and asks nothing before',
  async (name) => {
    const never = () => Promise.reject(new Error('asked'));
    const over = { view: never, set: never, check: never };
    expect(await settings(name).run(inLounge, ports(over))).toEqual([
      { id: 'perm.manage', to: 'caller' },
    ]);
    expect(settings(name).shownTo).toBe('caller');
  },
);

const roleId = '123456789012345678';
const saved = { kind: 'set', saved: true } as const;
test.each<[SettingOutcome, readonly string[]]>([
  [{ ...saved, key: 'cues', value: 'off' }, ['Saved: cues is off.']],
  [{ ...saved, key: 'dj_role', value: roleId, mark: '@&' }, [`Saved: dj_role is <@&${roleId}>.`]],
  [{ ...saved, key: 'voice', value: '' }, ["Saved: voice is the engine's own."]],
  [
    {
      ...saved,
      key: 'pipeline',
      value: 'realtime',
      line: { id: 'pipeline.switched', with: { pipeline: 'realtime' } },
    },
    ['Now using realtime. The conversation continues.'],
  ],
  [
    { ...saved, key: 'addressing', value: 'off', line: { id: 'settings.addressing.off' } },
    ['I answer commands only.'],
  ],
  [
    { kind: 'set', key: 'cues', value: 'off', saved: false },
    ['Saved: cues is off.', "I can't save that now: it holds until I restart."],
  ],
  [{ kind: 'unknown', keys: ['cues', 'voice'] }, ['No setting "tone". There are: cues, voice.']],
  [
    { kind: 'bad', key: 'cues', allowed: ['off', 'soft', 'on'] },
    ['cues takes off, soft, on, or default. Nothing changed.'],
  ],
  [
    {
      kind: 'bad',
      key: 'instructions',
      allowed: [],
      line: { id: 'settings.bad.instructions', with: { n: 1000 } },
    },
    ['instructions takes 1 to 1000 characters, or default. Nothing changed.'],
  ],
  [
    { kind: 'bad', key: 'voice', allowed: [], line: { id: 'settings.bad.voice' } },
    ['voice takes the name of a voice, or default. Nothing changed.'],
  ],
  [
    { kind: 'missing', name: 'realtime' },
    ['realtime is not set up here: only my operator can change that. Nothing changed.'],
  ],
  [{ kind: 'no-role' }, ['Which role? Type: role @name, or role and its id. Nothing changed.']],
])('%j is answered in a sentence', async (setting, lines) => {
  const words = { key: 'tone', value: 'loud' };
  expect(read(await run('set', words, saying(setting)))).toEqual(lines);
});

test('a key and its values are offered, prefix first', async () => {
  const [key, value] = settings('set').options;
  if (key?.kind !== 'text' || value?.kind !== 'text') throw new Error('no options');
  expect(await key.suggest?.('c', manager, ports())).toEqual([
    'cues',
    'consent',
    'captions',
    'captions_channel',
    'captions_days',
    'instructions',
    'voice',
    'recap',
    'blocked',
    'read_channel',
  ]);
  const call = { ...manager, words: { key: 'cues' } };
  expect(await value.suggest?.('', call, ports())).toEqual(['off', 'soft', 'on', 'default']);
});

test('a looser policy wants a button, which also needs Manage Server', async () => {
  const looser = { kind: 'looser', policy: 'notice', value: 'notice' } as const;
  const [asking] = await run('set', { key: 'consent', value: 'notice' }, saying(looser));
  expect(asking).toMatchObject({
    id: 'settings.looser.notice',
    buttons: ['settings.loosen:notice'],
  });
  const button = buttons.find(({ name }) => name === 'settings.loosen');
  const asked: unknown[] = [];
  const set = async (...args: unknown[]): Promise<SettingOutcome> => {
    asked.push(args);
    return { ...saved, key: 'consent', value: 'notice' };
  };
  const words = { about: 'notice' };
  expect(await button?.run({ ...adam, words }, ports({ set }))).toMatchObject([
    { id: 'perm.manage' },
  ]);
  expect(asked).toEqual([]);
  await button?.run({ ...manager, words }, ports({ set }));
  expect(asked).toEqual([['g', 'consent', 'notice', 'confirmed']]);
});

const fine = (point: CheckResult['point']): CheckResult => ({ point, kind: 'ok', ms: 12.4 });
const all = [
  fine('permission'),
  fine('link'),
  {
    ...fine('encryption'),
    detail: { id: 'check.end_to_end', with: { cipher: 'AES256-GCM' } },
  } as CheckResult,
  fine('decode'),
  fine('recognise'),
  fine('think'),
  fine('speak'),
  fine('playback'),
];

async function checked(findings: readonly CheckResult[], news: CheckReport['news'] = []) {
  return read(await run('check', {}, { check: async () => ({ findings, news }) }));
}

test('/settings check prints eight lines, and ends with the tone', async () => {
  expect(await checked(all)).toEqual([
    'permission: ok, 12 ms',
    'voice link: ok, 12 ms',
    'encryption: ok, 12 ms, AES256-GCM, end to end',
    'decode: ok, 12 ms',
    'recognise: ok, 12 ms',
    'think: ok, 12 ms',
    'speak: ok, 12 ms',
    'playback: ok, 12 ms',
    'All good. You should hear a tone now.',
  ]);
});

test('what failed is told with its reason, what was not tried with what it needs', async () => {
  const barred: CheckResult = {
    point: 'permission',
    kind: 'barred',
    verdict: { kind: 'no-speak' },
    channel: lounge,
  };
  const idle: CheckResult = { point: 'playback', kind: 'idle', line: { id: 'check.nowhere' } };
  const news = [{ id: 'check.model.unlisted', with: { model: 'm' } }] as const;
  expect(await checked([barred, idle], news)).toEqual([
    "permission: failed. I can't speak in Lounge. Give my role Speak there, then run /join again.",
    "playback: not tried. I'm in no voice channel here: run /join, then check again.",
    'The server does not list the model m: my operator has to choose another.',
    "1 of 8 checks failed. If you can't mend that, ask my operator to run npm run doctor.",
  ]);
  expect((await checked([fine('speak'), idle])).at(-1)).toBe(
    'So far all good. Run /join, then /settings check again to hear a tone.',
  );
});
