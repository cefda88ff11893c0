import { commands } from '#commands/commands.ts';
import type { CommandCall } from '#src/features/command.ts';
import {
  explainFailure,
  type Finding,
  toOkFinding,
  toUntriedFinding,
} from '#src/probes/probe.ts';
import type { SettingOutcome } from '#src/settings/setting-definition.ts';
import { adam, makePorts, manager, type PortOverrides } from './command-ports.ts';
import { readReply, runTyped } from './run-typed.ts';

const runSettings = (
  name: string,
  inputs: CommandCall['inputs'] = {},
  overrides?: PortOverrides,
) => runTyped(`settings ${name}`, { ...manager, inputs }, overrides);

test('/settings alone is hidden from people without Manage Server, and all that is hidden so refuses them', async () => {
  const hidden = commands.flatMap((command) => {
    const allCommands =
      'commands' in command ? command.commands : 'label' in command ? [] : [command];
    return allCommands.filter(({ needsManageServer }) => needsManageServer);
  });
  const own = commands.find(
    (command) => 'commands' in command && command.name === 'settings',
  );
  expect(own).toMatchObject({ commands: hidden });
  for (const command of hidden)
    expect(await command.run(adam, makePorts())).toEqual([{ id: 'perm.manage' }]);
});

test.each<[SettingOutcome, readonly string[]]>([
  [{ kind: 'set', value: 'off', isSaved: true }, ['Saved.']],
  [
    { kind: 'set', value: 'off', isSaved: false },
    ["I can't save that now. It holds until I restart; then please do it again."],
  ],
  [
    { kind: 'unknown', keys: ['typed', 'voice'] },
    ['There is no "tone". There are: typed, voice.', 'You typed: loud'],
  ],
  [
    { kind: 'bad' },
    [
      'tone does not take "loud". Nothing changed. It takes, for instance: none, default.',
      'You typed: loud',
    ],
  ],
  [
    { kind: 'bad', why: { id: 'settings.no_role' } },
    [
      'tone does not take "loud". Nothing changed. It takes, for instance: none, default.',
      'Which role? Type: role @name, or role and its id.',
      'You typed: loud',
    ],
  ],
])('%j is told above the page of the setting', async (setting, lines) => {
  const words = { key: 'tone', value: 'loud' };
  const setSetting = async () => setting;
  const replies = await runSettings('set', words, { setSetting });
  expect(readReply(replies)).toEqual(['caller', ...lines]);
});

async function checkFindings(findings: readonly Finding[]) {
  return readReply(
    await runSettings('check', {}, { checkAnswers: async () => ({ findings }) }),
  );
}

test('/settings check prints a line for each part, and ends with the tone', async () => {
  const findings = [
    toOkFinding('think', 'first word after 12 ms'),
    toOkFinding('playback', 'a tone left'),
  ];
  expect(await checkFindings(findings)).toEqual([
    'caller',
    'think: ok, first word after 12 ms',
    'playback: ok, a tone left',
    'All good. You should hear a tone now.',
  ]);
});

test('a failed check shows its reason, and a check that was not tried shows what it needs', async () => {
  const lacks = { channel: 'Lounge', permission: 'Speak' };
  const barred = explainFailure('permission', { id: 'join.no_right', with: lacks });
  const idle = toUntriedFinding('playback', { id: 'leave.nowhere' });
  expect(await checkFindings([barred, idle])).toEqual([
    'caller',
    'permission: failed. I lack Speak in Lounge. Whoever manages the channel can give it to my role there; then run /join again.',
    "playback: not tried. I'm in no voice channel here. Call me with /join.",
    "1 of 8 checks failed. If you can't mend that, ask my operator to run npm run doctor.",
  ]);
  expect((await checkFindings([toOkFinding('speak', 'it speaks'), idle])).at(-1)).toBe(
    'So far all good. Run /join, then /settings check again to hear a tone.',
  );
});
