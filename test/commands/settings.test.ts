import { buttons, forms, pickers } from '#commands/buttons.ts';
import { commands } from '#commands/commands.ts';
import {
  openPanel,
  panelButtons,
  panelForm,
  panelPickers,
} from '#commands/settings/settings-panel-presses.ts';
import { messageComponentsSchema, modalSchema } from '#sandbox/rest/rest-content.ts';
import { type ChannelId, type GuildId, toChannelId, toGuildId } from '#src/base/ids.ts';
import { indexCommandsByLine } from '#src/discord/interactions/command-entries.ts';
import { toModal } from '#src/discord/interactions/forms.ts';
import { renderLines, renderMessage } from '#src/discord/interactions/rendering.ts';
import type { CommandCall, CommandPorts, Reply } from '#src/features/command.ts';
import { serverSettings } from '#src/features/features.ts';
import {
  explainFailure,
  type Finding,
  toOkFinding,
  toUntriedFinding,
} from '#src/probes/probe.ts';
import { getAboutId, type SettingOutcome } from '#src/settings/setting-definition.ts';
import { textLocales } from '#src/texts/locales.ts';
import { formatText } from '#src/texts/texts.ts';
import {
  type FixtureOptions,
  openSessionFixture,
  places,
} from '#test/conversation/setup/session-fixture.ts';
import { healthyFacts } from '#test/fakes/channel-facts.ts';
import { openMemoryStores } from '#test/fakes/memory-stores.ts';
import {
  adam,
  callAs,
  makePorts,
  manager,
  type PortOverrides,
} from './command-ports.ts';
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

const g = toGuildId('g');
const byName = new Map(buttons.map((button) => [button.name, button]));
const makeId = (n: number) => `${100_000_000_000_000_000n + BigInt(n)}`;
const makeIds = (count: number, from = 0) =>
  Array.from({ length: count }, (_, n) => makeId(from + n));

/** The panel of one manager over the real settings of the server `g`. */
function openSettings(options: FixtureOptions = {}) {
  const fixture = openSessionFixture(options);
  const all: CommandPorts = { ...makePorts(), features: fixture.featurePorts };
  const readOnlyReply = async (
    replies: Promise<readonly Reply[]> | readonly Reply[],
  ) => {
    const [reply, ...others] = await replies;
    expect(others).toEqual([]);
    return reply ?? expect.fail('no reply');
  };
  /** What has this name, and a call about the subject behind the colon. */
  const findHandler = <One extends { readonly name: string }>(
    those: readonly One[],
    full: string,
    from = manager,
  ) => {
    const [name = ''] = full.split(':');
    const item = those.find((each) => each.name === name) ?? expect.fail(`no ${full}`);
    const inputs = { about: full.slice(name.length + 1), ...from.inputs };
    return [item, { ...from, inputs }] as const;
  };
  const pickFrom = (name = '', picked: readonly string[] = [], from = manager) => {
    const [picker, call] = findHandler(pickers, name, { ...from, picked });
    return readOnlyReply(picker.run(call, all));
  };
  const viewSetting = async (key: string) =>
    (await fixture.settings.viewSettings(g)).all.find((setting) => setting.key === key);
  return {
    ...fixture,
    all,
    openHome: () => readOnlyReply(openPanel(manager, all)),
    press(name: string) {
      const [button, call] = findHandler(buttons, name);
      return readOnlyReply(button.run(call, all));
    },
    pick: pickFrom,
    openForm(name: string, from = manager) {
      const [button, call] = findHandler(buttons, name, from);
      return button.form?.(call, all);
    },
    send(name: string, value: string) {
      const [form, call] = findHandler(forms, name, { ...manager, inputs: { value } });
      return readOnlyReply(form.run(call, all));
    },
    typeValue(key: string, value: string, from: Partial<CommandCall> = {}) {
      const set =
        indexCommandsByLine(commands).get('settings set') ?? expect.fail('no command');
      const inputs = { key, value, ...from.inputs };
      return readOnlyReply(set.run({ ...manager, ...from, inputs }, all));
    },
    pickSetting: (key: string) => pickFrom('settings.open', [key]),
    view: viewSetting,
    readValue: async (key: string) => (await viewSetting(key))?.value,
  };
}

/** Lines as a person reads them. */
function readLines(reply: Reply) {
  return renderLines([reply, ...(reply.lines ?? [])], 'en').content.split('\n');
}

/** Options of the first menu of a page. */
function listOptions({ pickers: [menu] = [] }: Reply) {
  return menu?.kind === 'one-of' ? menu.options : expect.fail('no menu');
}

const findNamed = (reply: Reply, start: string) =>
  [...(reply.buttons ?? []), ...(reply.pickers ?? []).map(({ name }) => name)].find(
    (name) => name.startsWith(start),
  ) ?? '';

test('groups hold every setting once, with its sentence, its value and where that is from', async () => {
  const { openHome, pick, settings } = openSettings({ given: new Set(['ADDRESSING']) });
  await settings.setSetting(g, 'typed', 'off');
  const menu = (await openHome()).pickers?.at(-1);
  if (menu?.kind !== 'one-of') throw new Error('no groups');
  const matches: string[] = [];
  for (const { value, label } of menu.options) {
    const page = await pick(menu.name, [value]);
    expect(readLines(page)[0]).toBe(label);
    for (const { description, value } of listOptions(page)) {
      const sentence = formatText(description ?? 'stop.ok');
      expect(sentence.length).toBeGreaterThan(10);
      expect(readLines(page).join('\n')).toContain(sentence);
      matches.push(value);
    }
  }
  expect(matches.toSorted()).toEqual(serverSettings.map(({ key }) => key).toSorted());
  const answers = readLines(await pick(menu.name, ['settings.group.answers']));
  expect(answers).toContain('**pipeline**: chained (default)');
  expect(answers).toContain('**addressing**: always (set by the operator)');
  expect(answers).toContain('**typed**: off (set in this server)');
  expect(readLines(await pick(menu.name, ['settings.group.former']))[0]).toBe(
    formatText('confirm.over'),
  );
});

test('of a list of ids each row of 25 is picked by itself, and clearing all is none', async () => {
  const { pick, pickSetting, settings, readValue } = openSettings();
  const [first, second] = [makeIds(25), makeIds(5, 25)];
  const listRows = async () => (await pickSetting('blocked')).pickers ?? [];
  const pickRow = async (n: number, picked: readonly string[]) => {
    await pick((await listRows())[n]?.name, picked);
    return await readValue('blocked');
  };
  expect(await listRows()).toMatchObject([{ chosen: [] }]);
  await settings.setSetting(g, 'blocked', [...first, ...second].join(', '));
  expect(await listRows()).toMatchObject([
    { kind: 'person', min: 0, max: 25, chosen: first },
    { kind: 'person', min: 0, max: 15, chosen: second },
  ]);
  expect(await pickRow(1, [makeId(90)])).toBe([...first, makeId(90)].join(', '));
  expect(await pickRow(0, [makeId(1)])).toBe([makeId(1), makeId(90)].join(', '));
  expect(await pickRow(0, [])).toBe('none');
});

test('languages are picked from a list, and those of other rows stay', async () => {
  const { pick, pickSetting, settings, readValue } = openSettings();
  const findMenu = async () => (await pickSetting('languages')).pickers?.[0]?.name;
  await pick(await findMenu(), ['de', 'fr']);
  expect(await readValue('languages')).toBe('de, fr');
  await pick(await findMenu(), []);
  expect(await readValue('languages')).toBe('none');
  for (const language of ['de-at', 'none'])
    expect(await settings.setSetting(g, 'language', language)).toMatchObject({
      kind: 'set',
    });
});

test('a text is typed into a form that holds the present one; what is refused says why and is not lost', async () => {
  const { openForm, send, pickSetting, settings, readValue } = openSettings();
  await settings.setSetting(g, 'leave_after', '5m');
  const opened = await openForm(
    findNamed(await pickSetting('leave_after'), 'settings.type'),
  );
  expect(opened).toMatchObject({
    title: 'command.settings.set',
    inputs: [{ name: 'value', value: '300' }],
  });
  expect(readLines(await send(opened?.name ?? '', '3 days')).slice(0, 2)).toEqual([
    'leave\\_after does not take "3 days". Nothing changed. It takes, for instance: 30, 60, 5m, 1h, never, default.',
    formatText('settings.typed', { typed: '3 days' }),
  ]);
  expect(await readValue('leave_after')).toBe('300');
  expect(readLines(await send(opened?.name ?? '', '2m'))[0]).toBe(
    formatText('settings.saved'),
  );
  expect(await readValue('leave_after')).toBe('120');
});

test.each([
  [
    'budget_day',
    '9999',
    'none, $5, default.',
    'The operator allows this server up to $5 a day.',
  ],
  ['budget_day', 'two', 'none, $5, default.', undefined],
  ['roles', 'mods', 'none, default, @role.', undefined],
  ['read_channel', 'general', 'none, default, #channel.', undefined],
  ['timezone', 'Berlin', 'Europe/Berlin, ', undefined],
  ['addressing', 'sometimes', 'auto, name, window, always, off, default.', undefined],
])(
  '%s refuses %j with what it takes, and with the limit where there is one',
  async (key, value, list, limit) => {
    const { typeValue, view } = openSettings({
      caps: { personDay: 0, serverDay: 5e9 },
    });
    const lines = readLines(await typeValue(key, value));
    expect(lines[0]).toContain(
      ` does not take "${value}". Nothing changed. It takes, for instance: ${list}`,
    );
    expect(lines.includes(limit ?? '')).toBe(limit !== undefined);
    expect(await view(key)).toMatchObject({ from: 'default' });
  },
);

test('a setting that cannot have an effect now says so when it is set, and as long as it holds', async () => {
  const closed = {
    ...places,
    findChannel: (guildId: GuildId, channelId: ChannelId) => ({
      guildId,
      channelId,
      name: 'Lounge',
    }),
    findChannelFacts: () => ({ ...healthyFacts, mayConnect: false }),
  };
  const lacking = { hasChatModel: false, mayReadMessages: false, places: closed };
  const { pickSetting, typeValue } = openSettings(lacking);
  const [noModel, noCaptions] = [
    formatText('help.model'),
    formatText('settings.needs_captions'),
  ];
  const noRight = { channel: 'Lounge', permission: 'Connect' };
  for (const [key, value, ...hindrances] of [
    ['read_channel', makeId(1), formatText('read.hidden')],
    ['recap', 'on', noModel, noCaptions],
    ['auto_join', makeId(2), formatText('join.no_right', noRight)],
  ] as const) {
    const lines = readLines(await typeValue(key, value));
    expect(lines[0]).toBe(formatText('settings.saved'));
    for (const page of [lines, readLines(await pickSetting(key))])
      expect(page, key).toEqual(expect.arrayContaining(hindrances));
  }
  await typeValue('captions', 'on');
  expect(readLines(await pickSetting('recap'))).not.toContain(noCaptions);
  expect(readLines(await typeValue('recap', 'off'))).not.toContain(noModel);
});

test('the first page shows the value of each of its questions', async () => {
  const { openHome, settings } = openSettings();
  await settings.setSetting(g, 'addressing', 'window');
  const lines = readLines(await openHome());
  for (const [about, value] of [
    ['settings.about.addressing', 'window'],
    ['settings.about.pipeline', 'chained'],
  ] as const)
    expect(lines).toContain(
      formatText('settings.own', { key: formatText(about), value }),
    );
});

test('a setting for one channel stands on the page of the setting, and changes no other channel', async () => {
  const { pickSetting, sessions, typeValue, readValue } = openSettings();
  const [channelId, otherId] = makeIds(2).map(toChannelId);
  if (!channelId) throw new Error('no channel');
  const here = { channel: { guildId: g, channelId, name: 'Den' } };
  const page = await typeValue('voice', 'rms', here);
  const line = `In <#${channelId}>: rms, by /settings set.`;
  expect(readLines(page)[0]).toBe(formatText('settings.saved'));
  for (const reply of [page, await pickSetting('voice')])
    expect(readLines(reply)).toContain(line);
  expect(await readValue('voice')).toBe('slt');
  const voices = [channelId, otherId].map(
    (id) => sessions.settings.getForChannel(g, id).voice,
  );
  expect(voices).toEqual(['rms', 'slt']);
  expect(readLines(await typeValue('voice', 'default', here))).not.toContain(line);
});

test('a setting that is the same in all channels, and a channel that is not there, change nothing', async () => {
  const { settingsStore, typeValue, readValue } = openSettings();
  const channel = { guildId: g, channelId: toChannelId(makeId(1)), name: 'Den' };
  expect(readLines(await typeValue('consent', 'notice', { channel }))[0]).toMatch(
    /^consent is the same in all voice channels\. These can differ: .*\baddressing\b/,
  );
  const gone = { inputs: { channel: makeId(2) } };
  expect(await typeValue('voice', 'awb', gone)).toEqual({
    id: 'unknown',
    with: { x: makeId(2) },
  });
  expect([await readValue('consent'), await readValue('voice')]).toEqual([
    'ask',
    'slt',
  ]);
  expect(await settingsStore.readChannels(g)).toEqual(new Map());
});

test('a change that cannot be stored is not called saved', async () => {
  const { pick, pickSetting, settingsStore, readValue } = openSettings();
  const menu = findNamed(await pickSetting('typed'), 'settings.pick');
  settingsStore.trouble = 'unwritable';
  const [told, ...page] = readLines(await pick(menu, ['off']));
  expect(told).toBe(formatText('voice.unsaved'));
  expect(page).not.toContain(formatText('settings.saved'));
  expect(await readValue('typed')).toBe('off');
});

test('of two people who change a setting the later one counts', async () => {
  const { openForm, pick, send, pickSetting, settings, readValue } = openSettings();
  const [typed, zone] = [await pickSetting('typed'), await pickSetting('timezone')];
  const opened = await openForm(findNamed(zone, 'settings.type'));
  await settings.setSetting(g, 'typed', 'text');
  await settings.setSetting(g, 'timezone', 'Asia/Tokyo');
  await pick(findNamed(typed, 'settings.pick'), ['off']);
  await send(opened?.name ?? '', 'Europe/Paris');
  expect(await readValue('typed')).toBe('off');
  expect(await readValue('timezone')).toBe('Europe/Paris');
});

test('a looser policy is asked about first; Back leaves it', async () => {
  const { pick, press, pickSetting, readValue } = openSettings();
  const [, role] = (await pickSetting('consent')).pickers ?? [];
  expect(role).toMatchObject({ kind: 'role', min: 1, max: 1 });
  const reply = await pick(role?.name, [makeId(1)]);
  expect(reply).toMatchObject({ id: 'settings.looser', inPlace: true });
  expect(readLines(await press(findNamed(reply, 'settings.group')))).toContain(
    '**consent**: ask (default)',
  );
  expect(await readValue('consent')).toBe('ask');
  await press(findNamed(reply, 'confirm:settings'));
  expect(await readValue('consent')).toBe(`role ${makeId(1)}`);
  const without = openSettings();
  const [policies] = (await without.pickSetting('consent')).pickers ?? [];
  expect(readLines(await without.pick(policies?.name, ['role']))[1]).toBe(
    formatText('settings.no_role'),
  );
});

test('whoever has lost Manage Server gets the usual refusal at each press, and no form', async () => {
  const { all, openForm, pickSetting, readValue } = openSettings();
  const about = findNamed(await pickSetting('typed'), 'settings.pick').replace(
    /^[^:]*:/,
    '',
  );
  const call = { ...adam, inputs: { about, value: 'off' }, picked: ['off'] };
  for (const item of [...panelButtons, ...panelPickers, panelForm])
    expect(await item.run(call, all), item.name).toEqual([{ id: 'perm.manage' }]);
  const type = findNamed(await pickSetting('timezone'), 'settings.type');
  expect(await openForm(type)).toBeDefined();
  expect(await openForm(type, adam)).toBeUndefined();
  expect(await readValue('typed')).toBe('voice');
});

test.each(textLocales)(
  'in %s every page and form keeps the limits of Discord',
  async (locale) => {
    const { settings: settingsStore } = openMemoryStores();
    const longest: Readonly<Record<string, string>> = {
      auto_join: makeIds(10).join(', '),
      blocked: makeIds(40).join(', '),
      roles: makeIds(20).join(', '),
      consent: `role ${makeId(1)}`,
      instructions: '_'.repeat(4_000),
      languages:
        'de, el, en, es, fi, fr, hu, it, ja, ko, nl, no, pl, pt, ro, ru, sv, sw, tr, uk',
      names: Array.from({ length: 10 }, (_, n) => `N${n}`.padEnd(32, '_')).join(', '),
    };
    for (const [key, value] of Object.entries(longest))
      await settingsStore.write(g, key, value);
    const own = new Map([
      ['voice', 'v'.repeat(64)],
      ['instructions', '_'.repeat(4_000)],
      ['captions_channel', makeId(1)],
    ]);
    for (const channelId of makeIds(30))
      await settingsStore.writeChannel(g, toChannelId(channelId), own);
    const { openForm, openHome, pick, send, pickSetting } = openSettings({
      settingsStore,
    });
    const fitsMessage = (reply: Reply) => {
      const locales = { caller: locale, room: locale };
      const { components } = renderMessage(
        { ...reply, files: [], words: undefined },
        locales,
        byName,
      );
      const { error } = messageComponentsSchema.safeParse(components);
      expect(error, reply.id).toBeUndefined();
      const lines = [reply, ...(reply.lines ?? [])];
      const whole = lines.map((line) => renderLines([line], locale).content).join('\n');
      expect(whole.length, whole).toBeLessThanOrEqual(2_000);
    };
    const call = callAs({ mayManage: true, locale });
    const first = await openHome();
    fitsMessage(first);
    const menu = first.pickers?.at(-1);
    if (menu?.kind !== 'one-of') throw new Error('no groups');
    for (const { value } of menu.options)
      fitsMessage(await pick(menu.name, [value], call));
    const [, second] = (await pickSetting('blocked')).pickers ?? [];
    fitsMessage(await pick(second?.name, makeIds(15, 50), call));
    for (const serverSetting of serverSettings) {
      const { key } = serverSetting;
      expect(formatText(getAboutId(serverSetting), {}, locale), key).toMatch(
        /^.{1,100}$/,
      );
      const page = await pickSetting(key);
      fitsMessage(page);
      const type = findNamed(page, 'settings.type');
      const opened = type === '' ? undefined : await openForm(type);
      if (!opened) continue;
      expect(modalSchema.safeParse(toModal(opened, locale)).error, key).toBeUndefined();
      fitsMessage(await send(opened.name, ' , '));
    }
  },
);

test('reset gives a setting back, and is there only where one is set', async () => {
  const { press, pickSetting, settings, readValue } = openSettings();
  expect(findNamed(await pickSetting('typed'), 'settings.reset')).toBe('');
  await settings.setSetting(g, 'typed', 'off');
  const page = await press(findNamed(await pickSetting('typed'), 'settings.reset'));
  expect(await readValue('typed')).toBe('voice');
  expect(readLines(page)).toContain('**typed**: voice (default)');
});

test.each([
  ['pipeline', 'settings.means.chained'],
  ['addressing', 'settings.means.always'],
] as const)('each choice of %s says what it means', async (key, now) => {
  const page = await openSettings().pickSetting(key);
  expect(readLines(page)).toContain(formatText(now));
  const options = listOptions(page);
  expect(options.length).toBeGreaterThan(0);
  for (const { value, description } of options)
    expect(description).toBe(`settings.means.${value}`);
});
