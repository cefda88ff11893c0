import { findClosestNames } from '#commands/closest-names.ts';
import { toNotManagingReply } from '#commands/command-rights.ts';
import { findUnspokenLanguage } from '#commands/language-option.ts';
import type { Public } from '#src/base/public.ts';
import type {
  Button,
  Command,
  CommandCall,
  CommandPorts,
  FormHandler,
  PickerHandler,
  Replies,
  Reply,
} from '#src/features/command.ts';
import type { SettingsRequests } from '#src/features/settings/settings-requests.ts';
import type { Form } from '#src/ports/form.ts';
import { conversationSettings } from '#src/settings/guild-settings.ts';
import {
  type CurrentSetting,
  getAboutId,
  type SettingOutcome,
} from '#src/settings/setting-definition.ts';
import { parseLanguageTag } from '#src/texts/language-names.ts';
import { truncate } from '#src/texts/plain-text.ts';
import type { TextLine } from '#src/texts/texts.ts';
import {
  buildGroupPage,
  buildHomePage,
  buildSettingPage,
  findCurrentSetting,
  formatValue,
} from './settings-panel.ts';

type PanelAction = (call: CommandCall, ports: CommandPorts) => Promise<Reply>;

/** Shows the settings panel. */
export const openPanel: Command['run'] = onlyForManagers(
  async ({ guildId }, { features }) =>
    buildHomePage(await features.settings.viewSettings(guildId)),
);

const openGroup: PanelAction = async ({ guildId, picked, inputs }, { features }) =>
  buildGroupPage(
    picked?.[0] ?? inputs.about ?? '',
    await features.settings.viewSettings(guildId),
  );

const openSetting: PanelAction = (call, ports) =>
  openSettingPage(call.picked?.[0] ?? '', call, ports);

export const panelButtons: readonly Button[] = [
  toPanelButton('group', 'button.settings.group', openGroup),
  toPanelButton('reset', 'button.settings.reset', (call, ports) =>
    changeSetting(call, ports, 'default'),
  ),
  { ...toPanelButton('type', 'button.settings.type', removeForm), form: buildForm },
];

/** Saves the looser policy behind a Confirm button. */
export const confirmSetting: Command['run'] = onlyForManagers((call, ports) => {
  const value = parseSubject(call).segments.join(':');
  return changeSetting(call, ports, value, 'confirmed');
});

export const panelPickers: readonly PickerHandler[] = [
  toPanelPicker('group', openGroup),
  toPanelPicker('open', openSetting),
  toPanelPicker('pick', pickValue),
];

export const panelForm: FormHandler = {
  name: 'settings.value',
  inputs: ['value'],
  inPlace: true,
  run: onlyForManagers((call, ports) =>
    changeSetting(call, ports, call.inputs.value ?? ''),
  ),
};

function toPanelButton(name: string, label: Button['label'], act: PanelAction): Button {
  return { ...toPanelPicker(name, act), label, style: 'plain' };
}

function toPanelPicker(name: string, act: PanelAction): PickerHandler {
  return {
    name: `settings.${name}`,
    isForEverybody: true,
    inPlace: true,
    run: onlyForManagers(act),
  };
}

/** Checks the right again, which managers can lose while the panel is open. */
function onlyForManagers(
  act: PanelAction,
): (call: CommandCall, ports: CommandPorts) => Promise<Replies> {
  return async (call, ports) => [toNotManagingReply(call) ?? (await act(call, ports))];
}

async function openSettingPage(
  key: string,
  { guildId }: CommandCall,
  { features }: CommandPorts,
  news: readonly TextLine[] = [],
): Promise<Reply> {
  return buildSettingPage(
    key,
    await features.settings.viewSettings(guildId, key),
    news,
  );
}

function parseSubject({ inputs }: CommandCall) {
  const [key = '', ...segments] = (inputs.about ?? '').split(':');
  return { key, segments };
}

async function findShownSetting(
  call: CommandCall,
  { features }: CommandPorts,
): Promise<CurrentSetting | undefined> {
  const { key } = parseSubject(call);
  return findCurrentSetting(
    key,
    await features.settings.viewSettings(call.guildId, key),
  );
}

async function changeSetting(
  call: CommandCall,
  ports: CommandPorts,
  typedValue: string,
  confirmed?: 'confirmed',
): Promise<Reply> {
  const { key } = parseSubject(call);
  return (await findShownSetting(call, ports))
    ? await saveAndShowSetting(key, typedValue, call, ports, confirmed)
    : await openSettingPage(key, call, ports, [toQuote(typedValue)]);
}

/** Quotes a refused value, as Discord keeps nothing of a sent form. */
function toQuote(typed: string): TextLine {
  return { id: 'settings.typed', with: { typed } };
}

/** Saves a setting, for `call.channel` alone if there is one, and opens its page. A looser policy is saved only after Confirm. */
export async function saveAndShowSetting(
  key: string,
  typedValue: string,
  call: CommandCall,
  ports: CommandPorts,
  confirmed?: 'confirmed',
): Promise<Reply> {
  const requests = ports.features.settings;
  const tag =
    key === conversationSettings.language.key
      ? parseLanguageTag(typedValue)
      : undefined;
  const unspoken = tag && findUnspokenLanguage(tag, call, ports.features.voices);
  if (unspoken)
    return await openSettingPage(key, call, ports, [unspoken, toQuote(typedValue)]);
  const setting = call.channel
    ? await requests.setChannelSetting(call.channel, key, typedValue)
    : await requests.setSetting(call.guildId, key, typedValue, confirmed);
  if (setting.kind !== 'looser') {
    const news = [...toChangedReply(key, setting)];
    if (setting.kind !== 'set') news.push(toQuote(typedValue));
    if (setting.kind === 'bad')
      news.unshift(toBadValueReply(key, typedValue, requests));
    return await openSettingPage(key, call, ports, news);
  }
  const view = await requests.viewSettings(call.guildId, key);
  const current = findCurrentSetting(key, view);
  const buttons = current && [
    `confirm:settings:${key}:${setting.value}`,
    `settings.group:${current.setting.group}`,
  ];
  return { id: 'settings.looser', buttons, inPlace: true };
}

async function pickValue(call: CommandCall, ports: CommandPorts) {
  const { key, segments } = parseSubject(call);
  const [inputIndex = 0, row = 0] = segments.map(Number);
  const current = await findShownSetting(call, ports);
  const input = current?.setting.inputs[inputIndex];
  if (!current || !input) return await openSettingPage(key, call, ports);
  const value = formatValue(input, row, call.picked ?? [], current);
  return await changeSetting(call, ports, value);
}

async function buildForm(
  call: CommandCall,
  ports: CommandPorts,
): Promise<Form | undefined> {
  if (toNotManagingReply(call)) return undefined;
  const current = await findShownSetting(call, ports);
  const input = current?.setting.inputs.find(({ kind }) => kind === 'typed');
  if (!current || input?.kind !== 'typed') return undefined;
  const { isLong, maxChars } = input;
  return {
    name: `${panelForm.name}:${call.inputs.about}`,
    title: 'command.settings.set',
    inputs: [
      {
        name: 'value',
        label: 'form.settings.value',
        description: getAboutId(current.setting),
        isRequired: true,
        maxChars,
        value: current.value,
        isLong,
      },
    ],
  };
}

async function removeForm(call: CommandCall, ports: CommandPorts) {
  return await openSettingPage(parseSubject(call).key, call, ports, [
    { id: 'late.form' },
  ]);
}

function toChangedReply(
  key: string,
  setting: Exclude<SettingOutcome, { kind: 'looser' }>,
): readonly TextLine[] {
  switch (setting.kind) {
    case 'set':
      return [{ id: setting.isSaved ? 'settings.saved' : 'voice.unsaved' }];
    case 'unknown':
      return [{ id: 'unknown.of', with: { x: key, list: setting.keys.join(', ') } }];
    case 'server-only':
      return [
        { id: 'settings.server_only', with: { key, list: setting.keys.join(', ') } },
      ];
    case 'bad':
      return setting.why ? [setting.why] : [];
  }
}

/** Explains that a setting does not take a value, with up to six that it takes. */
export function toBadValueReply(
  key: string,
  typed = '',
  settings: Pick<Public<SettingsRequests>, 'listExamples'>,
): TextLine {
  const examples = settings.listExamples(key);
  const list = [...new Set([...findClosestNames(typed, examples), ...examples])]
    .slice(0, maxExamples)
    .join(', ');
  return {
    id: 'settings.bad',
    with: { key, value: truncate(typed, maxQuotedChars), list },
  };
}

const [maxExamples, maxQuotedChars] = [6, 50];
